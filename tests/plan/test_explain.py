from __future__ import annotations

from mto.plan.explain import Right, rights
from mto.plan.platform import plan as platform
from tests.support import plans

TEAM = """
accessControl:
  owners: {users: [anna@example.org]}
  editors: {users: [ben@example.org], groups: [leads]}
namespaces: {withTenantPrefix: [dev]}
storageClasses: {}
"""


def held(user: str, *groups: str) -> list[Right]:
    world = plans.world(TEAM)
    found = [
        ("platform", platform(world, settings=plans.SETTINGS)),
        ("blue", plans.plan(world)),
    ]
    return list(rights(found, user=user, groups=groups))


def test_a_right_says_where_it_holds_through_what_and_why() -> None:
    assert held("anna@example.org") == [
        Right(
            "blue",
            "",
            "mto:blue:namespaces",
            "user anna@example.org",
            "t.yaml:8 spec.accessControl.owners",
        ),
        Right(
            "blue",
            "",
            "mto:blue:storageclasses",
            "user anna@example.org",
            "t.yaml:11 spec.storageClasses",
        ),
        Right(
            "blue",
            "blue-dev",
            "admin",
            "user anna@example.org",
            "t.yaml:8 spec.accessControl.owners, "
            "MTO's defaults spec.accessControl.rbac.tenantRoles.default.owner",
        ),
        Right(
            "blue",
            "blue-dev",
            "mto:namespace-owner",
            "user anna@example.org",
            "t.yaml:8 spec.accessControl.owners",
        ),
    ]


def test_groups_count_and_every_way_to_a_right_is_told() -> None:
    ways = [(one.cluster_role, one.through) for one in held("ben@example.org", "leads")]
    assert ways == [
        ("mto:blue:storageclasses", "user ben@example.org"),
        ("mto:blue:storageclasses", "group leads"),
        ("edit", "user ben@example.org"),
        ("edit", "group leads"),
    ]


def test_a_user_named_like_a_group_is_not_the_group() -> None:
    assert held("leads") == []
    assert held("nobody", "anna@example.org") == []
