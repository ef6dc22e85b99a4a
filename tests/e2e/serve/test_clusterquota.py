"""OpenShift's ClusterResourceQuota, by a definition of our own: nothing counts here as OpenShift's
controller would, so the test writes what it would write."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.mto import Project, quota, tenant, unique
from tests.support.service import Looks, serving, soon

DEFINITION = Path(__file__).parents[2] / "fixtures" / "clusterresourcequotas.yaml"
KIND = "clusterresourcequotas.quota.openshift.io"


def test_one_quota_of_openshift_s_takes_the_place_of_all_and_back(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    served.declare(quota(name, pods=10), tenant(name, "dev", "qa", quota=name))
    spaces = (f"{name}-dev", f"{name}-qa")

    def shared() -> list[set[str]]:
        return [look.names("resourcequotas", one) for one in spaces]

    def budget() -> object:
        answer = look.admin("get", KIND, f"mto-{name}", "-o", "json")
        return answer.json["spec"]["quota"]["hard"] if not answer.code else None

    def used() -> object:
        tenants = look.status("quota", name).get("TenantQuotaStatus", {}).get("tenants", {})
        return tenants.get(name, {}).get("status", {}).get("used")

    with serving(served) as service:
        soon(lambda: shared() == [{"mto"}, {"mto"}])
        assert look.admin("create", "-f", str(DEFINITION)).code == 0
        soon(lambda: shared() == [set(), set()])
        assert budget() == {"pods": "10"}
        service.quiet()
        look.admin("delete", KIND, f"mto-{name}")
        soon(lambda: budget() == {"pods": "10"})  # drift, put back

        counted = {
            "total": {"hard": {"pods": "10"}, "used": {"pods": "4"}},
            "namespaces": [
                {"namespace": spaces[0], "status": {"hard": {"pods": "10"}, "used": {"pods": "3"}}},
                {"namespace": spaces[1], "status": {"hard": {"pods": "10"}, "used": {"pods": "1"}}},
            ],
        }
        patch = json.dumps({"status": counted})
        arguments = ("--subresource=status", "--type=merge", "-p", patch)
        assert look.admin("patch", KIND, f"mto-{name}", *arguments).code == 0
        soon(lambda: used() == {"pods": "4"})
        (status,) = served.data("status", name)
        assert status["state"] == "Ready"
        assert status["message"] == (
            "one ClusterResourceQuota for all namespaces together: pods 4/10"
        )
        assert [one["used"] for one in status["namespaces"]] == [{"pods": "3"}, {"pods": "1"}]
        told = served("explain", f"ClusterResourceQuota/mto-{name}")
        assert "spec.resourcequota.hard" in told.stdout

        assert look.admin("delete", "-f", str(DEFINITION)).code == 0
        soon(lambda: shared() == [{"mto"}, {"mto"}])
        soon(lambda: look.condition("tenant", name)[1] == "UpToDate")
