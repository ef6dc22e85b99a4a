"""Tenants, quotas and settings in the cluster: written by the platform, a used quota stays."""

from __future__ import annotations

from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.caller import JSON_PATCH, MERGE, Caller
from tests.support.guarded import Guarded, refused
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, quota, tenant, unique

MTO = "/apis/tenantoperator.stakater.com"
DECLARED = {
    "tenant": f"{MTO}/v1beta3/tenants/a",
    "quota": f"{MTO}/v1beta1/quotas/small",
    "settings": (
        f"{MTO}/v1beta1/namespaces/multi-tenant-operator/integrationconfigs/tenant-operator-config"
    ),
    "parameters": "/apis/mto.stakater.com/v1alpha1/namespaces/a-dev/tenantpolicies/tenant-policy",
}


REFUSERS = {"mto-declarations", "mto-managed", "mto-quotas-in-use"}
"""Where several policies refuse, the API server names any one of them."""


@pytest.mark.parametrize("path", DECLARED.values(), ids=list(DECLARED))
def test_only_privileged_people_write_them_whatever_rbac_says(guarded: Guarded, path: str) -> None:
    mallory, collection = guarded.person("mallory"), path.rpartition("/")[0]
    live = guarded.admin.get(path)
    mine = {"metadata": {"annotations": {"mine": "yes"}}}
    said = [
        mallory("PATCH", path, mine, kind=MERGE),
        mallory("PUT", path, live),
        mallory.delete(path),
        mallory.delete(collection),
        mallory.create(collection, {**live, "metadata": {"name": "another"}}, dry_run=True),
    ]
    for one in said:
        assert one.status in {403, 422}, one.body
        assert one.policy in REFUSERS or "name must be" in one.message
    assert guarded.person("petra")("PATCH", path, mine, kind=MERGE).ok
    assert guarded.admin(
        "PATCH", path, {"metadata": {"annotations": {"mine": None}}}, kind=MERGE
    ).ok


def test_the_refusal_says_where_to_change_it(guarded: Guarded) -> None:
    made = {
        "apiVersion": "tenantoperator.stakater.com/v1beta3",
        "kind": "Tenant",
        "metadata": {"name": "own"},
        "spec": {"quota": "small"},
    }
    refused(
        guarded.person("mallory").create(f"{MTO}/v1beta3/tenants", made),
        "declarations",
        "Cannot CREATE tenants own: it belongs to the platform, and privileged users alone write "
        "it; change the manifest that declares it. User: mallory",
    )


def test_a_quota_in_use_is_not_deleted_by_privileged_people_either(guarded: Guarded) -> None:
    path = f"{MTO}/v1beta1/quotas/small"
    refused(
        guarded.person("petra").delete(path),
        "quotas-in-use",
        "Cannot DELETE quota small: it is the budget of a, a-b, shut; give these tenants another "
        "quota first",
    )
    assert guarded.admin.get(path)["status"]["usedBy"] == ["a", "a-b", "shut"]
    spare = {
        "apiVersion": "tenantoperator.stakater.com/v1beta1",
        "kind": "Quota",
        "metadata": {"name": "spare"},
        "spec": {"resourcequota": {"hard": {"pods": "1"}}},
    }
    petra = guarded.person("petra")
    assert petra.create(f"{MTO}/v1beta1/quotas", spare).ok
    assert petra.delete(f"{MTO}/v1beta1/quotas/spare").ok


USED_BY = "mto.stakater.com/used-by"


@pytest.mark.parametrize(
    "without",
    [
        pytest.param({"status": {"usedBy": None}}, id="what an older MTO left"),
        pytest.param({"metadata": {"annotations": {USED_BY: None}}}, id="declared in the cluster"),
    ],
)
def test_the_annotation_and_the_status_keep_a_quota_each_by_itself(
    guarded: Guarded, without: dict[str, Any]
) -> None:
    path = f"{MTO}/v1beta1/quotas/small"
    before = guarded.admin.get(path)
    subresource = "/status" if "status" in without else ""
    assert guarded.admin("PATCH", path + subresource, without, kind=MERGE).ok
    try:
        refused(
            guarded.person("petra").delete(path),
            "quotas-in-use",
            "Cannot DELETE quota small: it is the budget of a, a-b, shut; give these tenants "
            "another quota first",
        )
    finally:
        noted = {"metadata": {"annotations": {USED_BY: before["metadata"]["annotations"][USED_BY]}}}
        assert guarded.admin("PATCH", path, noted, kind=MERGE).ok
        status = {"status": {"usedBy": before["status"]["usedBy"]}}
        assert guarded.admin("PATCH", f"{path}/status", status, kind=MERGE).ok


def test_who_uses_a_quota_is_written_by_the_platform_alone(guarded: Guarded) -> None:
    path = f"{MTO}/v1beta1/quotas/small/status"
    forged = [{"op": "replace", "path": "/status/usedBy", "value": []}]
    mallory = guarded.person("mallory")
    for said in (
        mallory("PATCH", path, {"status": {"usedBy": []}}, kind=MERGE),
        mallory("PATCH", path, forged, kind=JSON_PATCH),
        mallory("PUT", path, {**guarded.admin.get(path), "status": {}}),
    ):
        assert (said.status, said.policy) in {(403, "mto-declarations"), (403, "mto-managed")}
    assert guarded.admin.get(path)["status"]["usedBy"] == ["a", "a-b", "shut"]


def test_mto_up_alone_keeps_who_uses_a_quota_right(
    project: Project, admin: Kubectl, control_plane: ControlPlane
) -> None:
    blue, large, small = unique("blue"), unique("large"), unique("small")
    server = Caller(control_plane.kubeconfig)

    def users(name: str) -> list[str]:
        found: list[str] = server.get(f"{MTO}/v1beta1/quotas/{name}")["status"]["usedBy"]
        return found

    project.declare(quota(large), quota(small), tenant(blue, "dev", quota=small))
    assert project("up", "--yes").code == 0
    assert (users(large), users(small)) == ([], [blue])
    table = admin("get", f"quotas.tenantoperator.stakater.com/{small}").stdout.splitlines()
    assert table[0].split() == ["NAME", "USED", "BY", "READY", "AGE"]
    assert f'["{blue}"]' in table[1]
    project.declare(quota(large), quota(small), tenant(blue, "dev", quota=large))
    assert project("up", "--yes").code == 0
    assert (users(large), users(small)) == ([blue], [])
    assert project("up", "--expect-no-changes").code == 0
    forged = {"status": {"usedBy": ["nobody"]}}
    path = f"{MTO}/v1beta1/quotas/{small}/status"
    assert server("PATCH", path, forged, kind=MERGE).ok
    assert project("up", "--yes").code == 0
    assert users(small) == []
    assert project("destroy", blue, "--yes").code == 0
