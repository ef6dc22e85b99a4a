"""Who stands outside of the rules for namespaces, and what is on record of it."""

from __future__ import annotations

import json

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.guarded import NAMESPACES, TENANT, Guarded, fresh, namespace
from tests.support.mto import until


def test_a_privileged_service_account_makes_what_matches_the_privileged_pattern(
    guarded: Guarded,
) -> None:
    guarded.space("robots")
    admin = guarded.admin
    admin.create(
        f"{NAMESPACES}/robots/serviceaccounts",
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}},
    )
    subject = {"kind": "ServiceAccount", "namespace": "robots", "name": "robot"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
    admin.create(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "robot"},
            "roleRef": {**role, "name": "all-namespaces"},
            "subjects": [subject],
        },
    )
    robot = guarded.as_user("system:serviceaccount:robots:robot")
    assert robot.create(NAMESPACES, namespace("monitoring-one")).ok
    assert robot.create(NAMESPACES, namespace("robots-orphan")).ok
    # A service account that only looks like it, by an expression that is not anchored for people.
    twin = guarded.as_user("system:serviceaccount:a-dev:petra")
    assert twin.create(NAMESPACES, namespace("twin")).status == 403


@pytest.mark.parametrize(
    ("name", "groups"), [("petra", ()), ("paul", ("platform-team",))], ids=["user", "group"]
)
def test_privileged_people_hand_namespaces_over(
    guarded: Guarded, name: str, groups: tuple[str, ...]
) -> None:
    person, space = guarded.person(name, *groups), fresh("handed")
    assert person.create(NAMESPACES, namespace(space)).ok
    merge = "application/merge-patch+json"
    for tenant in ("a", "a-b", None):
        labels = {"metadata": {"labels": {TENANT: tenant}}}
        assert person("PATCH", f"{NAMESPACES}/{space}", labels, kind=merge).ok
    assert person.delete(f"{NAMESPACES}/{space}").ok


def test_the_privileged_who_must_leave_tenants_alone_do(guarded: Guarded) -> None:
    denise, space = guarded.person("denise"), fresh("denise")
    assert denise.create(NAMESPACES, namespace(space)).ok
    merge = "application/merge-patch+json"
    labels = {"metadata": {"labels": {"x": "y"}}}
    assert denise("PATCH", f"{NAMESPACES}/{space}", labels, kind=merge).ok
    assert denise("PATCH", f"{NAMESPACES}/a-dev", labels, kind=merge).policy == "mto-namespaces"
    taken = {"metadata": {"labels": {TENANT: "a"}}}
    assert denise("PATCH", f"{NAMESPACES}/{space}", taken, kind=merge).policy == "mto-namespaces"
    assert denise.delete(f"{NAMESPACES}/{space}").ok


def test_a_bypass_is_allowed_and_leaves_an_audit_annotation(guarded: Guarded) -> None:
    space = fresh("audited")
    assert guarded.space(space).ok
    told = "namespaces: let through for kwok-admin"
    until(lambda: bypasses(guarded.plane, space) == {told})


def bypasses(plane: ControlPlane, name: str) -> set[str]:
    log = plane.audit_log
    assert log is not None
    found = set()
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if event.get("objectRef", {}).get("name") == name:
            found |= {
                value
                for key, value in (event.get("annotations") or {}).items()
                if key == "mto-namespaces/bypass"
            }
    return found
