"""What is saved is in force, and what is broken leaves everything else alone."""

from __future__ import annotations

from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.service import Looks, serving, soon


def test_a_saved_file_is_in_force_and_a_member_changes_in_all_namespaces(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    spaces = [f"{name}-{one}" for one in ("dev", "qa")]

    def declare(*owners: str) -> None:
        access = members(owners=owners)
        served.declare(quota(name), tenant(name, "dev", "qa", quota=name, accessControl=access))

    def owners() -> list[set[str]]:
        return [look.subjects(space, "mto-owner-admin") for space in spaces]

    with serving(served):
        declare("ann", "joe")
        soon(lambda: owners() == [{"ann", "joe"}] * 2)
        soon(lambda: look.condition("tenant", name)[:2] == ("True", "UpToDate"))
        status = look.status("tenant", name)
        assert status["ready"] is True
        assert status["managedNamespaces"] == status["deployedNamespaces"] == spaces
        assert status["observedGeneration"] == 1
        assert look.condition("tenant", name, "Valid")[2] == "declared in all.yaml"
        declare("ann")
        soon(lambda: owners() == [{"ann"}] * 2)
        soon(lambda: look.status("tenant", name).get("observedGeneration") == 2)


def test_a_broken_file_affects_only_its_tenants_and_their_status_says_why(
    served: Project, look: Looks
) -> None:
    blue, red = unique("blue"), unique("red")
    served.declare(quota(blue), file=f"{blue}-quotas.yaml")
    good = tenant(blue, "dev", quota=blue, accessControl=members(owners=["ann"]))
    served.declare(good, file=f"{blue}.yaml")
    with serving(served) as service:
        soon(lambda: look.condition("tenant", blue)[0] == "True")
        broken = served.declare(
            {**good, "spec": {**good["spec"], "quote": "x"}}, file=f"{blue}.yaml"
        )
        served.declare(tenant(red, "dev", quota=blue), file=f"{red}.yaml")
        soon(lambda: look.condition("tenant", red)[0] == "True")
        soon(lambda: look.condition("tenant", blue)[:2] == ("False", "Invalid"))
        message = look.condition("tenant", blue, "Valid")[2]
        assert f"{broken.relative_to(served.root)}:" in message
        assert "spec.quote: unknown field; did you mean 'quota'?" in message
        assert message.endswith("The last good version stays in force")
        assert look.subjects(f"{blue}-dev", "mto-owner-admin") == {"ann"}
        assert service.get("/readyz") == (200, "ok")
        served.declare(good, file=f"{blue}.yaml")
        soon(lambda: look.condition("tenant", blue)[:2] == ("True", "UpToDate"))


def test_a_budget_that_changes_reaches_all_its_tenants(served: Project, look: Looks) -> None:
    names = [unique("blue"), unique("red")]
    budget = names[0]
    tenants = [tenant(name, "dev", quota=budget) for name in names]
    served.declare(quota(budget, pods=10), *tenants)

    def pods() -> list[str]:
        found = []
        for name in names:
            answer = look.admin("-n", f"{name}-dev", "get", "resourcequota", "mto", "-o", "json")
            found.append("" if answer.code else answer.json["spec"]["hard"]["pods"])
        return found

    with serving(served):
        soon(lambda: pods() == ["10", "10"])
        served.declare(quota(budget, pods=30), *tenants)
        soon(lambda: pods() == ["30", "30"])
        soon(
            lambda: set(look.status("quota", budget)["TenantQuotaStatus"]["tenants"]) == set(names)
        )
        assert look.status("quota", budget)["TenantQuotaStatus"]["tenants"][names[0]] == {
            "status": {"hard": {"pods": "30"}, "used": {"pods": "0"}}
        }


def test_a_removed_file_destroys_nobody_unasked(served: Project, look: Looks) -> None:
    name = unique("blue")
    served.declare(quota(name), file="quotas.yaml")
    path = served.declare(tenant(name, "dev", quota=name), file=f"{name}.yaml")
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        path.unlink()
        soon(lambda: look.condition("tenant", name)[1] == "Vanished")
        assert look.condition("tenant", name)[2] == (
            f"declared no more: `mto destroy {name}` takes it away"
        )
        service.quiet()
        assert look.labels(f"{name}-dev")["stakater.com/tenant"] == name
