"""The end of tenants: nothing of theirs stays but what was promised to stay."""

from __future__ import annotations

import json
from pathlib import Path

from mto.local import cluster as planes
from mto.local.binaries import locate
from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.mto import Project, members, part, quota, steps, tenant, unique, until
from tests.support.snapshot import Objects, everything, settled

OWN_NAMESPACE = {"apiVersion": "v1", "kind": "Namespace"}


def self_made(name: str, tenant: str) -> str:
    """A namespace as an owner makes it."""
    return json.dumps(
        OWN_NAMESPACE | {"metadata": {"name": name, "labels": {"stakater.com/tenant": tenant}}}
    )


def differing(before: Objects, after: Objects) -> list[str]:
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def test_destroying_all_with_purge_leaves_the_cluster_as_it_was(
    another_name: str, tmp_path: Path
) -> None:
    plane = planes.up(another_name)
    admin = Kubectl(locate(["kubectl"])["kubectl"], plane.kubeconfig, tmp_path / "kubectl")
    project = Project(tmp_path, plane.kubeconfig)
    before = settled(everything(admin))
    access = members(owners=["anna@example.org"], editors=["erik@example.org"])
    purge = {"onDeletePurgeNamespaces": True, "sandboxes": {"enabled": True}}
    project.declare(
        quota("small", pods=20),
        tenant(
            "blue",
            *("dev", "prod"),
            quota="small",
            accessControl=access,
            namespaces=purge | {"withoutTenantPrefix": ["shared"]},
            storageClasses={},
        ),
        tenant("red", "dev", quota="small", accessControl=access, namespaces=purge),
    )
    assert project("up").code == 0
    assert admin("create", "-f", "-", stdin=self_made("blue-own", "blue")).code == 0
    assert project("up").code == 0
    web = ("create", "deployment", "web", "--image=none.example.org/web", "--replicas=0")
    for space in ("blue-dev", "blue-own"):  # refused until the API server knows the parameters
        until(lambda space=space: admin("-n", space, *web).code == 0)  # type: ignore[misc]
    assert differing(before, settled(everything(admin))) != []
    answer = project("destroy", "--yes")
    assert answer.code == 0, answer.stderr
    until(lambda: differing(before, settled(everything(admin))) == [], pause=0.5)
    assert list(project.stacks.glob("*")) == []
    again = project("destroy", "--yes")
    assert again.code == 0, again.stderr
    assert again.stdout.startswith("nothing changes, 0 unchanged")


def test_without_purge_the_namespaces_stay_bare_and_no_member_keeps_a_right(
    project: Project, admin: Kubectl, kubectl: KubectlAs
) -> None:
    name = unique("stay")
    users = {role: f"{role}-{name}@example.org" for role in ("owner", "editor", "viewer")}
    access = members(**{f"{role}s": [user] for role, user in users.items()})
    spaces = {"sandboxes": {"enabled": True}, "metadata": {"common": {"labels": {"team": name}}}}
    one = tenant(
        name, "dev", quota=name, accessControl=access, namespaces=spaces, storageClasses={}
    )
    project.declare(quota(name), one)
    assert project("up").code == 0
    own = f"{name}-own"
    assert admin("create", "-f", "-", stdin=self_made(own, name)).code == 0
    assert project("up").code == 0
    assert admin("-n", f"{name}-dev", "create", "configmap", "work").code == 0
    people = [kubectl(user) for user in users.values()]
    until(lambda: all(one("-n", own, "get", "pods").code == 0 for one in people))

    answer = project("destroy", name, "--yes")

    assert answer.code == 0, answer.stderr
    assert everything(admin, "-l", f"stakater.com/tenant={name}") == {}
    spaces_left = admin("get", "namespaces", "-o", "json").json["items"]
    left = {
        one["metadata"]["name"]: one["metadata"]["labels"]
        for one in spaces_left
        if one["metadata"]["name"].startswith(name)
    }
    sandboxes = [f"{name}-{role}-{name}-example-sandbox" for role in ("owner", "editor")]
    assert left.keys() == {own, f"{name}-dev", *sandboxes}
    ours = ("stakater.com/", "mto.stakater.com/", "app.kubernetes.io/managed-by")
    assert not [key for labels in left.values() for key in labels if key.startswith(ours)]
    assert admin("-n", f"{name}-dev", "get", "configmap", "work").code == 0
    for namespace in left:
        for person in people:
            until(lambda n=namespace, p=person: p("-n", n, "get", "pods").code == 1)  # type: ignore[misc]
    assert all(person("get", "storageclasses").code == 1 for person in people)
    bindings = admin("get", "rolebindings,clusterrolebindings", "-A", "-o", "json").stdout
    assert not [user for user in users.values() if user in bindings]


def test_a_stuck_namespace_is_reported_with_what_holds_it_and_delays_no_other_tenant(
    project: Project, admin: Kubectl
) -> None:
    stuck, quick = unique("stuck"), unique("quick")
    spaces = {"onDeletePurgeNamespaces": True}
    project.declare(
        quota(stuck),
        *(tenant(one, "dev", quota=stuck, namespaces=spaces) for one in (stuck, quick)),
    )
    assert project("up").code == 0
    held = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "held", "finalizers": ["example.org/hold"]},
    }
    place = ("-n", f"{stuck}-dev")
    assert admin(*place, "create", "-f", "-", stdin=json.dumps(held)).code == 0
    report = project.data("destroy", stuck, quick, "--yes", "--timeout", "9", code=1)
    assert part(report, quick)["ok"] is True
    assert admin("get", "namespace", f"{quick}-dev").code == 1
    (problem, *_) = part(report, stuck)["problems"]
    assert f"delete Namespace/{stuck}-dev: can't see the end of Namespace {stuck}-dev" in problem
    assert "example.org/hold in 1 resource instances" in problem
    assert report["seconds"] < 15
    assert sorted(one.name for one in project.stacks.glob("dev.*.json")) == [f"dev.{stuck}.json"]

    release = '{"metadata":{"finalizers":null}}'
    admin(*place, "patch", "configmap", "held", "--type=merge", "-p", release)
    assert f"Namespace/{stuck}-dev" in steps(project.data("destroy", stuck, "--yes"))
    assert admin("get", "namespace", f"{stuck}-dev").code == 1
