"""Updates of one stack without a cluster: what is saved and asked, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mto.engine.direct.diff import Action, actions
from mto.engine.direct.record import Recorder
from mto.engine.direct.update import Update
from mto.engine.port import Op, Progress, Result
from mto.errors import MtoError
from mto.plan.resource import PROVIDER, Key, Plan, Resource
from mto.state.checkpoint import Checkpoint, Operation

CLUSTER = Resource(PROVIDER, "cluster", {"enableServerSideApply": True})
BLUE = Resource("mto:tenancy:Tenant", "blue")
SPACE = Key("kubernetes:core/v1:Namespace", "blue-dev")
LONG = 3600.0


def thing(name: str, *after: str, kind: str = "ConfigMap") -> Resource:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
    needs = tuple(Key("kubernetes:core/v1:ConfigMap", one) for one in after)
    return Resource(f"kubernetes:core/v1:{kind}", name, manifest, BLUE.key, needs)


def planned(*things: Resource) -> Plan:
    return Plan("dev.blue", (CLUSTER, BLUE, *things), {"namespaces": []})


class MaybeDone(MtoError):
    """As the cluster's errors: the answer was lost on its way."""

    maybe_done = True


@dataclass
class Run:
    """Updates of one stack, with what was saved and asked on the way, in order."""

    checkpoint: Checkpoint = field(default_factory=lambda: Checkpoint("dev.blue"))
    log: list[str] = field(default_factory=list)
    saved: list[Checkpoint] = field(default_factory=list)
    watched: list[Progress] = field(default_factory=list)
    broken: dict[str, MtoError] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stop_after: str = ""

    def save(self, checkpoint: Checkpoint) -> None:
        self.log.append(f"save {len(checkpoint.pending)}")
        self.saved.append(checkpoint)
        self.checkpoint = checkpoint

    async def carry_out(self, action: Action) -> str:
        name = action.step.urn.rsplit("::", 1)[1]
        self.log.append(f"{action.step.op} {name}")
        if name == self.stop_after:
            self.stop.set()
        if name in self.broken:
            raise self.broken[name]
        return "" if action.step.op is Op.DELETE else f"uid-{name}"

    def up(
        self,
        plan: Plan,
        *,
        deadline: float = LONG,
        carry_out: Callable[[Action], Awaitable[str]] | None = None,
    ) -> Result:
        return asyncio.run(self.begin(plan, deadline=deadline, carry_out=carry_out))

    async def begin(
        self,
        plan: Plan,
        *,
        deadline: float = LONG,
        carry_out: Callable[[Action], Awaitable[str]] | None = None,
    ) -> Result:
        self.log.clear()
        todo = actions(plan, self.checkpoint, reveal=lambda value: value)
        recorder = Recorder(plan, self.checkpoint, "some-id", lambda value, _: value)
        update = Update(plan, todo, recorder, save=self.save, carry_out=carry_out or self.carry_out)
        return await update.run(deadline=deadline, watch=self.watched.append, stop=self.stop)

    @property
    def recorded(self) -> set[str]:
        kinds = ("kubernetes:",)
        return {one.name for one in self.checkpoint.resources if one.type.startswith(kinds)}

    @property
    def pending(self) -> dict[str, Operation]:
        return {one.resource.name: one.type for one in self.checkpoint.pending}
