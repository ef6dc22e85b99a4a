from __future__ import annotations

import pytest

from mto.spec.admission import Admission
from tests.support.manifests import CONFIG, said


def test_a_rule_refuses_unless_it_is_told_otherwise() -> None:
    settings = Admission(rules={"namespaces": "Warn"})
    assert settings.mode("namespaces") == "Warn"
    assert Admission().mode("namespaces") == "Deny"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            "admission: {rules: {namespace: Warn}}",
            "spec.admission.rules.namespace: no such rule; rules: namespaces, managed, ",
            id="no such rule",
        ),
        pytest.param(
            "admission: {rules: {namespaces: Never}}",
            "spec.admission.rules.namespaces: 'Never' is not allowed; allowed: 'Deny', 'Warn' or "
            "'Audit'",
            id="no such mode",
        ),
        pytest.param(
            "admission: {bypassGroups: [system:authenticated]}",
            "spec.admission.bypassGroups[0]: everybody is in 'system:authenticated', so that no "
            "rule would hold for anybody; name a group of administrators",
            id="everybody bypasses",
        ),
        pytest.param(
            "accessControl: {privileged: {groups: [system:serviceaccounts]}}",
            "spec.accessControl.privileged.groups[0]: everybody is in 'system:serviceaccounts', so "
            "that everybody would be privileged; name a group of administrators",
            id="everybody is privileged",
        ),
    ],
)
def test_settings_that_would_open_everything_or_mean_nothing_are_refused(
    spec: str, message: str
) -> None:
    (found,) = said(f"{CONFIG}spec:\n  {spec}\n")
    assert message in found
