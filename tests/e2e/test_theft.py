"""Namespaces change hands by privileged principals only, whatever way somebody tries."""

from __future__ import annotations

import pytest

from tests.support.caller import APPLY, Said, Way, ways
from tests.support.guarded import NAMESPACES, TENANT, Guarded, refused
from tests.support.mto import until

ALL_WAYS = tuple(ways("/status", "/finalize"))


@pytest.mark.parametrize("way", tuple(ways()), ids=lambda way: way.name)
def test_owners_set_labels_of_their_own(guarded: Guarded, way: Way) -> None:
    path = f"{NAMESPACES}/a-dev"
    live = guarded.admin.get(path)
    said = way(guarded.person("ann"), path, live, {"labels": {"colour": "green"}})
    assert said.ok, said.body


@pytest.mark.parametrize("way", ALL_WAYS, ids=lambda way: way.name)
def test_no_way_takes_a_namespace_from_its_tenant_or_hands_it_over(
    guarded: Guarded, way: Way
) -> None:
    mallory, path = guarded.person("mallory"), f"{NAMESPACES}/a-dev"
    live = guarded.admin.get(path)
    for value in ("a-b", "shut", "", None):
        if value is None and way.kind == APPLY:
            continue  # applying without the field leaves what others own
        said = way(mallory, path, live, {"labels": {TENANT: value}})
        assert (said.status, said.policy) == (403, "mto-namespaces"), (value, said.body)
    assert guarded.admin.get(path)["metadata"]["labels"][TENANT] == "a"


@pytest.mark.parametrize("way", ALL_WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize("name", ["loose", "kube-system", "multi-tenant-operator"])
def test_no_way_pulls_an_unowned_namespace_in(guarded: Guarded, way: Way, name: str) -> None:
    guarded.space("loose")
    mallory, path = guarded.person("mallory"), f"{NAMESPACES}/{name}"
    said = way(mallory, path, guarded.admin.get(path), {"labels": {TENANT: "a"}})
    assert (said.status, said.policy) == (403, "mto-namespaces"), said.body
    assert TENANT not in guarded.admin.get(path)["metadata"]["labels"]


@pytest.mark.parametrize("way", ALL_WAYS, ids=lambda way: way.name)
def test_an_orphaned_namespace_is_locked(guarded: Guarded, way: Way) -> None:
    guarded.space("orphaned")
    mallory, path = guarded.person("mallory"), f"{NAMESPACES}/orphaned"
    said = way(mallory, path, guarded.admin.get(path), {"labels": {"x": "y"}})
    assert (said.status, said.policy) == (403, "mto-namespaces"), said.body


def test_the_locks_say_why(guarded: Guarded) -> None:
    guarded.space("silent")
    mallory = guarded.person("mallory")
    patch = {"metadata": {"labels": {"x": "y"}}}
    merge = "application/merge-patch+json"
    refused(
        mallory("PATCH", f"{NAMESPACES}/silent", patch, kind=merge),
        "namespaces",
        "Cannot UPDATE namespace silent: it belongs to no tenant, and only privileged users may "
        "touch it. User: mallory",
    )
    refused(
        mallory("PATCH", f"{NAMESPACES}/a-dev/status", patch, kind=merge),
        "namespaces",
        "Cannot change status of namespace a-dev: it is written by Kubernetes alone. User: mallory",
    )
    refused(
        mallory("PATCH", f"{NAMESPACES}/a-b-dev", patch, kind=merge),
        "namespaces",
        "Cannot UPDATE namespace a-b-dev: mallory is no owner of tenant a-b",
    )
    handed = {"metadata": {"labels": {TENANT: "shut"}}}
    refused(
        mallory("PATCH", f"{NAMESPACES}/a-dev", handed, kind=merge),
        "namespaces",
        "The label stakater.com/tenant of namespace a-dev stays a: only privileged users hand "
        "namespaces over. User: mallory",
    )


def test_pod_security_is_made_stricter_and_never_looser(guarded: Guarded) -> None:
    ann, path = guarded.person("ann"), f"{NAMESPACES}/{guarded.own()}"
    guarded.up("a")
    merge = "application/merge-patch+json"

    def enforce(level: str | None) -> Said:
        labels = {"pod-security.kubernetes.io/enforce": level}
        return ann("PATCH", path, {"metadata": {"labels": labels}}, kind=merge)

    until(lambda: enforce("restricted").ok)
    for looser in ("baseline", "privileged", None):
        assert enforce(looser).policy == "mto-namespaces"
    live = guarded.admin.get(path)["metadata"]["labels"]
    assert live["pod-security.kubernetes.io/enforce"] == "restricted"
