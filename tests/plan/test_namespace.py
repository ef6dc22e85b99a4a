"""Which namespaces a tenant has, with which metadata, and which of them may go."""

from __future__ import annotations

import pytest

from mto.plan.namespace import Made, Membership, membership
from mto.plan.observed import Contents, Observed
from tests.support import plans
from tests.support.plans import live, seen

EMPTY = Contents()
PRIVATE = """
accessControl:
  owners: {users: [anna@aurora.org]}
  editors: {users: [ben@aurora.org, anna@aurora.org]}
  viewers: {users: [eve@aurora.org]}
namespaces: {sandboxes: {enabled: true, private: true}}
"""
ANNA = "blue-anna-aurora-sandbox"
BEN = "blue-ben-aurora-sandbox"


def members(
    spec: str = plans.DEV,
    observed: Observed = plans.NOTHING,
    *,
    config: str = "",
    consented: frozenset[str] = frozenset(),
    meta: str = "",
) -> Membership:
    world = plans.world(spec, config=config, meta=meta)
    return membership(world.tenants["blue"], world.config, observed=observed, consented=consented)


def made(found: Membership) -> dict[str, Made]:
    return {one.name: one.made for one in found.namespaces}


# ---- declared and sandboxes ----------------------------------------------------------------------


def test_declared_names_get_the_tenant_s_prefix_or_none() -> None:
    found = members("namespaces: {withTenantPrefix: [dev], withoutTenantPrefix: [shop-window]}")
    assert {one.name: one.because for one in found.namespaces} == {
        "blue-dev": "t.yaml:6 spec.namespaces.withTenantPrefix[0]",
        "shop-window": "t.yaml:6 spec.namespaces.withoutTenantPrefix[0]",
    }
    assert [one.labels["stakater.com/kind"] for one in found.namespaces] == ["dev", "shop-window"]


def test_every_owner_and_editor_has_one_sandbox_and_no_viewer_has() -> None:
    found = members(PRIVATE)
    assert {one.name: one.person for one in found.namespaces} == {
        ANNA: "anna@aurora.org",
        BEN: "ben@aurora.org",
    }
    assert found.namespaces[0].because == (
        "t.yaml:8 spec.accessControl.owners.users[0], sandboxes enabled"
    )


def test_a_sandbox_says_what_it_is_and_whose() -> None:
    first = members(PRIVATE).namespaces[0]
    assert first.labels == {"stakater.com/kind": "sandbox"}
    assert first.annotations == {"mto.stakater.com/sandbox-of": "anna@aurora.org"}


# ---- metadata ------------------------------------------------------------------------------------

COMMON = "common: {labels: {a: common}, annotations: {n: common}}"
SPECIFIC = "specific: [{namespaces: [blue-dev], labels: {a: specific}, annotations: {n: specific}}]"
PLATFORM = """
metadata:
  namespaces: {labels: {a: platform}, annotations: {n: platform}}
  sandboxes: {labels: {a: sandboxes}, annotations: {who: "{{ TENANT.USERNAME }}"}}
"""


def marked(*metadata: str, sandbox: bool = False) -> tuple[str | None, str | None]:
    inner = ", ".join(metadata)
    names = "sandboxes: {enabled: true}" if sandbox else "withTenantPrefix: [dev]"
    owners = "accessControl: {owners: {users: [anna@aurora.org]}}"
    spec = f"{owners}\nnamespaces: {{{names}, metadata: {{{inner}}}}}"
    (one,) = members(spec, config=PLATFORM).namespaces
    return one.labels.get("a"), one.annotations.get("n")


def test_specific_wins_over_common_and_common_over_the_platform() -> None:
    assert marked(COMMON, SPECIFIC) == ("specific", "specific")
    assert marked(COMMON) == ("common", "common")
    assert marked() == ("platform", "platform")


def test_of_two_specific_entries_the_later_wins() -> None:
    two = (
        "specific: [{namespaces: [blue-dev], labels: {a: one}, annotations: {n: one}}, "
        "{namespaces: [blue-dev], labels: {a: two}}]"
    )
    assert marked(two) == ("two", "one")


def test_a_sandbox_s_own_metadata_wins_over_common_and_the_platform() -> None:
    own = 'sandbox: {labels: {a: own}, annotations: {n: "of {{ TENANT.USERNAME }}"}}'
    assert marked(COMMON, own, sandbox=True) == ("own", "of anna@aurora.org")
    assert marked(COMMON, sandbox=True) == ("common", "common")
    assert marked(sandbox=True) == ("sandboxes", None)


def test_the_platform_s_annotation_names_the_person_too() -> None:
    found = members(PRIVATE, config=PLATFORM)
    assert [one.annotations["who"] for one in found.namespaces] == [
        "anna@aurora.org",
        "ben@aurora.org",
    ]


# ---- made by an owner ----------------------------------------------------------------------------


def test_a_namespace_that_an_owner_made_belongs_to_the_tenant() -> None:
    found = members(observed=seen(live("blue-play", managed=False)))
    assert made(found) == {"blue-dev": Made.DECLARED, "blue-play": Made.BY_OWNER}
    assert found.namespaces[1].because == "label stakater.com/tenant on namespace blue-play"
    assert not found.namespaces[1].ours
    assert found.deletions == ()


def test_its_own_labels_are_seen_by_selectors_under_the_planned_ones() -> None:
    play = live("blue-play", managed=False, labels={"a": "own", "stage": "production"})
    found = members(
        f"namespaces: {{metadata: {{{COMMON}}}}}",
        observed=seen(play),
    )
    assert found.namespaces[0].selectable == {
        "stakater.com/tenant": "blue",
        "stage": "production",
        "a": "common",
    }


def test_a_declared_namespace_that_an_owner_made_first_stays_the_owner_s() -> None:
    (one,) = members(observed=seen(live("blue-dev", managed=False))).namespaces
    assert one.made is Made.DECLARED
    assert not one.ours


def test_an_owner_s_annotation_makes_no_sandbox_of_somebody_else() -> None:
    fake = live("play", managed=False, annotations={"mto.stakater.com/sandbox-of": "anna"})
    (one,) = members("desc: none", observed=seen(fake)).namespaces
    assert one.made is Made.BY_OWNER
    assert one.person is None


def test_in_a_privileged_namespace_the_tenant_s_label_has_no_effect() -> None:
    config = 'accessControl: {privileged: {namespaces: ["^kube-.*", monitoring]}}'
    observed = seen(*(live(name, managed=False) for name in ("kube-x", "a-monitoring-b", "play")))
    assert list(made(members("desc: x", observed, config=config))) == ["play"]


def test_what_became_privileged_is_not_taken_along_either() -> None:
    config = "accessControl: {privileged: {namespaces: [^blue-old$]}}"
    observed = seen(live("blue-old"), holds={"blue-old": EMPTY})
    assert members("desc: x", observed, config=config) == Membership((), ())


def test_a_namespace_on_its_way_out_is_left_alone() -> None:
    observed = seen(live("play", managed=False, leaves=True), live("blue-old", leaves=True))
    found = members("desc: x", observed)
    assert found == Membership((), ())


# ---- deletions -----------------------------------------------------------------------------------


def leaving(
    contents: Contents | None,
    *,
    consented: frozenset[str] = frozenset(),
    meta: str = "",
    spec: str = plans.DEV,
) -> Membership:
    holds = {} if contents is None else {"blue-old": contents}
    return members(spec, seen(live("blue-old"), holds=holds), consented=consented, meta=meta)


def test_an_empty_namespace_that_is_no_longer_declared_goes() -> None:
    found = leaving(EMPTY)
    assert list(made(found)) == ["blue-dev"]
    (one,) = found.deletions
    assert (one.namespace, one.allowed, one.holds) == ("blue-old", True, {})
    assert one.because == "t.yaml:6 spec.namespaces: no longer declared"


def test_one_that_holds_something_stays_as_it_was_until_somebody_consents() -> None:
    found = leaving(Contents({"secrets": 2}))
    assert made(found) == {"blue-dev": Made.DECLARED, "blue-old": Made.LEAVING}
    assert not found.deletions[0].allowed
    assert found.namespaces[1].labels == {"stakater.com/kind": "old"}
    assert found.namespaces[1].because == (
        "t.yaml:6 spec.namespaces: no longer declared, kept because it is not empty; to delete "
        "it: --delete-namespace blue-old"
    )


def test_consent_is_given_on_the_command_line_or_by_an_annotation() -> None:
    held = Contents({"secrets": 2})
    by_setting = leaving(held, consented=frozenset({"blue-old"}))
    names = 'annotations: {mto.stakater.com/delete: "blue-older, blue-old ,"}'
    by_annotation = leaving(held, meta=f", {names}")
    for found in (by_setting, by_annotation):
        assert list(made(found)) == ["blue-dev"]
        assert found.deletions[0].allowed
        assert found.deletions[0].holds == {"secrets": 2}


def test_consent_for_another_namespace_is_none() -> None:
    found = leaving(Contents({"secrets": 2}), consented=frozenset({"blue-older"}))
    assert not found.deletions[0].allowed


def test_what_could_not_be_counted_never_deletes() -> None:
    for contents in (None, Contents(missing=("pods",)), Contents({}, ("widgets.example.org",))):
        found = leaving(contents)
        assert made(found)["blue-old"] is Made.LEAVING
        assert not found.deletions[0].allowed
        consented = leaving(contents, consented=frozenset({"blue-old"}))
        assert not consented.deletions[0].allowed
    assert leaving(None).deletions[0].held == "uncounted everything"
    partly = leaving(Contents({"pods": 1}, ("secrets",))).deletions[0]
    assert partly.held == "1 pods, uncounted secrets"


def test_nobody_deletes_what_an_owner_made() -> None:
    observed = seen(live("play", managed=False), holds={"play": EMPTY})
    found = members("desc: x", observed, consented=frozenset({"play"}))
    assert made(found) == {"play": Made.BY_OWNER}
    assert found.deletions == ()


def test_a_declared_namespace_is_not_deleted_whatever_was_consented_to() -> None:
    observed = seen(live("blue-dev"), holds={"blue-dev": EMPTY})
    assert members(observed=observed, consented=frozenset({"blue-dev"})).deletions == ()


def test_the_sandbox_of_somebody_who_left_stays_theirs_while_it_holds_something() -> None:
    zoe = live(
        "blue-zoe-aurora-sandbox",
        annotations={"mto.stakater.com/sandbox-of": "zoe@aurora.org"},
    )
    holds = {zoe.name: Contents({"persistentvolumeclaims": 1})}
    found = members(PRIVATE, seen(zoe, holds=holds))
    last = found.namespaces[-1]
    assert (last.name, last.made, last.person) == (zoe.name, Made.LEAVING, "zoe@aurora.org")
    assert last.labels == {"stakater.com/kind": "sandbox"}
    assert list(made(members(PRIVATE, seen(zoe, holds={zoe.name: EMPTY})))) == [ANNA, BEN]


@pytest.mark.parametrize("name", ["default", "kube-system", "openshift-etcd", "monitoring"])
@pytest.mark.parametrize("managed", [True, False])
def test_a_label_on_a_namespace_that_is_nobody_s_has_no_effect(name: str, *, managed: bool) -> None:
    declared = plans.world(config="accessControl: {privileged: {namespaces: [^monitoring$]}}")
    found = plans.plan(declared, plans.seen(plans.live(name, managed=managed)))
    assert name not in {one.inputs["metadata"].get("namespace") for one in found if one.kubernetes}
    assert name not in {one.name for one in found}
    assert found.deletions == ()
