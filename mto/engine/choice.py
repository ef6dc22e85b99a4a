"""Who carries a stack out: the direct engine where it can, Pulumi's CLI where it must.

Chosen for each stack and each operation. A stack needs the CLI where its record holds a resource of
another provider, or where the project's own function would add one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from mto.engine.direct.diff import address, native
from mto.engine.direct.engine import DirectEngine
from mto.engine.errors import NeedsCli
from mto.engine.port import Basis, Engine, EngineName, Result, Watcher
from mto.engine.pulumi.engine import PulumiEngine
from mto.engine.pulumi.errors import CliMissing, CliUnfit, PluginMissing
from mto.plan.resource import Plan
from mto.state.backend import Backend


@dataclass(frozen=True)
class Choice:
    """The engine and why; ``because`` is empty where nothing is worth telling."""

    engine: Engine
    because: str = ""


class ChosenEngine:
    """The port over both engines; ``stop`` is one for both."""

    name: str

    def __init__(
        self, direct: DirectEngine, pulumi: PulumiEngine, backend: Backend, *, wanted: EngineName
    ) -> None:
        self.name = wanted.value
        self.stop = asyncio.Event()
        direct.stop = pulumi.stop = self.stop
        pulumi.cli.stop = self.stop
        self._direct = direct
        self._pulumi = pulumi
        self._backend = backend
        self._wanted = wanted

    async def close(self) -> None:
        await self._pulumi.close()

    async def preview(self, plan: Plan, *, deadline: float, refresh: bool = False) -> Result:
        choice = await self._choose(plan.stack, plan)
        result = await choice.engine.preview(plan, deadline=deadline, refresh=refresh)
        return _signed(result, choice)

    async def up(
        self,
        plan: Plan,
        *,
        deadline: float,
        watch: Watcher,
        refresh: bool = False,
        basis: Basis | None = None,
    ) -> Result:
        choice = await self._choose(plan.stack, plan)
        result = await choice.engine.up(
            plan, deadline=deadline, watch=watch, refresh=refresh, basis=basis
        )
        if choice.engine is not self._direct:
            failures = await self._direct.enforce(plan, result)
            result = replace(result, failures=(*result.failures, *failures))
        return _signed(result, choice)

    async def refresh(
        self, stack: str, *, deadline: float, dry_run: bool, only: Collection[str] | None = None
    ) -> Result:
        """A look at some objects is the direct engine's, whichever carries the stack out."""
        choice = await self._choose(stack) if only is None else Choice(self._direct)
        engine = choice.engine
        result = await engine.refresh(stack, deadline=deadline, dry_run=dry_run, only=only)
        return _signed(result, choice)

    async def destroy(
        self, stack: str, *, deadline: float, watch: Watcher, dry_run: bool
    ) -> Result:
        choice = await self._choose(stack)
        result = await choice.engine.destroy(stack, deadline=deadline, watch=watch, dry_run=dry_run)
        return _signed(result, choice)

    async def _choose(self, stack: str, plan: Plan | None = None) -> Choice:
        """Raises NeedsCli; with ``--engine pulumi`` what the CLI itself lacks."""
        if self._wanted is EngineName.PULUMI:
            await self._pulumi.cli.ready()
            return Choice(self._pulumi)
        reasons = (*self._recorded(stack), *(await self._planned(plan) if plan else ()))
        if not reasons:
            return Choice(self._direct)
        if self._wanted is EngineName.DIRECT:
            raise NeedsCli(stack, reasons, "use --engine auto or pulumi")
        try:
            await self._pulumi.cli.ready()
        except (CliMissing, CliUnfit, PluginMissing) as error:
            raise NeedsCli(stack, reasons, str(error)) from error
        return Choice(self._pulumi, f"only Pulumi's CLI can run {', '.join(reasons)}")

    def _recorded(self, stack: str) -> tuple[str, ...]:
        """Resources of the record that the direct engine can't run."""
        known = self._backend.load(stack)
        states = (*known.resources, *(one.resource for one in known.pending)) if known else ()
        told = (
            f"{address(one.type, one.inputs, one.name)} ({one.type})"
            for one in states
            if not native(one.type)
        )
        return tuple(dict.fromkeys(told))

    async def _planned(self, plan: Plan) -> tuple[str, ...]:
        """What the project's own function adds, whatever its provider."""
        looked = await self._pulumi.look(plan)
        told = [f"{one.type.rsplit(':')[-1]}/{one.name} ({one.type})" for one in looked.added]
        return (*told, *((looked.problem,) if looked.problem else ()))


def _signed(result: Result, choice: Choice) -> Result:
    return replace(result, engine=choice.engine.name, chosen=choice.because)
