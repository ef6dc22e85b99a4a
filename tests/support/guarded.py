"""A cluster of its own with all policies on, and people in and around its tenants.

``a`` and ``a-b`` have similar names on purpose. ``shut`` has a closed list of names, a forced
prefix and a limit. Mallory owns ``a`` and has, by an administrator's mistake, every right to every
namespace object there is: what holds against her holds by admission alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mto.local.cluster import Cluster as ControlPlane
from mto.local.user import kubeconfig_for
from tests.support.caller import Caller, Manifest, Said
from tests.support.mto import Project, quota, tenant, until

TENANT = "stakater.com/tenant"
NAMESPACES = "/api/v1/namespaces"
NUMBERS = itertools.count(1)
RBAC = "/apis/rbac.authorization.k8s.io/v1"

CONFIG: dict[str, Any] = {
    "apiVersion": "tenantoperator.stakater.com/v1beta1",
    "kind": "IntegrationConfig",
    "metadata": {"name": "tenant-operator-config", "namespace": "multi-tenant-operator"},
    "spec": {
        "accessControl": {
            "privileged": {
                "namespaces": ["^monitoring-"],
                "users": ["^petra$", "^denise$"],
                "groups": ["platform-team"],
                "serviceAccounts": ["^system:serviceaccount:robots:robot$"],
            },
            "namespaceAccessPolicy": {"deny": {"privilegedNamespaces": {"users": ["denise"]}}},
            "rbac": {
                "tenantRoles": {
                    "custom": [
                        {
                            "labelSelector": {"matchLabels": {"stage": "play"}},
                            "editor": {"clusterRoles": ["admin"]},
                        }
                    ]
                }
            },
        },
        "tenantPolicies": {
            "network": {
                "disableIntraTenantNetworking": True,
                "allowedBlocks": ["203.0.113.0/24"],
            }
        },
    },
}

WIDE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "all-namespaces"},
    "rules": [
        {
            "apiGroups": [""],
            "resources": ["namespaces", "namespaces/status", "namespaces/finalize"],
            "verbs": ["*"],
        },
        {
            "apiGroups": ["tenantoperator.stakater.com", "mto.stakater.com"],
            "resources": [
                "tenants",
                "tenants/status",
                "quotas",
                "quotas/status",
                "extensions",
                "integrationconfigs",
                "tenantpolicies",
            ],
            "verbs": ["get", "list", "create", "update", "patch", "delete", "deletecollection"],
        },
    ],
}


@dataclass
class Guarded:
    """``person("ann")`` speaks with Ann's own certificate, ``admin`` as system:masters."""

    plane: ControlPlane
    project: Project
    folder: Path
    people: dict[tuple[str, tuple[str, ...]], Caller] = field(default_factory=dict)

    @property
    def admin(self) -> Caller:
        return self.people.setdefault(("", ()), Caller(self.plane.kubeconfig))

    def person(self, name: str, *groups: str) -> Caller:
        if (name, groups) not in self.people:
            path = self.folder / f"{len(self.people)}.kubeconfig"
            path.write_text(kubeconfig_for(self.plane.name, name, groups))
            self.people[name, groups] = Caller(path)
        return self.people[name, groups]

    def as_user(self, name: str) -> Caller:
        """The administrator's connection, impersonating: for service accounts."""
        return Caller(self.plane.kubeconfig, impersonate=name)

    def up(self, *arguments: str) -> None:
        answer = self.project("up", *arguments)
        assert answer.code == 0, answer.stdout[-2000:] + answer.stderr

    def own(self, tenant: str = "a", who: str = "ann") -> str:
        """A namespace that an owner has made."""
        name = fresh(tenant)
        made = self.person(who).create(NAMESPACES, namespace(name, tenant=tenant))
        assert made.ok, made.body
        return name

    def space(self, name: str) -> Said:
        """A namespace of nobody, by the administrator."""
        return self.admin.create(NAMESPACES, namespace(name))


def fresh(prefix: str = "a") -> str:
    """A name for a namespace that no other test uses."""
    return f"{prefix}-own{next(NUMBERS)}"


def refused(said: Said, policy: str, message: str = "") -> None:
    """By this policy of ours, with this very sentence."""
    assert (said.status, said.policy) == (403, f"mto-{policy}"), said.body
    if message:
        assert said.message == message


def namespace(name: str, **metadata: Any) -> dict[str, Any]:
    """``tenant="a"`` is its label; other words are fields of the metadata."""
    tenant = metadata.pop("tenant", None)
    labels = {**metadata.pop("labels", {}), **({TENANT: tenant} if tenant is not None else {})}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels, **metadata},
    }


def bound(role: str, kind: str, name: str) -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"{role}-{name.replace(':', '.')}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}],
    }


def declarations() -> list[dict[str, Any]]:
    people = {
        "owners": {"users": ["ann", "mallory"], "groups": ["a-owners"]},
        "editors": {"users": ["eve"]},
        "viewers": {"users": ["vic"]},
    }
    return [
        CONFIG,
        quota("small", pods=20),
        tenant("a", "dev", "prod", quota="small", accessControl=people),
        tenant("a-b", "dev", quota="small", accessControl={"owners": {"users": ["bob"]}}),
        tenant(
            "shut",
            "dev",
            quota="small",
            accessControl={"owners": {"users": ["sue"]}},
            namespaces={
                "requirePrefix": True,
                "allowedNames": ["shut-one", "shut-two"],
                "limit": 3,
            },
        ),
    ]


def guarded(plane: ControlPlane, folder: Path) -> Guarded:
    """Set up, and wait until the API server acts on every policy."""
    made = Guarded(plane, Project(folder / "project", plane.kubeconfig), folder)
    made.project.declare(*declarations())
    made.admin.create(f"{RBAC}/clusterroles", WIDE)
    people: Sequence[tuple[str, str]] = (
        ("User", "mallory"),
        ("User", "petra"),
        ("User", "denise"),
        ("Group", "platform-team"),
    )
    for kind, name in people:
        made.admin.create(f"{RBAC}/clusterrolebindings", bound("all-namespaces", kind, name))
    made.up()
    # The API server takes new policies up once a second; those for workloads are ours' last.
    made.admin.create(NAMESPACES, namespace("a-unprovisioned", tenant="a"))
    service = {"metadata": {"name": "probe"}, "spec": {"ports": [{"port": 80}]}}
    probe = f"{NAMESPACES}/a-unprovisioned/services"
    until(lambda: "no params found" in made.admin.create(probe, service, dry_run=True).message)
    assert made.admin.delete(f"{NAMESPACES}/a-unprovisioned").ok
    return made
