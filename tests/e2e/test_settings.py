"""What the IntegrationConfig says, on a cluster of its own: there is one such object in each.

Nothing is taken away afterwards: each test has a state of its own and adopts what it finds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl
from tests.support.mto import GROUP, Manifest, Project, members, part, quota, steps, tenant, unique


@pytest.fixture
def own(spare: ControlPlane, tmp_path: Path) -> Project:
    """A project on the cluster of its own."""
    return Project(tmp_path, spare.kubeconfig)


def config(**spec: Any) -> Manifest:
    metadata = {"name": "tenant-operator-config", "namespace": "multi-tenant-operator"}
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "IntegrationConfig",
        "metadata": metadata,
        "spec": spec,
    }


def labels(admin: Kubectl, namespace: str) -> Any:
    return admin("get", "namespace", namespace, "-o", "json").json["metadata"]["labels"]


def test_specific_metadata_wins_over_common_and_that_over_the_platforms(
    own: Project, spare_admin: Kubectl
) -> None:
    name = unique("meta")
    platform = config(metadata={"namespaces": {"labels": {"a": "platform", "p": "platform"}}})

    def declare(*layers: tuple[str, Any]) -> None:
        metadata = dict(layers)
        access = members(owners=["ann"])
        spaces = {"metadata": metadata}
        one = tenant(name, "dev", "qa", quota=name, namespaces=spaces, accessControl=access)
        own.declare(platform, quota(name), one)

    common = ("common", {"labels": {"a": "common"}})
    specific = ("specific", [{"namespaces": [f"{name}-dev"], "labels": {"a": "specific"}}])
    declare(common, specific)
    assert own("up").code == 0
    dev, qa = (f"{name}-{one}" for one in ("dev", "qa"))
    assert labels(spare_admin, dev)["a"] == "specific"
    assert labels(spare_admin, qa)["a"] == "common"
    assert labels(spare_admin, qa)["p"] == "platform"
    declare(common)
    assert steps(own.data("up")) == {f"Tenant/{name}": "update", f"Namespace/{dev}": "update"}
    assert labels(spare_admin, dev)["a"] == "common"
    declare()
    assert own("up").code == 0
    assert [labels(spare_admin, one)["a"] for one in (dev, qa)] == ["platform", "platform"]


def test_two_matching_role_selectors_add_up_and_missing_roles_are_inherited(
    own: Project, spare_admin: Kubectl
) -> None:
    name = unique("roles")
    custom = [
        {
            "labelSelector": {"matchLabels": {"stage": "production"}},
            "editor": {"clusterRoles": ["view"]},
        },
        {
            "labelSelector": {"matchExpressions": [{"key": "stage", "operator": "Exists"}]},
            "editor": {"clusterRoles": ["mto:auditor"]},
        },
    ]
    roles = config(accessControl={"rbac": {"tenantRoles": {"custom": custom}}})
    one = tenant(
        name,
        *("dev", "prod"),
        quota=name,
        accessControl=members(owners=["ann"], editors=["ed"], viewers=["vi"]),
        namespaces={
            "metadata": {
                "specific": [{"namespaces": [f"{name}-prod"], "labels": {"stage": "production"}}]
            },
        },
    )
    own.declare(roles, quota(name), one)
    report = own.data("up")

    def bound(namespace: str) -> dict[str, str]:
        found = spare_admin("-n", namespace, "get", "rolebindings", "-o", "json").json["items"]
        return {one["metadata"]["name"]: one["roleRef"]["name"] for one in found}

    assert bound(f"{name}-dev") == {
        "mto-owner-admin": "admin",
        "mto-owner-mto:namespace-owner": "mto:namespace-owner",
        "mto-editor-edit": "edit",
        "mto-viewer-view": "view",
    }
    in_production = bound(f"{name}-prod")
    assert sorted(in_production.values()) == [
        "admin",
        "mto:auditor",
        "mto:namespace-owner",
        "view",
        "view",
    ]
    told = {step["object"]: step["because"] for step in part(report, name)["steps"]}
    assert told[f"RoleBinding/{name}-prod/mto-editor-view"].endswith(
        "spec.accessControl.rbac.tenantRoles.custom[0].editor"
    )
    assert told[f"RoleBinding/{name}-prod/mto-owner-admin"].endswith(
        "spec.accessControl.rbac.tenantRoles.default.owner"
    )


def test_settings_that_another_state_wrote_are_adopted_and_taken_back_to_the_defaults(
    own: Project, spare: ControlPlane, spare_admin: Kubectl, tmp_path: Path
) -> None:
    """``spec: {}`` over fields of ours: server-side apply by itself refuses that."""
    own.declare(config(metadata={"namespaces": {"labels": {"a": "platform"}}}))
    assert own("up").code == 0
    other = Project(tmp_path / "other", spare.kubeconfig)
    answer = other("up")
    assert answer.code == 0, answer.stderr
    where = ("-n", "multi-tenant-operator", "get", "integrationconfig", "tenant-operator-config")
    assert spare_admin(*where, "-o", "json").json["spec"] == {}
