"""Paths, the table of well-known kinds, and what is read from discovery."""

from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.kinds import WELL_KNOWN, Served, discovered
from mto.spec.schema import crds

CORE = Served("v1", "Pod", "pods", namespaced=True)
NAMED = Served("apps/v1", "Deployment", "deployments", namespaced=True)
WIDE = Served("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False)


@pytest.mark.parametrize(
    ("served", "namespace", "path"),
    [
        pytest.param(CORE, "blue", "/api/v1/namespaces/blue/pods/x", id="core"),
        pytest.param(NAMED, "blue", "/apis/apps/v1/namespaces/blue/deployments/x", id="group"),
        pytest.param(
            WIDE, "blue", "/apis/rbac.authorization.k8s.io/v1/clusterroles/x", id="cluster-wide"
        ),
    ],
)
def test_an_object_has_one_path(served: Served, namespace: str, path: str) -> None:
    assert served.path("x", namespace) == path


def test_without_a_namespace_a_collection_is_everywhere() -> None:
    assert NAMED.collection() == "/apis/apps/v1/deployments"


def test_a_name_cannot_leave_its_place_in_a_path() -> None:
    assert CORE.path("a/b?c", "blue") == "/api/v1/namespaces/blue/pods/a%2Fb%3Fc"


def test_kinds_are_shown_as_people_write_them() -> None:
    assert (CORE.readable, NAMED.readable) == ("pods", "deployments.apps")


def test_our_own_kinds_in_the_table_are_as_we_define_them() -> None:
    own = {
        (f"{one['spec']['group']}/{version['name']}", one["spec"]["names"]["kind"]): one["spec"]
        for one in crds()
        for version in one["spec"]["versions"]
    }
    known = [served for key, served in WELL_KNOWN.items() if key in own]

    assert [served.kind for served in known] == ["TenantPolicy"]
    for served in known:
        spec = own[served.api_version, served.kind]
        assert served.plural == spec["names"]["plural"]
        assert served.namespaced == (spec["scope"] == "Namespaced")


def group(name: str, *versions: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name}, "versions": list(versions)}


def version(name: str, *verbs: str, freshness: str = "Current") -> dict[str, Any]:
    resource = {
        "resource": "things",
        "responseKind": {"kind": "Thing"},
        "scope": "Namespaced",
        "verbs": list(verbs),
    }
    nameless = {"resource": "odd", "scope": "Cluster", "verbs": []}
    return {"version": name, "freshness": freshness, "resources": [resource, nameless]}


def test_a_kind_of_several_versions_is_preferred_in_the_first() -> None:
    found = discovered({"items": [group("example.com", version("v2"), version("v1"))]})

    assert set(found.kinds) == {("example.com/v2", "Thing"), ("example.com/v1", "Thing")}
    assert [one.api_version for one in found.preferred] == ["example.com/v2"]
    assert found.stale == ()


def test_a_group_whose_server_is_away_is_stale_unless_nothing_of_it_can_be_deleted() -> None:
    away = version("v1", "list", "delete", freshness="Stale")
    metrics = version("v1", "list", freshness="Stale")
    unknown = {"version": "v1", "freshness": "Stale"}

    found = discovered(
        {"items": [group("a.io", away), group("metrics.io", metrics), group("b.io", unknown)]}
    )

    assert found.stale == ("a.io/v1", "b.io/v1")
