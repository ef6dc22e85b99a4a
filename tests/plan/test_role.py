"""Who is bound to what, where, and under which name."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as some

from mto.plan.observed import Contents, Observed, Surroundings
from mto.plan.resource import Plan
from mto.plan.role import Binding
from mto.spec.tenant import ROLES, Role
from tests.support import plans
from tests.support.plans import live, people, plan, seen

TEAM = """
accessControl:
  owners: {users: [anna@aurora.org], groups: [leads]}
  editors: {users: [ben@aurora.org]}
  viewers: {users: [eve@aurora.org]}
"""
PROD = "specific: [{namespaces: [blue-dev], labels: {stage: prod, tier: gold}}]"
STAGED = TEAM + f"namespaces: {{withTenantPrefix: [dev, qa], metadata: {{{PROD}}}}}"
CUSTOM = """
accessControl:
  rbac:
    tenantRoles:
      default:
        owner: {clusterRoles: [admin, cluster-reader]}
      custom:
        - labelSelector: {matchLabels: {stage: prod}}
          editor: {clusterRoles: [view]}
        - labelSelector: {matchExpressions: [{key: tier, operator: In, values: [gold]}]}
          editor: {clusterRoles: [edit, view]}
          owner: {clusterRoles: [gold-owner]}
"""


def test_roles_are_bound_to_users_and_groups_in_every_namespace() -> None:
    made = plan(TEAM + "namespaces: {withTenantPrefix: [dev, qa]}")
    for name in ("blue-dev", "blue-qa"):
        assert people(made, name) == {
            "owner/admin": ["anna@aurora.org", "leads"],
            "editor/edit": ["ben@aurora.org"],
            "viewer/view": ["eve@aurora.org"],
        }


def test_a_role_without_members_is_not_bound() -> None:
    assert list(people(plan(plans.ANNA + plans.DEV), "blue-dev")) == ["owner/admin"]


def test_custom_roles_that_match_add_up_and_what_none_of_them_names_is_inherited() -> None:
    made = plan(plans.world(STAGED, config=CUSTOM))
    assert list(people(made, "blue-dev")) == [
        "owner/gold-owner",  # the first entry, which says nothing about owners, gives nothing back
        "editor/view",  # of both entries, once
        "editor/edit",
        "viewer/view",
    ]
    assert list(people(made, "blue-qa")) == [
        "owner/admin",
        "owner/cluster-reader",
        "editor/edit",
        "viewer/view",
    ]


def test_a_binding_names_the_members_field_and_the_roles_field() -> None:
    bound = plans.kinds(plan(plans.world(STAGED, config=CUSTOM)), "RoleBinding")
    assert bound["blue-qa/editor/edit"].because == (
        "t.yaml:9 spec.accessControl.editors, "
        "t.yaml:26 spec.accessControl.rbac.tenantRoles.default.editor"
    )
    assert bound["blue-dev/editor/edit"].because.endswith("tenantRoles.custom[1].editor")
    assert bound["blue-dev/editor/view"].because.endswith("tenantRoles.custom[0].editor")
    assert bound["blue-dev/owner/gold-owner"].because.endswith("tenantRoles.custom[1].owner")
    assert bound["blue-dev/viewer/view"].because.endswith("tenantRoles.default.viewer")


def test_selectors_see_labels_of_a_namespace_that_an_owner_made() -> None:
    play = live("play", managed=False, labels={"stage": "prod"})
    made = plan(plans.world(TEAM, config=CUSTOM), seen(play))
    assert "editor/view" in people(made, "play")
    assert "editor/edit" not in people(made, "play")


def test_somebody_who_is_no_longer_a_member_is_bound_nowhere() -> None:
    classes = "\nstorageClasses: {}"
    before = plan(STAGED + classes)
    after = plan(STAGED.replace("[ben@aurora.org]", "[]") + classes)
    assert _bound(before) - _bound(after) == {"ben@aurora.org"}


def _bound(made: Plan) -> set[str]:
    return {subject["name"] for one in made for subject in one.inputs.get("subjects", ())}


def test_a_cluster_role_that_is_not_there_is_told_for_whom_it_would_be() -> None:
    there = frozenset({"admin", "edit", "view", "cluster-reader"})
    around = Surroundings(cluster_roles=there)
    made = plan(plans.world(STAGED, config=CUSTOM), Observed(around=around))
    (told,) = made.warnings
    assert told == (
        "cluster role 'gold-owner' does not exist: the owners of tenant 'blue' have no rights by "
        "it until it is made (t.yaml:8 spec.accessControl.owners, "
        "t.yaml:33 spec.accessControl.rbac.tenantRoles.custom[1].owner)"
    )
    assert plan(plans.world(STAGED, config=CUSTOM)).warnings == ()  # nobody looked
    known = Surroundings(cluster_roles=there | {"gold-owner"})
    assert plan(plans.world(STAGED, config=CUSTOM), Observed(around=known)).warnings == ()


def test_a_cluster_role_that_nobody_is_bound_to_is_not_missed() -> None:
    around = Surroundings(cluster_roles=frozenset({"admin", "edit", "view"}))
    lonely = plans.world(plans.ANNA + plans.DEV, config=CUSTOM.replace("gold-owner", "mto:own"))
    assert [one.partition(":")[0] for one in plan(lonely, Observed(around=around)).warnings] == [
        "cluster role 'cluster-reader' does not exist"
    ]


PRIVATE = TEAM + "namespaces: {sandboxes: {enabled: true, private: true}}"
OPEN = PRIVATE.replace("private: true", "private: false")


def test_a_private_sandbox_is_its_person_s_alone_in_their_strongest_role() -> None:
    both = PRIVATE.replace("[ben@aurora.org]", "[ben@aurora.org, anna@aurora.org]")
    made = plan(both)
    assert people(made, "blue-anna-aurora-sandbox") == {"owner/admin": ["anna@aurora.org"]}
    assert people(made, "blue-ben-aurora-sandbox") == {"editor/edit": ["ben@aurora.org"]}


def test_an_open_sandbox_is_open_to_all_members() -> None:
    made = plan(OPEN)
    assert people(made, "blue-ben-aurora-sandbox") == {
        "owner/admin": ["anna@aurora.org", "leads"],
        "editor/edit": ["ben@aurora.org"],
        "viewer/view": ["eve@aurora.org"],
    }


def test_the_private_sandbox_of_somebody_who_left_is_nobody_s() -> None:
    zoe = live("blue-zoe", annotations={"mto.stakater.com/sandbox-of": "zoe@aurora.org"})
    observed = seen(zoe, holds={"blue-zoe": Contents({"secrets": 1})})
    assert people(plan(PRIVATE, observed), "blue-zoe") == {}
    assert len(people(plan(OPEN, observed), "blue-zoe")) == 3


def test_somebody_who_became_a_viewer_still_sees_their_sandbox() -> None:
    eve = live("blue-eve", annotations={"mto.stakater.com/sandbox-of": "eve@aurora.org"})
    observed = seen(eve, holds={"blue-eve": Contents({"secrets": 1})})
    assert people(plan(PRIVATE, observed), "blue-eve") == {"viewer/view": ["eve@aurora.org"]}


CLUSTER_ROLE = some.one_of(
    some.from_regex(r"(system:)?[a-z0-9A-Z][-a-zA-Z0-9.:_]{0,80}", fullmatch=True),
    some.text("ab", min_size=50, max_size=253),
)
ROLE = some.sampled_from(ROLES)


def binding(role: Role, cluster_role: str) -> str:
    metadata = Binding(role, cluster_role, (), "why").manifest("blue-dev")["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["name"])


@given(ROLE, CLUSTER_ROLE, ROLE, CLUSTER_ROLE)
def test_names_of_bindings_fit_and_never_collide(
    role: Role, one: str, other_role: Role, other: str
) -> None:
    names = binding(role, one), binding(other_role, other)
    assert max(map(len, names)) <= 63
    assert names == (binding(role, one), binding(other_role, other))
    assert (names[0] == names[1]) is ((role, one) == (other_role, other))


@given(some.text("ab", min_size=60, max_size=120), some.text("ab", min_size=1, max_size=9))
def test_long_names_that_begin_alike_stay_apart(start: str, end: str) -> None:
    assume(not start.endswith(end))
    assert binding("owner", start) != binding("owner", start + end)


def test_a_short_name_says_what_it_binds() -> None:
    assert binding("owner", "admin") == "mto-owner-admin"
    assert binding("viewer", "system:aggregate-to-view") == "mto-viewer-system:aggregate-to-view"
