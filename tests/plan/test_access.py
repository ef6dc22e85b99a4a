"""The tri-state of classes: absent, all, a list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mto.plan.access import access, creation, reservation
from mto.spec.origin import Declared, Origin
from mto.spec.tenant import Tenant
from tests.support import manifests, plans

PEOPLE = """
accessControl:
  owners: {users: [anna@example.org], groups: [leads]}
  editors: {users: [anna@example.org, ben@example.org]}
  viewers: {groups: [leads, audit]}
"""
ALL = ["get", "list", "watch"]


def rules(text: str) -> dict[str, dict[str, Any]]:
    made = access(plans.world(PEOPLE + text).tenants["blue"])
    return {one.name: one.role["rules"][0] for one in made}


@pytest.mark.parametrize(
    ("field", "name", "group"),
    [
        ("storageClasses", "storageclasses", "storage.k8s.io"),
        ("ingressClasses", "ingressclasses", "networking.k8s.io"),
        ("podPriorityClasses", "priorityclasses", "scheduling.k8s.io"),
        ("runtimeClasses", "runtimeclasses", "node.k8s.io"),
        ("gatewayClasses", "gatewayclasses", "gateway.networking.k8s.io"),
    ],
)
def test_absent_makes_nothing_empty_shows_all_a_list_shows_its_members(
    field: str, name: str, group: str
) -> None:
    found = {
        "apiGroups": [group],
        "resources": [name],
    }
    assert rules("desc: absent") == {}
    for empty in ("{}", "{allowed: []}"):
        assert rules(f"{field}: {empty}") == {f"mto:blue:{name}": found | {"verbs": ALL}}
    assert rules(f"{field}: {{allowed: [fast, slow]}}") == {
        f"mto:blue:{name}": found | {"resourceNames": ["fast", "slow"], "verbs": ["get"]}
    }


def test_the_empty_text_names_no_class() -> None:
    assert rules('ingressClasses: {allowed: [nginx, ""]}')["mto:blue:ingressclasses"][
        "resourceNames"
    ] == ["nginx"]
    assert rules('podPriorityClasses: {allowed: [""]}') == {}


def test_every_member_is_bound_once_and_the_field_is_named() -> None:
    (made,) = access(plans.world(PEOPLE + "storageClasses: {}").tenants["blue"])
    assert [one["name"] for one in made.binding["subjects"]] == [
        "anna@example.org",
        "leads",
        "ben@example.org",
        "audit",
    ]
    assert made.binding["roleRef"]["name"] == made.role["metadata"]["name"] == made.name
    assert made.because == "t.yaml:11 spec.storageClasses"


def test_without_members_nobody_is_bound() -> None:
    assert list(access(plans.world("storageClasses: {}").tenants["blue"])) == []


NAME = some.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)


def names(name: str) -> set[str]:
    every: dict[str, Any] = {
        field: {} for field in ("storageClasses", "ingressClasses", "podPriorityClasses")
    }
    people = {"owners": {"users": ["anna"]}}
    tenant: Tenant = manifests.tenant(name, accessControl=people, **every)
    return {one.name for one in access(Declared(tenant, Origin("t.yaml")))}


@given(NAME, NAME)
def test_no_two_tenants_share_the_name_of_a_cluster_role(one: str, other: str) -> None:
    assert len(names(one)) == 3
    assert max(map(len, names(one))) < 253
    assert names(one).isdisjoint(names(other)) is (one != other)


# ---- namespaces ----------------------------------------------------------------------------------

CREATE = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}


def making(text: str, *, full: bool = False) -> list[dict[str, Any]]:
    (made,) = creation(plans.world(PEOPLE + text).tenants["blue"], full=full)
    found: list[dict[str, Any]] = made.role["rules"]
    return found


def verbs(text: str, *, full: bool = False) -> list[str]:
    found: list[str] = making(text, full=full)[0]["verbs"]
    return found


def test_owners_alone_may_make_namespaces() -> None:
    (made,) = creation(plans.world(PEOPLE).tenants["blue"], full=False)
    assert [one["name"] for one in made.binding["subjects"]] == ["anna@example.org", "leads"]
    assert made.name == "mto:blue:namespaces"
    assert made.because == "t.yaml:8 spec.accessControl.owners"


def test_each_switch_of_the_tenant_is_a_verb_that_owners_lack() -> None:
    everything = ["change-namespaces", "create-namespaces", "any-prefix", "any-name"]
    assert verbs("desc: x") == everything
    assert verbs("namespaces: {requirePrefix: true}") == [everything[0], everything[1], "any-name"]
    assert verbs("namespaces: {allowedNames: []}") == everything[:3]
    assert making("namespaces: {allowedNames: [blue-x]}")[1] == {
        "apiGroups": ["mto.stakater.com"],
        "resources": ["names"],
        "resourceNames": ["blue-x"],
        "verbs": ["use"],
    }


def test_a_full_tenant_s_owners_may_change_namespaces_and_make_no_more() -> None:
    assert CREATE in making("desc: x")
    assert CREATE not in making("desc: x", full=True)
    assert "create-namespaces" not in verbs("desc: x", full=True)
    assert "change-namespaces" in verbs("desc: x", full=True)


def test_names_that_a_tenant_declares_are_held_by_a_keeper_so_that_nobody_reads_them_off() -> None:
    text = (
        "namespaces: {withTenantPrefix: [dev], allowedNames: [blue-play], "
        "sandboxes: {enabled: true}}\n"
    )
    (made,) = reservation(plans.world(plans.ANNA + text).tenants["blue"])
    (rule,) = made.role["rules"]
    assert rule["resourceNames"] == ["blue-dev", "blue-anna-example-sandbox", "blue-play"]
    assert made.binding["subjects"] == [
        {
            "kind": "ServiceAccount",
            "namespace": "multi-tenant-operator",
            "name": "mto-reserved-names",
        }
    ]
