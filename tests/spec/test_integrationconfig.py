from __future__ import annotations

import pytest
from pydantic import ValidationError

from mto.spec.integrationconfig import IntegrationConfig, MembersSource, TenantRoles
from tests.support.manifests import CONFIG, said

PRODUCTION = {"labelSelector": {"matchLabels": {"stage": "production"}}}


def config(**spec: object) -> IntegrationConfig:
    return IntegrationConfig.model_validate({"spec": spec})


def test_the_defaults_are_kubernetes_own_roles() -> None:
    roles = TenantRoles()
    assert roles.cluster_roles("owner", {}) == ("admin",)
    assert roles.cluster_roles("editor", {}) == ("edit",)
    assert roles.cluster_roles("viewer", {}) == ("view",)


def test_entries_that_match_add_up_and_what_they_leave_out_is_inherited() -> None:
    roles = TenantRoles.model_validate(
        {
            "custom": [
                {**PRODUCTION, "editor": {"clusterRoles": ["view", "debug"]}},
                {"labelSelector": {}, "editor": {"clusterRoles": ["view", "logs"]}},
                {
                    "labelSelector": {"matchLabels": {"stage": "dev"}},
                    "editor": {"clusterRoles": ["admin"]},
                },
            ]
        }
    )
    labels = {"stage": "production"}
    assert roles.cluster_roles("editor", labels) == ("view", "debug", "logs")
    assert roles.cluster_roles("owner", labels) == ("admin",)


def test_privileged_is_read_from_either_place_that_mto_documents() -> None:
    privileged = {"users": ["^root$"]}
    right = config(accessControl={"privileged": privileged})
    wrong = config(accessControl={"namespaceAccessPolicy": {"privileged": privileged}})
    assert right.spec.access_control.privileged.users == ("^root$",)
    assert wrong.spec.access_control.privileged == right.spec.access_control.privileged
    written = wrong.model_dump(by_alias=True, exclude_unset=True, mode="json")
    assert IntegrationConfig.model_validate(written) == wrong


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            "accessControl: {privileged: {users: [a]}, "
            "namespaceAccessPolicy: {privileged: {users: [b]}}}",
            "spec.accessControl: privileged is given here and under namespaceAccessPolicy; keep "
            "this one only",
            id="privileged twice",
        ),
        pytest.param(
            "accessControl: {privileged: {namespaces: ['^(?!kube)']}}",
            "spec.accessControl.privileged.namespaces[0]: '^(?!kube)' is no regular expression "
            "that Kubernetes understands (invalid perl operator: (?!); write RE2, which has no "
            "look-ahead and no back-references",
            id="no RE2",
        ),
        pytest.param(
            "accessControl: {rbac: {tenantRoles: {default: {owner: {clusterRoles: []}}}}}",
            "spec.accessControl.rbac.tenantRoles.default.owner.clusterRoles: must not be empty",
            id="a role that means nothing",
        ),
        pytest.param(
            "accessControl: {rbac: {tenantRoles: {custom: [{owner: {clusterRoles: [x]}}]}}}",
            "spec.accessControl.rbac.tenantRoles.custom[0].labelSelector: required, but missing",
            id="custom without selector",
        ),
        pytest.param(
            "integrations: {vault: {enabled: true, config: {ssoClient: x}}}",
            "spec.integrations.vault: accessInfo is required when vault is enabled",
            id="vault without address",
        ),
        pytest.param(
            "integrations: {vault: {enabled: true, accessInfo: "
            "{address: a, accessorPath: b, roleName: c}}}",
            "spec.integrations.vault: config is required when vault is enabled",
            id="vault without client",
        ),
        pytest.param(
            "integrations: {vault: {authMethod: token, accessInfo: "
            "{address: a, accessorPath: b, roleName: c}}}",
            "spec.integrations.vault: accessInfo.secretRef is required for authMethod token",
            id="vault without token",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(spec: str, message: str) -> None:
    assert said(f"{CONFIG}spec: {{{spec}}}\n") == [f"t.yaml:4: {message}"]


def test_helm_values_are_passed_on_unread_with_their_nulls() -> None:
    values = {"anything": {"goes": None}, "list": [1, "two", None]}
    found = config(components={"dex": {"values": values}})
    assert found.spec.components.dex.values == values


def test_a_source_of_members_is_a_file_or_an_address() -> None:
    for members in ({}, {"file": "a.yaml", "url": "https://example.org/a.yaml"}):
        with pytest.raises(ValidationError, match="give file or url, one of them"):
            MembersSource.model_validate(members)
    assert MembersSource.model_validate({"file": "a.yaml"}).interval_seconds == 60
