"""The Pulumi engine on the stand-in for its CLI, with a state and programs of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mto.cluster.errors import Call, NotFound
from mto.cluster.ref import Ref
from mto.components.extra import Extra
from mto.engine.port import Op, Progress, Result
from mto.engine.pulumi.engine import Ground, PulumiEngine
from mto.engine.pulumi.folder import Setting
from mto.plan.resource import Plan
from mto.state.filebackend import FileBackend
from tests.support.standin import installed

T = TypeVar("T")
STACK = "dev.blue"
DEADLINE = 60.0


@dataclass
class Objects:
    """A cluster that holds these objects, by address; it can only be looked at."""

    live: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def get(self, ref: Ref, *, metadata_only: bool = False) -> Mapping[str, Any]:
        found = self.live.get(str(ref))
        if found is None:
            raise NotFound(Call("get", ref), "it is not there")
        return {"metadata": found["metadata"]} if metadata_only else found


@dataclass
class StandIn:
    """One engine for the length of a test; ``fault`` is what its CLI does wrong at the moment."""

    root: Path
    fault: str = ""
    workers: int = 1
    grace: float = 0.5
    cluster: Objects = field(default_factory=Objects)
    watched: list[Progress] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    extra: Extra | None = None

    def __post_init__(self) -> None:
        self.url = f"file://{self.root / 'state'}"
        self.backend = FileBackend(self.url, durable=False)
        self.path = installed(self.root / "bin")
        self.log = self.root / "calls"
        path = f"{self.path}:{os.environ['PATH']}"
        self.environ |= {"PATH": path, "HOME": str(self.root), "STANDIN_LOG": str(self.log)}
        self._runner = asyncio.Runner()
        self._engine: PulumiEngine | None = None

    def run(self, work: Callable[[PulumiEngine], Awaitable[T]]) -> T:
        self.environ["STANDIN"] = self.fault

        async def inside() -> T:
            if self._engine is None:
                setting = Setting(self.root, self.config, self.environ, self.url)
                notes = self.root / "notes"
                ground = Ground(self.cluster, self.backend, setting, notes, lambda _: self.extra)
                self._engine = PulumiEngine(ground, workers=self.workers, grace=self.grace)
            return await work(self._engine)

        return self._runner.run(inside())

    def close(self) -> None:
        if self._engine is not None:
            self._runner.run(self._engine.close())
            self._engine = None
        self._runner.close()

    def up(self, plan: Plan, *, deadline: float = DEADLINE) -> Result:
        watch = self.watched.append
        return self.run(lambda engine: engine.up(plan, deadline=deadline, watch=watch))

    def preview(self, plan: Plan, *, deadline: float = DEADLINE) -> Result:
        return self.run(lambda engine: engine.preview(plan, deadline=deadline))

    def refresh(self, *, dry_run: bool = False) -> Result:
        return self.run(lambda engine: engine.refresh(STACK, deadline=DEADLINE, dry_run=dry_run))

    def destroy(self, *, dry_run: bool = False) -> Result:
        watch = self.watched.append
        return self.run(
            lambda engine: engine.destroy(STACK, deadline=DEADLINE, watch=watch, dry_run=dry_run)
        )

    @property
    def calls(self) -> list[str]:
        """The commands that the CLI was given, but for `version`."""
        lines = [json.loads(one) for one in self.log.read_text().splitlines()]
        known = ("preview", "up", "refresh", "destroy", "cancel", "stack")
        return [word for line in lines for word in line if word in known]

    @property
    def locks(self) -> list[Path]:
        return sorted((self.root / "state" / ".pulumi" / "locks").rglob("*.json"))


def kubernetes(result: Result) -> dict[str, Op]:
    """What happens to the objects, without what is the same."""
    return {one.object: one.op for one in result.changes if "kubernetes:" in one.urn.split("::")[2]}


def open_descriptors() -> int:
    with closing(os.scandir("/proc/self/fd")) as found:
        return sum(1 for _ in found)
