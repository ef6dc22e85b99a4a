"""A tenant's budget over many namespaces: never handed out twice, and fully usable."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.cluster.ref import Ref
from mto.errors import ClusterError
from mto.local.cluster import Cluster as ControlPlane
from mto.spec.quantity import parse
from tests.support.mto import Project, quota, tenant, unique
from tests.support.objects import POD, manifest, namespace
from tests.support.service import Looks, serving, soon

BUDGET = 40
SECONDS = 20


@dataclass(frozen=True)
class Blue:
    """A tenant with a budget of pods, whose quotas are looked at."""

    look: Looks
    name: str

    def hard(self) -> dict[str, int]:
        answer = self.look.admin(
            "get", "resourcequota", "-A", "-l", f"stakater.com/tenant={self.name}", "-o", "json"
        )
        return {
            one["metadata"]["namespace"].removeprefix(f"{self.name}-"): int(
                one["status"]["hard"]["pods"]
            )
            for one in answer.json["items"]
            if one.get("status", {}).get("hard") == one["spec"]["hard"]
        }

    def create(self, space: str, name: str) -> int:
        one = manifest("v1", "Pod", f"{self.name}-{space}", name=name, spec=POD)
        return self.look.admin("create", "-f", "-", stdin=json.dumps(one)).code


@pytest.fixture
def blue(served: Project, look: Looks) -> Iterator[Blue]:
    name = unique("blue")
    served.declare(quota(name, pods=10), tenant(name, "dev", "qa", quota=name))
    with serving(served) as service:
        one = Blue(look, name)
        soon(lambda: one.hard() == {"dev": 5, "qa": 5})
        service.quiet()
        yield one


def test_slack_goes_to_the_namespace_that_comes_near_its_limit(blue: Blue) -> None:
    for number in range(5):
        assert blue.create("dev", f"pod-{number}") == 0
    soon(lambda: blue.hard() == {"dev": 6, "qa": 4})
    assert blue.create("dev", "pod-6") == 0
    soon(lambda: blue.hard()["dev"] == 7)


def test_workloads_that_were_refused_get_whatever_others_do_not_use(blue: Blue) -> None:
    space = f"{blue.name}-dev"
    answer = blue.look.admin(
        "-n", space, "create", "deployment", "web", "--image=none", "--replicas=10"
    )
    assert answer.code == 0, answer.stderr
    soon(lambda: blue.hard() == {"dev": 10, "qa": 0})
    soon(lambda: len(blue.look.names("pods", space)) == 10)


def test_a_bare_object_is_asked_for_by_an_annotation(blue: Blue) -> None:
    space = f"{blue.name}-dev"
    blue.look.admin("annotate", "namespace", space, "mto.stakater.com/request-quota=pods=8")
    soon(lambda: blue.hard() == {"dev": 8, "qa": 2})
    for number in range(8):
        assert blue.create("dev", f"pod-{number}") == 0


def amount(live: dict[str, Any], *path: str) -> int:
    for key in path:
        live = live.get(key) or {}
    return int(parse(live.get("pods", "0")))


async def there(cluster: Cluster) -> dict[str, str]:
    """UIDs of namespaces that are not going."""
    spaces = await cluster.list("v1", "Namespace", metadata_only=True)
    return {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in spaces
        if "deletionTimestamp" not in one["metadata"]
    }


@dataclass
class Samples:
    """The sum of what namespaces hold, again and again; each listing is of one moment.

    In a namespace that is going nothing can be created any more: it holds what it uses. So a
    namespace counts in full that was there before and after its quota was looked at.
    """

    tenant: str
    worst: tuple[int, dict[str, tuple[int, int, int]]] = (0, {})
    count: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, cluster: Cluster) -> None:
        label = f"stakater.com/tenant={self.tenant}"
        while not self.stop.is_set():
            before = await there(cluster)
            live = await cluster.list("v1", "ResourceQuota", label_selector=label)
            lasting = dict((await there(cluster)).items() & before.items())
            seen = {
                one["metadata"]["namespace"]: (
                    amount(one, "spec", "hard"),
                    amount(one, "status", "hard"),
                    amount(one, "status", "used"),
                )
                for one in live
            }
            held = sum(
                max(spec, status) if name in lasting else used
                for name, (spec, status, used) in seen.items()
            )
            self.worst, self.count = (
                max(self.worst, (held, seen), key=lambda it: it[0]),
                self.count + 1,
            )
            await asyncio.sleep(0.01)


async def churn(cluster: Cluster, name: str, seed: int) -> None:
    """Make and delete pods and namespaces at random, as fast as it goes."""
    chance = random.Random(seed)  # noqa: S311 - a load that can be repeated
    ends = asyncio.get_running_loop().time() + SECONDS
    while asyncio.get_running_loop().time() < ends:
        space = f"{name}-{chance.choice(['dev', 'qa', f'own{seed}'])}"
        move = chance.random()
        try:
            if move < 0.6:
                pod = manifest("v1", "Pod", space, name=f"p{seed}-{chance.randrange(20)}", spec=POD)
                await cluster.apply(pod, manager="test")
            elif move < 0.85:
                ref = Ref("v1", "Pod", f"p{seed}-{chance.randrange(20)}", space)
                await cluster.delete(ref)
            elif move < 0.95:
                labels = {"stakater.com/tenant": name}
                await cluster.apply(namespace(f"{name}-own{seed}", **labels), manager="test")
            else:
                await cluster.delete(Ref("v1", "Namespace", f"{name}-own{seed}"))
        except ClusterError:
            await asyncio.sleep(0.05)  # refused by the quota, terminating, not there


def test_under_load_the_budget_is_never_handed_out_twice(
    served: Project, spare: ControlPlane, look: Looks
) -> None:
    name = unique("blue")
    served.declare(quota(name, pods=BUDGET), tenant(name, "dev", "qa", quota=name))

    async def load_it() -> Samples:
        samples = Samples(name)
        async with Cluster(load(spare.kubeconfig, None, current=True)) as cluster:
            sampling = asyncio.create_task(samples.take(cluster))
            work = [asyncio.create_task(churn(cluster, name, seed)) for seed in range(8)]
            await asyncio.gather(*work)
            samples.stop.set()
            await sampling
        return samples

    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        samples = asyncio.run(load_it())
        assert samples.count > 20
        assert samples.worst[0] <= BUDGET, samples.worst
        service.quiet()
