"""What real members are given under the service, and what is taken from them again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.errors import Forbidden
from mto.cluster.kubeconfig import load
from mto.local.cluster import Cluster as ControlPlane
from tests.e2e.serve.conftest import As
from tests.support.kubectl import Kubectl
from tests.support.mto import Manifest, Project, members, quota, tenant, unique
from tests.support.objects import POD, manifest, namespace
from tests.support.service import Looks, serving, soon

SPACES = ("dev", "qa", "prod")
BUDGET = 10
CREATORS = 100


@dataclass
class Blue:
    """A tenant of Ann, who owns it, and Joe, who edits."""

    project: Project
    look: Looks
    plane: ControlPlane
    name: str
    ann: Kubectl
    joe: Kubectl

    @property
    def spaces(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{one}" for one in SPACES)

    def declare(self, *editors: str) -> None:
        spaces = {"metadata": {"common": {"labels": {"cost": self.name}}}}
        access = members(owners=[f"ann-{self.name}"], editors=editors)
        self.project.declare(
            quota(self.name, pods=BUDGET),
            tenant(self.name, *SPACES, quota=self.name, accessControl=access, namespaces=spaces),
        )

    def apply(self, *manifests: Manifest) -> None:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        answer = self.look.admin("apply", "-f", "-", stdin=text)
        assert answer.code == 0, answer.stderr


@pytest.fixture
def blue(served: Project, look: Looks, spare: ControlPlane, as_user: As) -> Iterator[Blue]:
    name = unique("blue")
    ann, joe = as_user(f"ann-{name}"), as_user(f"joe-{name}")
    one = Blue(served, look, spare, name, ann, joe)
    one.declare(f"joe-{name}")
    with serving(served):
        soon(lambda: all(may(joe, "create", "pods", space) for space in one.spaces))
        yield one


def may(person: Kubectl, verb: str, what: str, space: str) -> bool:
    return person("auth", "can-i", verb, what, "-n", space).code == 0


def test_members_are_given_what_is_declared_and_no_more(blue: Blue) -> None:
    budget_is_one_over_all_namespaces(blue)
    own_namespace_is_provisioned(blue)
    who_is_taken_out_loses_every_namespace(blue)
    namespace_of_another_tenant_can_t_be_had(blue)


def budget_is_one_over_all_namespaces(blue: Blue) -> None:
    """A hundred creations at once, by Ann, over three namespaces."""
    soon(lambda: may(blue.ann, "create", "pods", blue.spaces[0]))
    most, made = asyncio.run(crowd(blue))
    assert 0 < made <= most <= BUDGET


async def crowd(blue: Blue) -> tuple[int, int]:
    """The most pods that there ever were, and how many creations succeeded."""
    admin, ann = (
        load(path, None, current=True) for path in (blue.plane.kubeconfig, blue.ann.kubeconfig)
    )
    async with Cluster(admin) as watcher, Cluster(ann, limit=CREATORS) as creator:

        async def create(number: int) -> str:
            space = blue.spaces[number % len(SPACES)]
            pod: dict[str, Any] = manifest("v1", "Pod", space, name=f"pod-{number}", spec=POD)
            try:
                await creator.apply(pod, manager="ann", create_only=True)
            except Forbidden as error:
                return error.problem
            return ""

        async def count() -> int:
            pods = await watcher.list("v1", "Pod", metadata_only=True)
            return sum(one["metadata"]["namespace"] in blue.spaces for one in pods)

        creating = asyncio.gather(*(create(number) for number in range(CREATORS)))
        most = 0
        while not creating.done():
            most = max(most, await count())
            await asyncio.sleep(0.02)
        refusals = [one for one in await creating if one]
        assert all("exceeded quota: mto" in one for one in refusals), refusals
        return max(most, await count()), CREATORS - len(refusals)


def own_namespace_is_provisioned(blue: Blue) -> None:
    """Ann makes one, by the right that she has as an owner."""
    own, tenants = f"{blue.name}-own", {"stakater.com/tenant": blue.name}
    made = json.dumps(namespace(own, **tenants))
    soon(lambda: blue.ann("create", "-f", "-", stdin=made).code == 0)
    soon(lambda: may(blue.ann, "create", "deployments", own))
    soon(lambda: may(blue.joe, "create", "deployments", own))
    soon(lambda: blue.look.labels(own).get("cost") == blue.name)
    assert blue.look.names("resourcequota", own) == {"mto"}


def who_is_taken_out_loses_every_namespace(blue: Blue) -> None:
    blue.declare()
    spaces = (*blue.spaces, f"{blue.name}-own")
    soon(lambda: not any(may(blue.joe, "get", "pods", space) for space in spaces))
    bindings = blue.look.admin("get", "rolebindings,clusterrolebindings", "-A", "-o", "json")
    assert f"joe-{blue.name}" not in bindings.stdout
    assert may(blue.ann, "create", "pods", blue.spaces[0])


def namespace_of_another_tenant_can_t_be_had(blue: Blue) -> None:
    """Declared in the cluster, by a tenant of Joe's."""
    other, taken = unique("red"), blue.spaces[0]
    spaces = {"withoutTenantPrefix": [taken]}
    access = members(owners=[f"joe-{blue.name}"])
    blue.apply(tenant(other, quota=blue.name, accessControl=access, namespaces=spaces))
    soon(lambda: blue.look.condition("tenant", other, "Valid")[0] == "False")
    message = blue.look.condition("tenant", other, "Valid")[2]
    assert f"namespace {taken!r} is taken by tenant {blue.name!r}" in message
    assert blue.look.labels(taken)["stakater.com/tenant"] == blue.name
    assert not may(blue.joe, "get", "pods", taken)
    assert blue.look.condition("tenant", blue.name)[0] == "True"
    blue.look.admin("delete", "tenant", other, "--wait=false")
