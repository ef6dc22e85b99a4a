"""Tenants, quotas and settings in the cluster: written by the platform, a used quota stays."""

from __future__ import annotations

import pytest

from tests.support.caller import MERGE
from tests.support.guarded import Guarded, refused

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
    assert guarded.admin.get(path)["metadata"]["annotations"]["mto.stakater.com/used-by"] == (
        "a, a-b, shut"
    )
    spare = {
        "apiVersion": "tenantoperator.stakater.com/v1beta1",
        "kind": "Quota",
        "metadata": {"name": "spare"},
        "spec": {"resourcequota": {"hard": {"pods": "1"}}},
    }
    petra = guarded.person("petra")
    assert petra.create(f"{MTO}/v1beta1/quotas", spare).ok
    assert petra.delete(f"{MTO}/v1beta1/quotas/spare").ok
