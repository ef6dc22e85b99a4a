"""Sandboxes of members of groups, as far as somebody says who they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mto.plan.observed import Contents, Namespace, Observed
from mto.plan.resource import Plan
from mto.plan.sandbox import untold
from mto.spec.groups import Groups
from tests.support import plans
from tests.support.plans import kinds, live, metadata, people, seen, world

TEAM = """
accessControl:
  owners: {users: [anna@aurora.org], groups: [leads]}
  editors: {groups: [devs, leads]}
  viewers: {groups: [guests]}
namespaces: {sandboxes: {enabled: true}}
"""
PRIVATE = TEAM.replace("enabled: true", "enabled: true, private: true")
KNOWN = Groups(
    {"leads": ("anna@aurora.org", "lea@aurora.org"), "devs": ("lea@aurora.org", "dan@aurora.org")},
    source="members.yaml",
)
LEA, DAN = "blue-lea-aurora-sandbox", "blue-dan-aurora-sandbox"
ANNA = "blue-anna-aurora-sandbox"


def plan(groups: Groups = KNOWN, spec: str = TEAM, observed: Observed = plans.NOTHING) -> Plan:
    return plans.plan(replace(world(spec), groups=groups), observed)


def sandbox(name: str, person: str, group: str = "") -> Namespace:
    through = {"mto.stakater.com/sandbox-through": group} if group else {}
    return live(name, annotations={"mto.stakater.com/sandbox-of": person, **through})


def test_members_of_owners_and_editors_groups_get_sandboxes_as_users_do() -> None:
    made = kinds(plan(), "Namespace")
    assert set(made) == {ANNA, LEA, DAN}
    assert made[DAN].because == (
        "t.yaml:9 spec.accessControl.editors.groups[0] (devs, in which members.yaml has them), "
        "sandboxes enabled"
    )


def test_a_sandbox_says_through_which_group_somebody_has_it_and_users_have_it_themselves() -> None:
    notes = {name: metadata(plan(), "Namespace", name)["annotations"] for name in (ANNA, LEA)}
    assert notes[LEA]["mto.stakater.com/sandbox-of"] == "lea@aurora.org"
    assert notes[LEA]["mto.stakater.com/sandbox-through"] == "leads"
    assert "mto.stakater.com/sandbox-through" not in notes[ANNA]


def test_a_private_sandbox_is_the_member_s_alone_in_their_strongest_role() -> None:
    made = plan(spec=PRIVATE)
    assert people(made, LEA) == {"owner/admin": ["lea@aurora.org"]}
    assert people(made, DAN) == {"editor/edit": ["dan@aurora.org"]}


def test_names_of_members_sandboxes_are_reserved() -> None:
    role = kinds(plan(), "ClusterRole")["mto:blue:names"].inputs
    assert role["rules"][0]["resourceNames"] == [ANNA, DAN, LEA]


def test_whoever_left_a_known_group_loses_a_sandbox_that_is_empty() -> None:
    observed = seen(sandbox(DAN, "dan@aurora.org", "devs"), holds={DAN: Contents()})
    smaller = replace(KNOWN, known={**KNOWN.known, "devs": ()})
    made = plan(smaller, observed=observed)
    assert DAN not in kinds(made, "Namespace")
    assert [one.namespace for one in made.deletions] == [DAN]


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param(Groups(), id="no source"),
        pytest.param(
            Groups(source="members.yaml", problem="it is gone"), id="one that can't be read"
        ),
        pytest.param(Groups({"leads": ()}, source="members.yaml"), id="one that does not name it"),
    ],
)
def test_whoever_has_a_sandbox_through_a_group_that_nobody_speaks_of_keeps_it(
    groups: Groups,
) -> None:
    observed = seen(sandbox(DAN, "dan@aurora.org", "devs"), holds={DAN: Contents()})
    made = plan(groups, observed=observed)
    assert set(kinds(made, "Namespace")) == {ANNA, DAN}
    assert made.deletions == ()
    assert kinds(made, "Namespace")[DAN].because == (
        "t.yaml:9 spec.accessControl.editors.groups[0] (devs, as it was known last), "
        "sandboxes enabled"
    )


def test_a_group_that_is_no_longer_the_tenant_s_keeps_nobody() -> None:
    observed = seen(sandbox(DAN, "dan@aurora.org", "devs"), holds={DAN: Contents()})
    made = plan(Groups(), TEAM.replace("devs, ", ""), observed)
    assert [one.namespace for one in made.deletions] == [DAN]


def test_two_people_of_one_name_do_not_share_a_sandbox() -> None:
    made = plan(Groups({"leads": ("anna@aurora.com",), "devs": ()}, source="members.yaml"))
    assert set(kinds(made, "Namespace")) == {ANNA}
    (told,) = made.warnings
    assert told == (
        "'anna@aurora.com' of group 'leads' gets no sandbox: it would be "
        "'blue-anna-aurora-sandbox', which is the sandbox of 'anna@aurora.org'"
    )


def test_a_group_does_not_go_past_the_tenant_s_limit_of_namespaces() -> None:
    made = plan(spec=TEAM.replace("sandboxes:", "limit: 2, sandboxes:"))
    assert set(kinds(made, "Namespace")) == {ANNA, LEA}
    assert made.warnings == (
        "'dan@aurora.org' of group 'devs' gets no sandbox: tenant 'blue' may have 2 namespaces",
    )


def test_a_source_that_can_t_be_read_is_a_warning() -> None:
    made = plan(replace(KNOWN, known={}, problem="it is gone"))
    (told,) = made.warnings
    assert told == (
        "members of groups can't be read from members.yaml: it is gone; of 'leads', 'devs' those "
        "stay who have a sandbox already"
    )


def test_groups_of_which_nobody_says_who_is_in_them_are_named() -> None:
    blue = world(TEAM).tenants["blue"].value
    assert untold(blue, KNOWN) == ""
    assert untold(blue, Groups()) == (
        "no source says who is in 'leads', 'devs': their members get no sandboxes; set "
        "accessControl.members in the IntegrationConfig, or mto:members in the stack"
    )
    assert untold(blue, Groups({"leads": ()}, source="members.yaml")) == (
        "members.yaml does not name 'devs': their members get no sandboxes, and those stay who "
        "have one already"
    )
    closed = world(TEAM.replace("enabled: true", "enabled: false")).tenants["blue"].value
    assert untold(closed, Groups()) == ""
