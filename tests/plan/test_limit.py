"""A tenant with as many namespaces as it may have, and one with more."""

from __future__ import annotations

from dataclasses import replace

from mto.plan.observed import Namespace
from mto.plan.role import NAMESPACE_OWNER
from tests.support import plans
from tests.support.plans import kinds, live, metadata, plan, seen

TWO = "namespaces: {withTenantPrefix: [dev], limit: 2}\n"


def made(name: str, when: str) -> Namespace:
    return replace(live(name, managed=False), created=when)


FIRST = made("blue-z", "2026-01-01T00:00:00Z")
SECOND = made("blue-a", "2026-01-02T00:00:00Z")


def verbs(*namespaces: Namespace, spec: str = TWO) -> list[str]:
    role = kinds(plan(plans.ANNA + spec, seen(*namespaces)), "ClusterRole")["mto:blue:namespaces"]
    found: list[str] = role.inputs["rules"][0]["verbs"]
    return found


def test_the_right_to_make_more_ends_when_the_tenant_is_full() -> None:
    assert "create-namespaces" in verbs()
    assert "create-namespaces" not in verbs(FIRST)
    assert "create-namespaces" not in verbs(FIRST, SECOND)
    assert "create-namespaces" in verbs(FIRST, SECOND, spec=plans.DEV)


def test_the_youngest_in_excess_gets_nothing_but_the_right_to_delete_it() -> None:
    planned = plan(plans.ANNA + TWO, seen(FIRST, SECOND))
    inside = [
        (one.inputs["kind"], one.inputs["metadata"]["name"])
        for one in planned
        if one.kubernetes and one.inputs["metadata"].get("namespace") == "blue-a"
    ]
    assert inside == [("RoleBinding", f"mto-owner-{NAMESPACE_OWNER}")]
    assert metadata(planned, "TenantPolicy", "blue-z/policy")["namespace"] == "blue-z"
    assert planned.outputs["namespaces"] == ["blue-dev", "blue-z"]
    (said,) = planned.warnings
    assert said == (
        "namespace 'blue-a' is in excess of the limit of 2 of tenant 'blue': it gets no rights, no "
        "limits and no workloads; its owners may delete it"
    )


def test_what_is_declared_stays_however_many_owners_made() -> None:
    planned = plan(plans.ANNA + "namespaces: {withTenantPrefix: [dev], limit: 1}\n", seen(FIRST))
    assert planned.outputs["namespaces"] == ["blue-dev"]


def test_owners_of_an_excess_namespace_may_delete_it_and_no_one_else() -> None:
    planned = plan(plans.ANNA + TWO, seen(FIRST, SECOND))
    name = f"blue-a/owner/{NAMESPACE_OWNER}"
    (subject,) = kinds(planned, "RoleBinding")[name].inputs["subjects"]
    assert subject["name"] == "anna@example.org"
