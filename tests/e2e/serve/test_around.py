"""What others make and tenants depend on: who is concerned is looked at at once, nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.serve.conftest import As
from tests.support.mto import GROUP, Project, quota, tenant, unique
from tests.support.service import Looks, Service, serving, soon

DEFINITION = Path(__file__).parents[2] / "fixtures" / "appprojects.yaml"
CONFIG = {
    "apiVersion": f"{GROUP}/v1beta1",
    "kind": "IntegrationConfig",
    "metadata": {"name": "tenant-operator-config"},
    "spec": {
        "accessControl": {
            "rbac": {
                "tenantRoles": {
                    "custom": [
                        {
                            "labelSelector": {"matchLabels": {"tier": "gold"}},
                            "editor": {"clusterRoles": ["gold-editor"]},
                        }
                    ]
                }
            }
        },
        "integrations": {"argocd": {"namespace": "argocd"}},
    },
}
GOLD = {"metadata": {"common": {"labels": {"tier": "gold"}}}}


@dataclass
class World:
    """``gold`` depends on a cluster role, Argo CD and all storage classes; ``plain`` on nothing."""

    look: Looks
    service: Service
    gold: str
    plain: str

    def make(self, manifest: dict[str, Any]) -> None:
        answer = self.look.admin("create", "-f", "-", stdin=json.dumps(manifest))
        assert answer.code == 0, answer.stderr

    def available(self) -> set[str]:
        status = self.look.status("tenant", self.gold)
        return {one["name"] for one in status["storageClasses"]["available"]}


@pytest.fixture
def world(served: Project, look: Looks) -> Iterator[World]:
    gold, plain = unique("gold"), unique("plain")
    extensions = {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "Extensions",
        "metadata": {"name": gold},
        "spec": {"tenantName": gold, "argoCD": {}},
    }
    access = {"owners": {"users": ["anna"]}, "editors": {"users": ["ben"]}}
    served.declare(
        CONFIG,
        quota(gold, pods=10),
        tenant(gold, "dev", quota=gold, accessControl=access, namespaces=GOLD, storageClasses={}),
        tenant(plain, "dev", quota=gold, accessControl=access),
        extensions,
    )
    with serving(served) as service:
        soon(lambda: look.condition("tenant", gold)[1] == "Warnings")
        soon(lambda: look.condition("tenant", plain)[1] == "UpToDate")
        yield World(look, service, gold, plain)


def test_whoever_depends_on_what_others_make_follows_it_at_once(world: World, as_user: As) -> None:
    look, gold = world.look, world.gold
    _, _, message = look.condition("tenant", gold)
    assert "cluster role 'gold-editor' does not exist" in message
    assert "asks for an AppProject" in message
    ben = as_user("ben")

    def may() -> bool:
        return ben("auth", "can-i", "list", "pods", "-n", f"{gold}-dev").code == 0

    assert not may()

    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    world.make({**role, "metadata": {"name": "gold-editor"}, "rules": [pods]})
    soon(lambda: "gold-editor" not in look.condition("tenant", gold)[2])
    soon(may)

    look.admin("create", "namespace", "argocd")
    soon(lambda: "no such kind" in look.condition("tenant", gold)[2])
    assert look.admin("create", "-f", str(DEFINITION)).code == 0
    soon(lambda: look.condition("tenant", gold)[1] == "UpToDate")
    soon(lambda: gold in look.names("appprojects", "argocd"))

    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "none"}
    before = world.available()
    world.make({**storage, "metadata": {"name": "fast"}})
    soon(lambda: world.available() == before | {"fast"})
    look.admin("delete", "storageclass", "fast")
    soon(lambda: world.available() == before)

    look.admin("delete", "clusterrole", "gold-editor")
    soon(lambda: "gold-editor" in look.condition("tenant", gold)[2])
    assert look.condition("tenant", world.plain)[1] == "UpToDate"
    begun = world.service.said("serving")[0]
    later = list(world.service.lines)[list(world.service.lines).index(begun) :]
    touched = [one["stack"] for one in later if "stack" in one]
    assert touched.count(world.plain) <= 1  # its first turn
