from __future__ import annotations

import pytest

from mto.plan import appproject
from mto.serve.implied import (
    APP_PROJECT,
    GATEWAY_CLASS,
    available,
    by_kind,
    by_namespace,
    by_object,
)
from mto.spec.world import World
from tests.support import manifests
from tests.support.plans import read

STORAGE = ("storage.k8s.io/v1", "StorageClass")
INGRESS = ("networking.k8s.io/v1", "IngressClass")
ACCESS = {
    "named": {"storageClasses": {"allowed": ["fast", ""]}},
    "all": {"storageClasses": {}, "ingressClasses": {"allowed": ["fast"]}},
    "none": {},
}


def world() -> World:
    found = {name: manifests.tenant(name, **spec) for name, spec in ACCESS.items()}
    return World({one.value.name: one for one in manifests.declared(*found.values())})


@pytest.mark.parametrize(
    ("kind", "name", "concerned"),
    [
        pytest.param(STORAGE, "fast", {"named", "all"}, id="named, and every class"),
        pytest.param(STORAGE, "slow", {"all"}, id="only who may use every class"),
        pytest.param(INGRESS, "fast", {"all"}, id="another kind of that name"),
        pytest.param(GATEWAY_CLASS, "fast", set(), id="nobody says anything of that kind"),
    ],
)
def test_a_class_concerns_those_that_may_use_it(
    kind: tuple[str, str], name: str, concerned: set[str]
) -> None:
    assert by_object(kind, name, world()) == concerned


def test_argo_cd_concerns_those_that_ask_for_an_appproject() -> None:
    found = read("tests/fixtures/argocd.yaml")
    place = appproject.home(found)
    assert place is not None
    assert by_kind(APP_PROJECT, found) == by_namespace(place, found) == {"green"}
    assert by_kind(GATEWAY_CLASS, found) == by_namespace("elsewhere", found) == set()
    assert by_kind(APP_PROJECT, world()) == by_namespace(place, world()) == set()


def test_available_are_the_allowed_classes_that_are_there() -> None:
    found = world().tenants
    there = {STORAGE: frozenset({"slow", "fast", "odd"}), INGRESS: frozenset({"other"})}

    def names(tenant: str, field: str) -> object:
        return available(found[tenant].value.spec, there)[field]

    assert names("named", "storageClasses") == {"available": [{"name": "fast"}]}
    assert names("all", "storageClasses") == {
        "available": [{"name": "fast"}, {"name": "odd"}, {"name": "slow"}]
    }
    assert names("all", "ingressClasses") == {"available": []}
    assert names("none", "storageClasses") == {"available": []}


def test_named_classes_are_told_where_nobody_knows_which_are_there() -> None:
    spec = world().tenants["named"].value.spec
    assert available(spec, {})["storageClasses"] == {"available": [{"name": "fast"}]}
