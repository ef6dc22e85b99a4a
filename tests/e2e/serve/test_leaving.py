"""The end of tenants: decided by whoever deletes them, and leaving nothing behind."""

from __future__ import annotations

import json

from tests.support.mto import Manifest, Project, members, quota, tenant, unique
from tests.support.service import Looks, serving, soon


def create(look: Looks, *manifests: Manifest) -> None:
    for one in manifests:
        answer = look.admin("create", "-f", "-", stdin=json.dumps(one))
        assert answer.code == 0, answer.stderr


def gone(look: Looks, kind: str, name: str) -> bool:
    return look.admin("get", kind, name, "--ignore-not-found").stdout == ""


def test_a_deleted_tenant_leaves_its_namespaces_and_nothing_else(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    space = f"{name}-dev"
    access = members(owners=["ann"])
    with serving(served):
        create(look, quota(name), tenant(name, "dev", quota=name, accessControl=access))
        soon(lambda: look.condition("tenant", name)[0] == "True")
        look.admin("-n", space, "create", "configmap", "theirs")
        assert look.admin("delete", "tenant", name, "--wait=false").code == 0
        soon(lambda: gone(look, "tenant", name))
        assert look.labels(space) == {"kubernetes.io/metadata.name": space}
        for kind in ("rolebinding", "resourcequota", "tenantpolicy"):
            assert look.names(kind, space) == set()
        assert "theirs" in look.names("configmap", space)
        assert look.admin("delete", "quota", name, "--wait=false").code == 0
        soon(lambda: gone(look, "quota", name))
    answer = served("status", "--orphans")
    assert name not in answer.stdout


def test_a_deleted_tenant_that_purges_takes_its_namespaces_along(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    spaces = {"onDeletePurgeNamespaces": True}
    with serving(served):
        create(look, quota(name), tenant(name, "dev", quota=name, namespaces=spaces))
        soon(lambda: look.condition("tenant", name)[0] == "True")
        own = f"{name}-own"
        labels = {"stakater.com/tenant": name}
        create(
            look,
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": own, "labels": labels}},
        )
        soon(lambda: own in look.status("tenant", name)["managedNamespaces"])
        assert look.admin("delete", "tenant", name, "--wait=false").code == 0
        soon(lambda: gone(look, "tenant", name))
        for space in (own, f"{name}-dev"):
            assert gone(look, "namespace", space)
        look.admin("delete", "quota", name, "--wait=false")


def test_a_stuck_namespace_is_told_and_holds_nobody_else_up(served: Project, look: Looks) -> None:
    name, other = unique("blue"), unique("red")
    spaces = {"onDeletePurgeNamespaces": True}
    space = f"{name}-dev"
    with serving(served, "--timeout", "5"):
        create(look, quota(name), tenant(name, "dev", quota=name, namespaces=spaces))
        soon(lambda: look.condition("tenant", name)[0] == "True")
        held = json.dumps({"metadata": {"finalizers": ["example.org/held"]}})
        look.admin("-n", space, "create", "configmap", "stuck")
        look.admin("-n", space, "patch", "configmap", "stuck", "--type=merge", "-p", held)
        assert look.admin("delete", "tenant", name, "--wait=false").code == 0
        served.declare(quota(other), tenant(other, "dev", quota=other))
        soon(lambda: look.condition("tenant", other)[0] == "True")
        soon(lambda: "example.org/held" in look.condition("tenant", name)[2], seconds=180)
        assert look.condition("tenant", name)[:2] == ("False", "Deleting")
        free = json.dumps({"metadata": {"finalizers": None}})
        look.admin("-n", space, "patch", "configmap", "stuck", "--type=merge", "-p", free)
        soon(lambda: gone(look, "tenant", name), seconds=180)
        assert gone(look, "namespace", space)
        look.admin("delete", "quota", name, "--wait=false")


def test_a_quota_in_use_stays_until_its_last_tenant_is_gone(served: Project, look: Looks) -> None:
    name = unique("blue")
    with serving(served):
        create(look, quota(name), tenant(name, "dev", quota=name))
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert look.admin("delete", "quota", name, "--wait=false").code == 0
        soon(lambda: look.condition("quota", name)[1] == "Deleting")
        assert look.condition("quota", name)[2] == (
            f"it goes when no tenant has it any more: {name}"
        )
        assert "mto" in look.names("resourcequota", f"{name}-dev")
        assert look.admin("delete", "tenant", name, "--wait=false").code == 0
        soon(lambda: gone(look, "tenant", name))
        soon(lambda: gone(look, "quota", name))


def test_a_vanished_tenant_goes_by_itself_where_pruning_is_allowed(
    served: Project, look: Looks
) -> None:
    names = [unique("blue") for _ in range(6)]
    budget = names[0]
    served.configure(prune=True)
    served.declare(quota(budget), *(tenant(one, "dev", quota=budget) for one in names))
    with serving(served) as service:
        soon(lambda: all(look.condition("tenant", one)[0] == "True" for one in names))
        served.declare(quota(budget), *(tenant(one, "dev", quota=budget) for one in names[:4]))
        soon(lambda: look.condition("tenant", names[5])[1] == "Vanished")
        service.quiet()
        assert not gone(look, "tenant", names[5]), "two of six are more than a fifth"
        served.declare(quota(budget), *(tenant(one, "dev", quota=budget) for one in names[:5]))
        soon(lambda: gone(look, "tenant", names[5]))
        assert not gone(look, "tenant", names[4])
