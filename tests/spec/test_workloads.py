from __future__ import annotations

import pytest

from mto.spec.workloads import PodSecurity
from tests.support.manifests import TENANT, said


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        pytest.param(
            f"imageRegistries: {{allowed: [{', '.join(['a'] * 251)}]}}",
            "spec.imageRegistries.allowed: has 251 entries; at most 250 are allowed",
            id="a long list",
        ),
        pytest.param(
            f"hostValidationConfig: {{allowedRegex: {'a' * 513}}}",
            f"spec.hostValidationConfig.allowedRegex: '{'a' * 60}'… has 513 characters; at most "
            "512 allowed",
            id="a long expression",
        ),
        pytest.param(
            "pods: {tolerations: {allowed: [{value: blue}]}}",
            "spec.pods.tolerations.allowed[0].value: a value needs the key that it belongs to",
            id="a value without a key",
        ),
        pytest.param(
            "podSecurity: {enforce: strict}",
            "spec.podSecurity.enforce: 'strict' is not allowed; allowed: 'privileged', 'baseline' "
            "or 'restricted'; did you mean 'restricted'?",
            id="an unknown level",
        ),
        pytest.param(
            "pods: {nodeSelector: {pool: []}}",
            "spec.pods.nodeSelector.pool: must not be empty",
            id="a label of nodes without values",
        ),
        pytest.param(
            "services: {disableExternalIps: true}",
            "spec.services.disableExternalIps: unknown field; did you mean 'disableExternalIPs'?",
            id="a mistyped switch",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_limit(spec: str, problem: str) -> None:
    (found,) = said(f"{TENANT}spec:\n  quota: small\n  {spec}\n")
    assert found == f"t.yaml:6: {problem}"


def test_levels_become_labels() -> None:
    assert PodSecurity(enforce="baseline", audit="restricted").labels() == {
        "pod-security.kubernetes.io/enforce": "baseline",
        "pod-security.kubernetes.io/audit": "restricted",
    }
    assert PodSecurity().labels() == {}
