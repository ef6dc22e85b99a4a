"""A tenant's people at work, all at once; and the same on one plain ResourceQuota.

What a client does for the tenant it does in the namespace ``plain`` as well, the same moment: pods
and secrets made and deleted at random, Deployments scaled. Besides, namespaces are made, deleted
and asked for more by annotation, and the budget is edited.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.errors import Call
from mto.cluster.kubeconfig import load as connection_of
from mto.cluster.ref import Ref
from mto.cluster.transport import JSON, Request
from mto.errors import ClusterError
from mto.local.cluster import Cluster as ControlPlane
from mto.local.user import kubeconfig_for
from tests.support.budget import KINDS, Findings, judged
from tests.support.history import History
from tests.support.mto import Project, members, quota, tenant
from tests.support.objects import RBAC, manifest, namespace
from tests.support.service import serving

KEYS: Final = ("pods", "requests.cpu", "count/secrets")
BUDGET: Final = 40
EDITS: Final = (20, 30, 40, 60)
TENANT: Final = "blue"
PLAIN: Final = "plain"
OWNER: Final = "anna@example.org"
DECLARED: Final = ("dev", "qa", "prod")
REQUEST: Final = "mto.stakater.com/request-quota"
POD: Final = {
    "containers": [{"name": "main", "image": "none", "resources": {"requests": {"cpu": "500m"}}}]
}
PATIENCE: Final = 120.0

Move = Callable[[], Awaitable[None]]


def budget(pods: int) -> dict[str, Any]:
    return quota(TENANT, **{"pods": pods, "requests.cpu": pods // 2, "count/secrets": pods})


@dataclass
class Load:
    """``done`` counts requests by outcome.

    At rest: ``filled`` are the seconds until one Deployment has used the whole budget, ``granted``
    those until bare pods elsewhere, asked for by annotation, have a quarter that it gave back.
    """

    seconds: float
    clients: int
    seed: int
    makers: int = 8
    edits: bool = True
    over: bool = False
    done: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)
    filled: float = float("inf")
    granted: float = float("inf")

    @property
    def roles(self) -> list[str]:
        every = max(10, self.clients) // 10
        roles = ["make"] * min(self.makers, every * 2) + ["scale"] * every + ["ask"] * (every // 2)
        roles += ["edit"] * (max(1, every // 5) if self.edits else 0)
        return roles + ["churn"] * (self.clients - len(roles))

    async def run(self, owner: Cluster, admin: Cluster) -> None:
        """Until the time is up, or ``over`` says so."""
        ends = asyncio.get_running_loop().time() + self.seconds
        people = [
            (Person(self, random.Random(f"{self.seed}-{number}"), number, owner, admin), role)  # noqa: S311
            for number, role in enumerate(self.roles)
        ]
        async with asyncio.TaskGroup() as group:
            for one, role in people:
                group.create_task(one.work(role, ends))

    def space(self, chance: random.Random) -> str:
        own = [f"own{number}" for number in range(self.makers)]
        return f"{TENANT}-{chance.choice([*DECLARED, *DECLARED, *own])}"


@dataclass
class Person:
    load: Load
    chance: random.Random
    number: int
    owner: Cluster
    admin: Cluster

    async def work(self, role: str, ends: float) -> None:
        move: Move = getattr(self, role)
        while asyncio.get_running_loop().time() < ends and not self.load.over:
            await move()

    async def churn(self) -> None:
        kind = "Pod" if self.chance.random() < 0.8 else "Secret"
        name = f"{kind.lower()}-{self.number}-{self.chance.randrange(4)}"
        space = self.load.space(self.chance)
        if self.chance.random() < 0.6:
            more: Mapping[str, Any] = {"spec": POD} if kind == "Pod" else {}
            both = [
                self._make(manifest("v1", kind, where, name=name, **more))
                for where in (space, PLAIN)
            ]
        else:
            both = [self._delete(Ref("v1", kind, name, where)) for where in (space, PLAIN)]
        await asyncio.gather(*both)

    async def make(self) -> None:
        """A namespace of one's own, for a while."""
        name = f"{TENANT}-own{self.number % self.load.makers}"
        body = orjson.dumps(namespace(name, **{"stakater.com/tenant": TENANT}))
        made = Request(Call("create", name), "POST", "/api/v1/namespaces", body, JSON)
        await self._try("namespace", self.owner.transport.send(made))  # may create, not patch
        await asyncio.sleep(self.chance.uniform(1, 12))
        await self._try("namespace gone", self.owner.delete(Ref("v1", "Namespace", name)))
        await asyncio.sleep(self.chance.uniform(0, 3))

    async def scale(self) -> None:
        space, count = self.load.space(self.chance), self.chance.choice([0, 2, 5, 12])
        for where in (space, PLAIN):
            await self._try("deployment", self.owner.apply(deployment(where, count)))
        await asyncio.sleep(self.chance.uniform(0.5, 6))

    async def ask(self) -> None:
        """For room for bare pods, and no longer than they need it."""
        ref = Ref("v1", "Namespace", self.load.space(self.chance))
        for text in (f"pods={self.chance.randint(1, 6)}", None):
            patch = {"metadata": {"annotations": {REQUEST: text}}}
            await self._try("annotation", self.owner.patch(ref, patch))
            await asyncio.sleep(self.chance.uniform(1, 4))

    async def edit(self) -> None:
        await asyncio.sleep(self.chance.uniform(20, 40))
        pods = self.chance.choice(EDITS)
        for one in (budget(pods), plain(pods)):
            await self._try("quota", self.admin.apply(one, manager="test"))

    async def _make(self, one: dict[str, Any]) -> None:
        await self._try(f"{one['kind']} made", self.owner.apply(one, create_only=True))

    async def _delete(self, ref: Ref) -> None:
        await self._try(f"{ref.kind} deleted", self.owner.delete(ref))

    async def _try(self, what: str, request: Awaitable[object]) -> None:
        """Refused by the quota, terminating, there already, not there: all of it is life."""
        try:
            await request
        except ClusterError as error:
            self.load.done[f"{what}: {type(error).__name__}"] += 1
            self.load.said[f"{what}: {type(error).__name__}"] = str(error)
            await asyncio.sleep(0.05)
        else:
            self.load.done[what] += 1


def deployment(space: str, replicas: int, name: str = "web") -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": POD}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return manifest("apps/v1", "Deployment", space, name=name, spec=spec)


def plain(pods: int) -> dict[str, Any]:
    hard = budget(pods)["spec"]["resourcequota"]["hard"]
    return manifest("v1", "ResourceQuota", PLAIN, name="plain", spec={"hard": hard})


def run(load: Load, plane: ControlPlane, folder: Path) -> Findings:
    """The service, the load, and what the history says of it; at the end all of it is used."""
    project = Project(folder, plane.kubeconfig)
    people = folder / "anna.kubeconfig"
    people.write_text(kubeconfig_for(plane.name, OWNER))
    with serving(project) as service:
        history = asyncio.run(
            _loaded(
                load,
                *(connection_of(one, None, current=True) for one in (plane.kubeconfig, people)),
            )
        )
        service.quiet()
    return judged(history, tenant=TENANT, plain=PLAIN, keys=KEYS)


async def _loaded(load: Load, admins: Connection, owners: Connection) -> History:
    async with (
        Cluster(admins) as admin,
        Cluster(admins) as watcher,
        Cluster(owners, limit=load.clients * 2) as owner,
    ):
        history = History(watcher, KINDS)
        async with history.kept():
            await _begin(admin)
            await load.run(owner, admin)
            with suppress(TimeoutError):
                load.filled = await _filled(admin)
                load.granted = await _granted(admin)
        return history


async def _begin(admin: Cluster) -> None:
    access = members(owners=[OWNER])
    ours = [tenant(TENANT, *DECLARED, quota=TENANT, accessControl=access), budget(BUDGET)]
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"}
    subjects = [{"apiGroup": RBAC, "kind": "User", "name": OWNER}]
    binding = manifest(f"{RBAC}/v1", "RoleBinding", PLAIN, roleRef=role, subjects=subjects)
    for one in (*reversed(ours), namespace(PLAIN), plain(BUDGET), binding):
        await admin.apply(one, manager="test")
    await _until(lambda: _ready(admin))


async def _ready(admin: Cluster) -> bool:
    live = await admin.get(Ref("tenantoperator.stakater.com/v1beta3", "Tenant", TENANT))
    return bool((live.get("status") or {}).get("ready"))


async def _filled(admin: Cluster) -> float:
    """Everything else gone, one Deployment may use the whole budget; the seconds until it does."""
    await admin.apply(budget(BUDGET), manager="test")
    for one in DECLARED:
        space = f"{TENANT}-{one}"
        patch = {"metadata": {"annotations": {REQUEST: None}}}
        await admin.patch(Ref("v1", "Namespace", space), patch)
        await admin.apply(deployment(space, 0), manager="test", force=True)
        for pod in await admin.list("v1", "Pod", namespace=space, metadata_only=True):
            await admin.delete(Ref("v1", "Pod", pod["metadata"]["name"], space))
    for live in await admin.list("v1", "Namespace", label_selector=f"stakater.com/tenant={TENANT}"):
        name = live["metadata"]["name"]
        if name.removeprefix(f"{TENANT}-").startswith("own"):
            await admin.delete(Ref("v1", "Namespace", name))
    await _until(lambda: _empty(admin))
    begun = asyncio.get_running_loop().time()
    await admin.apply(deployment(f"{TENANT}-dev", BUDGET, name="all"), manager="test")
    await _until(lambda: _count(admin, f"{TENANT}-dev", BUDGET))
    return asyncio.get_running_loop().time() - begun


async def _granted(admin: Cluster) -> float:
    dev, qa, rest = f"{TENANT}-dev", f"{TENANT}-qa", BUDGET // 4
    await admin.apply(deployment(dev, BUDGET - rest, name="all"), manager="test")
    await _until(lambda: _count(admin, dev, BUDGET - rest))
    begun = asyncio.get_running_loop().time()
    patch = {"metadata": {"annotations": {REQUEST: f"pods={rest},requests.cpu={rest // 2}"}}}
    await admin.patch(Ref("v1", "Namespace", qa), patch)

    async def made() -> bool:
        for number in range(rest):
            pod = manifest("v1", "Pod", qa, name=f"bare-{number}", spec=POD)
            with suppress(ClusterError):
                await admin.apply(pod, manager="test")
        return await _count(admin, qa, rest)

    await _until(made)
    return asyncio.get_running_loop().time() - begun


async def _empty(admin: Cluster) -> bool:
    spaces = await admin.list("v1", "Namespace", label_selector=f"stakater.com/tenant={TENANT}")
    pods = await admin.list("v1", "Pod", metadata_only=True)
    own = {one["metadata"]["name"] for one in spaces}
    left = [one for one in pods if one["metadata"]["namespace"] in own]
    return len(own) == len(DECLARED) and not left


async def _count(admin: Cluster, space: str, pods: int) -> bool:
    return len(await admin.list("v1", "Pod", namespace=space, metadata_only=True)) == pods


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await true():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.2)
