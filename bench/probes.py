"""What a person waits for while the service runs: each probe does one thing and sees it come true.

Times run from before the file is replaced, or the request sent, until a watch on the very object
shows what was wanted; so they hold the way through the file system, the service and the API server.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import world
from world import Size

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.client import Cluster
from mto.cluster.errors import Call, RequestFailed
from mto.cluster.ref import Ref
from mto.cluster.transport import Request
from mto.cluster.watch import Verb as Happened
from mto.cluster.watch import watch
from mto.serve.demand import REQUEST
from mto.spec.labels import TENANT_LABEL
from mto.spec.quantity import parse

WITHIN = 60.0
PODS = 3000
"""Of the 4,000 that a tenant may have: more than any even share of them."""
RBAC = "rbac.authorization.k8s.io/v1"
CONTAINER = {"name": "one", "image": "registry.example.org/one"}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "probe"},
    "spec": {"containers": [CONTAINER]},
}

Object = dict[str, Any]


@dataclass(frozen=True)
class Awaited:
    """An object, and what it must look like."""

    ref: Ref
    wanted: Callable[[Object], bool]


@dataclass
class Probes:
    """``cluster`` is the administrator's, ``owner`` that of an owner of all tenants."""

    cluster: Cluster
    owner: Cluster
    manifests: Path
    size: Size
    prefix: str
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311

    async def repeated(self, probe: Callable[[], Awaitable[float]], count: int) -> list[float]:
        """At any moment of the service's own rhythm; the first one only warms up."""
        found = []
        for turn in range(count + 1):
            found.append(await probe())
            await asyncio.sleep(0.2 + (turn % 7) * 0.03)
        return found[1:]

    async def edit(self) -> float:
        """A file saved with another label for a namespace, until the namespace bears it."""
        name, stage = self._tenant(), f"s{time.time_ns()}"

        def labelled(live: Object) -> bool:
            return live["metadata"]["labels"].get("stage") == stage

        async def act() -> None:
            self.save(name, stage)

        return await self._seconds(act, Awaited(Ref("v1", "Namespace", f"{name}-n000"), labelled))

    async def member(self) -> float:
        """A viewer added to a file, until the RoleBindings of all namespaces name them."""
        name, person = self._tenant(), f"p{time.time_ns()}@example.org"

        def named(live: Object) -> bool:
            return person in {one["name"] for one in live["subjects"]}

        async def act() -> None:
            self.save(name, person=person)

        spaces = (f"{name}-n{index:03}" for index in range(self.size.namespaces))
        refs = (Ref(RBAC, "RoleBinding", "mto-viewer-view", space) for space in spaces)
        return await self._seconds(act, *(Awaited(ref, named) for ref in refs))

    async def deleted(self) -> float:
        """A RoleBinding deleted, until there is one again."""
        ref = Ref(RBAC, "RoleBinding", "mto-editor-edit", self._space())
        uid = (await self.cluster.get(ref))["metadata"]["uid"]

        async def act() -> None:
            await self.cluster.delete(ref)

        return await self._seconds(act, Awaited(ref, lambda live: live["metadata"]["uid"] != uid))

    async def changed(self) -> float:
        """A LimitRange edited, until it is as it was."""
        ref = Ref("v1", "LimitRange", "mto", self._space())
        spec = (await self.cluster.get(ref))["spec"]
        wrong = {"spec": {"limits": [{"type": "Container", "default": {"cpu": "7"}}]}}
        seen = False

        async def act() -> None:
            await self.cluster.patch(ref, wrong, manager="somebody")

        def restored(live: Object) -> bool:
            nonlocal seen
            seen = seen or live["spec"] != spec
            return seen and live["spec"] == spec

        return await self._seconds(act, Awaited(ref, restored))

    async def namespace(self) -> float:
        """An owner makes a namespace and tries to run a pod in it until it would be taken."""
        name = self._tenant()
        space = f"{name}-{time.time_ns():x}"
        metadata = {"name": space, "labels": {TENANT_LABEL: name}}
        began = time.perf_counter()
        await post(self.owner, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        while refusal := await self._refused(space):
            if time.perf_counter() - began > WITHIN:
                raise SystemExit(f"no pod in {space} within {WITHIN} s: {refusal}")
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        await self.cluster.delete(Ref("v1", "Namespace", space))
        return took

    async def demand(self) -> float:
        """A namespace asks for most of the budget, until its quota has it; then for nothing."""

        def granted(live: Object) -> bool:
            return parse(live.get("status", {}).get("hard", {}).get("pods", "0")) >= PODS

        space = self._space()
        while granted(await self.cluster.get(Ref("v1", "ResourceQuota", "mto", space))):
            space = self._space()  # it got that much in an earlier run
        target = Ref("v1", "Namespace", space)

        async def ask(amount: str | None) -> None:
            asked = {"metadata": {"annotations": {REQUEST: amount}}}
            await self.cluster.patch(target, asked, manager="somebody")

        quota = Awaited(Ref("v1", "ResourceQuota", "mto", space), granted)
        took = await self._seconds(lambda: ask(f"pods={PODS}"), quota)
        await ask(None)
        return took

    def save(self, name: str, stage: str = "", person: str = "") -> None:
        """The tenant's file as an editor would: written aside, then put in its place."""
        names = ", ".join(f"n{index:03}" for index in range(self.size.namespaces))
        text = world.TENANT.format(name=name, namespaces=names)
        if person:
            text = text.replace("groups: [auditors]", f"groups: [auditors], users: ['{person}']")
        if stage:
            text += world.EDIT.format(name=name).replace("production", stage)
        aside = self.manifests / f".{name}.new"
        aside.write_text(text)
        aside.replace(self.manifests / f"{name}.yaml")

    async def _seconds(self, act: Callable[[], Awaitable[None]], *awaited: Awaited) -> float:
        """From before ``act`` until all that is awaited is so."""
        looking = [asyncio.Event() for _ in awaited]
        async with asyncio.timeout(WITHIN), asyncio.TaskGroup() as group:
            pairs = zip(awaited, looking, strict=True)
            tasks = [group.create_task(shown(self.cluster, *pair)) for pair in pairs]
            await asyncio.gather(*(event.wait() for event in looking))
            began = time.perf_counter()
            await act()
        return max(task.result() for task in tasks) - began

    def _tenant(self) -> str:
        return world.tenant_name(self.prefix, self.chance.randrange(self.size.tenants))

    def _space(self) -> str:
        return f"{self._tenant()}-n{self.chance.randrange(self.size.namespaces):03}"

    async def _refused(self, space: str) -> RequestFailed | None:
        asked = Attempt(Verb.CREATE, Ref("v1", "Pod", "probe", space), POD)
        return (await self.owner.attempt(asked)).error


async def shown(cluster: Cluster, one: Awaited, looking: asyncio.Event) -> float:
    """The moment at which a watch shows it; ``looking`` is set when the watch has begun."""
    ref = one.ref
    place = f",metadata.namespace={ref.namespace}" if ref.namespace else ""
    selector = f"metadata.name={ref.name}{place}"
    async for event in watch(cluster, (ref.api_version, ref.kind), field_selector=selector):
        if event.verb is Happened.GOING:
            looking.set()
        elif event.verb is Happened.SET and looking.is_set() and one.wanted(event.object):
            return time.perf_counter()
    raise AssertionError("a watch never ends by itself")


async def post(cluster: Cluster, manifest: Object) -> None:
    """As ``kubectl create`` does."""
    ref = Ref.of(manifest)
    served = await cluster.served(ref.api_version, ref.kind)
    path, body = served.collection(ref.namespace), json.dumps(manifest).encode()
    await cluster.transport.send(Request(Call("create", ref), "POST", path, body, repeatable=False))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many of them do not exceed; nearest rank."""
    ranked = sorted(values)
    return ranked[max(0, round(share * len(ranked)) - 1)]
