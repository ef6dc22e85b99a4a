"""What is somebody else's: never taken over, clearly named, and in nobody else's way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, part, quota, steps, tenant, unique


@pytest.fixture
def pair(project: Project) -> tuple[str, str]:
    """Two tenants, declared and not yet there."""
    blue, red = unique("blue"), unique("red")
    access = members(owners=["anna@example.org"])
    project.declare(
        quota(blue),
        *(tenant(one, "dev", quota=blue, accessControl=access) for one in (blue, red)),
    )
    return blue, red


def namespace(name: str, **labels: str) -> str:
    metadata = {"name": name, "labels": labels}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


def managers(live: Any) -> set[str]:
    return {one["manager"] for one in live["metadata"]["managedFields"]}


def test_a_namespace_that_is_somebody_elses_fails_its_tenant_and_no_other(
    project: Project, pair: tuple[str, str], admin: Kubectl
) -> None:
    blue, red = pair
    assert admin("create", "-f", "-", stdin=namespace(f"{blue}-dev", team="theirs")).code == 0
    answer = project("up")
    assert answer.code == 1
    assert (
        f"{blue}: create Namespace/{blue}-dev: Namespace {blue}-dev exists and is not MTO's: its "
        "fields are managed by kubectl-create. Choose another name, delete it, or hand it over by "
        'annotating it with mto.stakater.com/adopt: "true"\n'
    ) in answer.stderr
    assert "5 more steps were not tried, because something they need failed" in answer.stderr
    assert answer.stdout.splitlines()[-1].endswith(f"; failed: {blue}")
    assert admin("-n", f"{red}-dev", "get", "rolebinding", "mto-owner-admin").code == 0
    assert "No resources found" in admin("-n", f"{blue}-dev", "get", "rolebindings").stderr
    live = admin("get", "namespace", f"{blue}-dev", "-o", "json").json
    assert live["metadata"]["labels"].get("stakater.com/tenant") is None

    handed_over = ("annotate", "namespace", f"{blue}-dev", "mto.stakater.com/adopt=true")
    assert admin(*handed_over).code == 0
    report = project.data("up")
    assert part(report, red)["steps"] == []
    live = admin("get", "namespace", f"{blue}-dev", "-o", "json").json
    assert live["metadata"]["labels"]["team"] == "theirs"
    assert live["metadata"]["labels"]["stakater.com/tenant"] == blue


def test_a_namespace_without_prefix_that_exists_is_refused(
    project: Project, admin: Kubectl
) -> None:
    name, shared = unique("blue"), unique("shared")
    assert admin("create", "namespace", shared).code == 0
    spaces = {"withoutTenantPrefix": [shared]}
    project.declare(quota(name), tenant(name, "dev", quota=name, namespaces=spaces))
    report = project.data("up", code=1)
    (problem, *_) = part(report, name)["problems"]
    assert problem.startswith(f"create Namespace/{shared}: Namespace {shared} exists and is not")
    assert admin("-n", f"{name}-dev", "get", "resourcequota", "mto").code == 0
    assert admin("delete", "namespace", shared, "--wait=false").code == 0


def test_an_object_inside_that_is_somebody_elses_is_left_as_it_is(
    project: Project, pair: tuple[str, str], admin: Kubectl
) -> None:
    blue, _ = pair
    assert project("up").code == 0
    place = ("-n", f"{blue}-qa")
    theirs = ("create", "quota", "mto", "--hard=pods=99")
    labelled = namespace(f"{blue}-qa", **{"stakater.com/tenant": blue})
    assert admin("create", "-f", "-", stdin=labelled).code == 0
    assert admin(*place, *theirs).code == 0
    report = project.data("up", code=1)
    problems = part(report, blue)["problems"]
    assert problems[0].startswith(
        f"create ResourceQuota/{blue}-qa/mto: ResourceQuota {blue}-qa/mto exists and is not MTO's"
    )
    hard = admin(*place, "get", "resourcequota", "mto", "-o", "jsonpath={.spec.hard.pods}")
    assert hard.stdout == "99"
    assert "No resources found" in admin(*place, "get", "rolebindings").stderr


def test_a_field_that_another_manager_took_comes_back_and_what_it_added_stays(
    project: Project, pair: tuple[str, str], admin: Kubectl
) -> None:
    blue, _ = pair
    assert project("up").code == 0
    theirs = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": f"{blue}-dev",
            "labels": {"stakater.com/kind": "stolen", "added": "here"},
        },
    }
    take = ("apply", "--server-side", "--force-conflicts", "--field-manager=robot", "-f", "-")
    assert admin(*take, stdin=json.dumps(theirs)).code == 0
    report = project.data("up", "--refresh", blue)
    assert steps(report) == {f"Namespace/{blue}-dev": "update"}
    get = ("get", "namespace", f"{blue}-dev", "-o", "json", "--show-managed-fields")
    live = admin(*get).json
    assert live["metadata"]["labels"]["stakater.com/kind"] == "dev"
    assert live["metadata"]["labels"]["added"] == "here"
    assert {"mto", "robot"} <= managers(live)


def test_a_namespace_that_an_owner_made_is_provisioned_and_stays_the_owners(
    project: Project, admin: Kubectl
) -> None:
    name = unique("own")
    common = {"metadata": {"common": {"labels": {"team": name}, "annotations": {"cost": "42"}}}}
    access = members(owners=[f"anna-{name}@example.org"])
    project.declare(
        quota(name, pods=10),
        tenant(name, "dev", quota=name, accessControl=access, namespaces=common),
    )
    assert project("up").code == 0
    own = f"{name}-mine"
    labels = {"stakater.com/tenant": name, "mine": "yes"}
    assert admin("create", "-f", "-", stdin=namespace(own, **labels)).code == 0
    report = project.data("up")
    made = {address for address in steps(report) if f"/{own}" in address}
    assert made == {
        f"Namespace/{own}",
        f"ResourceQuota/{own}/mto",
        f"ServiceAccount/{own}/default",
        f"RoleBinding/{own}/mto-owner-admin",
        f"RoleBinding/{own}/mto-owner-mto:namespace-owner",
        f"TenantPolicy/{own}/tenant-policy",
    }
    live = admin("get", "namespace", own, "-o", "json", "--show-managed-fields").json
    assert live["metadata"]["labels"]["team"] == name
    assert live["metadata"]["labels"]["mine"] == "yes"
    assert live["metadata"]["annotations"]["cost"] == "42"
    assert "mto.stakater.com/managed" not in live["metadata"]["labels"]
    assert {"kubectl-create", "mto"} <= managers(live)
    (found,) = project.data("status", name)
    assert {one["name"]: one["made"] for one in found["namespaces"]} == {
        f"{name}-dev": "by MTO",
        own: "by an owner",
    }
    assert steps(project.data("up")) == {}
    assert admin("label", "namespace", own, "stakater.com/tenant-").code == 0
    left = steps(project.data("up"))
    assert left[f"RoleBinding/{own}/mto-owner-admin"] == "delete"
    live = admin("get", "namespace", own, "-o", "json").json
    assert live["metadata"]["labels"].get("team") is None
    assert live["metadata"]["labels"]["mine"] == "yes"
