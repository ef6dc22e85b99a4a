from __future__ import annotations

import pytest

from mto.spec import kinds
from mto.spec.later import LATER_KINDS
from mto.spec.origin import Origin
from tests.support.manifests import CONFIG, QUOTA, TENANT, noted, said

OURS = "Tenant, Quota, IntegrationConfig, Extensions"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "{apiVersion: tenantoperator.stakater.com/v1beta4, kind: Tenant}",
            "apiVersion: no version 'tenantoperator.stakater.com/v1beta4' of Tenant; did you mean "
            "'tenantoperator.stakater.com/v1beta3'?",
            id="a version that is not there yet",
        ),
        pytest.param(
            "{apiVersion: tenantoperator.stakater.com/v1alpha1, kind: Tenant}",
            "apiVersion: no version 'tenantoperator.stakater.com/v1alpha1' of Tenant; did you "
            "mean 'tenantoperator.stakater.com/v1beta3'?",
            id="a version that is gone",
        ),
        pytest.param(
            "{apiVersion: tenantoperater.stakater.com/v1beta3, kind: Tenant}",
            "apiVersion: no version 'tenantoperater.stakater.com/v1beta3' of Tenant; did you mean "
            "'tenantoperator.stakater.com/v1beta3'?",
            id="a mistyped group",
        ),
        pytest.param(
            "{apiVersion: tenantoperator.stakater.com/v1beta3, kind: Tennant}",
            "kind: no kind 'Tennant' in tenantoperator.stakater.com/v1beta3; did you mean "
            "'Tenant'?",
            id="a mistyped kind",
        ),
        pytest.param(
            "{apiVersion: tenantoperator.stakater.com/v1beta3, kind: Zebra}",
            f"kind: no kind 'Zebra' in tenantoperator.stakater.com/v1beta3; kinds: {OURS}",
            id="no such kind",
        ),
        pytest.param(
            "{apiVersion: v1, kind: ConfigMap}",
            f"kind: v1 ConfigMap is none of MTO's kinds ({OURS}, and those of its templates, "
            "hibernation, dependencies, auth, finops and telemetry); apply it with kubectl, from "
            "another folder",
            id="a foreign kind",
        ),
        pytest.param(
            "{apiVersion: mto.stakater.com/v1alpha1, kind: TenantPolicy}",
            "kind: MTO itself writes TenantPolicies, from Tenants; remove it and edit the Tenant",
            id="a kind that nobody writes by hand",
        ),
        pytest.param("{kind: Tenant}", "apiVersion: required, but missing or no text", id="bare"),
        pytest.param(
            "{apiVersion: v1, kind: 5}", "kind: required, but missing or no text", id="a number"
        ),
        pytest.param(
            "[a]",
            "a manifest is a mapping with apiVersion and kind; this is a list",
            id="a list",
        ),
        pytest.param(
            "hello",
            "a manifest is a mapping with apiVersion and kind; this is 'hello'",
            id="text",
        ),
    ],
)
def test_what_is_no_manifest_of_ours_is_refused(text: str, message: str) -> None:
    assert said(text) == [f"t.yaml:1: {message}"]


@pytest.mark.parametrize(
    ("version", "kind"),
    [(version, kind) for version in LATER_KINDS for kind in LATER_KINDS[version]],
)
def test_a_kind_of_later_work_is_accepted_with_a_warning(version: str, kind: str) -> None:
    text = f"{{apiVersion: {version}, kind: {kind}, anything: {{goes: 1}}}}"
    assert said(text) == []
    assert noted(text) == [f"t.yaml:1: kind {kind} ({version}) is accepted, but has no effect yet"]


def test_the_output_of_kubectl_get_can_be_used_again() -> None:
    text = (
        f"{TENANT.replace('{name: blue}', '{name: blue, uid: a, generation: 1}')}"
        "spec: {quota: small}\n"
        "status: {ready: true}\n"
    )
    assert said(text) == []
    assert noted(text) == ["t.yaml:5: status: status is the cluster's to write; it is ignored here"]


def test_the_namespace_of_a_cluster_wide_kind_is_ignored_with_a_warning() -> None:
    text = QUOTA.replace("{name: small}", "{name: small, namespace: x}") + "spec: {}\n"
    assert noted(text) == [
        "t.yaml:3: metadata.namespace: a Quota is cluster-wide; its namespace is ignored"
    ]


def test_classes_without_a_value_are_off_which_may_not_be_meant() -> None:
    assert noted(f"{TENANT}spec:\n  quota: small\n  storageClasses:\n") == [
        (
            "t.yaml:6: spec.storageClasses: empty, which means off; to allow every class write "
            "'storageClasses: {}'"
        )
    ]


def test_fields_of_later_work_are_accepted_with_a_warning() -> None:
    text = (
        f"{TENANT}spec:\n"
        "  quota: small\n"
        "---\n"
        f"{CONFIG}spec:\n  integrations:\n    vault: {{}}\n    keycloak: {{}}\n"
        "    argocd: {namespace: argocd}\n"
    )
    assert noted(text) == [
        "t.yaml:12: spec.integrations.vault: is accepted, but has no effect yet",
        (
            "t.yaml:13: spec.integrations.keycloak: is accepted and ignored, as by MTO itself "
            "since 1.8"
        ),
    ]


def test_the_name_of_an_invalid_manifest_is_known_so_that_nobody_misses_it() -> None:
    manifest = {
        "apiVersion": "tenantoperator.stakater.com/v1beta1",
        "kind": "Quota",
        "metadata": {"name": "small"},
    }
    found = kinds.read(manifest, Origin("t.yaml"))
    assert found.declared == ()
    assert found.claims == {("Quota", "small")}
    assert found.lost is False
