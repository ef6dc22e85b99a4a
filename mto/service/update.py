"""Preview and update of an environment: the platform first, then its tenants side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Protocol

from mto.engine.errors import PlanOutdated
from mto.engine.port import Basis, Failure, Result, Watcher
from mto.errors import MtoError
from mto.plan.resource import Plan
from mto.service import quota, typecheck
from mto.service.custom import vanished
from mto.service.destroy import destroyed
from mto.service.home import home, lost
from mto.service.namespace import all_of, delete, deleting, gone, recorded
from mto.service.parallel import each
from mto.service.report import PLATFORM, Report, StackReport, merged
from mto.service.survey import Survey
from mto.service.workspace import Workspace
from mto.state.checkpoint import Checkpoint
from mto.state.errors import StateLocked

MOST_PRUNED = 5
"""One tenant in so many may vanish at once to be destroyed without being asked for."""

SETTLING_SECONDS = 20.0
"""How long an update goes on while quotas wait for room that others are giving up."""

_PAUSE = 0.3
_PAUSES_WHERE_OTHERS_WRITE = (0.1, 0.5, 1.5)
"""Seconds before a stack is tried again that another run works on, or changed meanwhile."""
_PATIENCE = 30.0
"""Seconds in which that is done: longer than what the service, or another run, does to one."""


@dataclass(frozen=True)
class Wishes:
    """What the person asked for. Without names: the platform and every declared tenant."""

    names: tuple[str, ...] = ()
    refresh: bool = False
    prune: bool = False


class Work(Protocol):
    """An engine's operation on a plan; ``refresh``: the live objects must be looked at first."""

    async def __call__(self, plan: Plan, *, refresh: bool, basis: Basis | None) -> Result: ...


async def preview(workspace: Workspace, wishes: Wishes) -> Report:
    """What ``up`` would do; nothing is written."""

    async def work(plan: Plan, *, refresh: bool, basis: Basis | None) -> Result:
        del basis  # what is only shown may be old a moment later
        return await workspace.engine.preview(plan, deadline=workspace.deadline, refresh=refresh)

    return await _environment(Update(workspace, wishes, work, dry_run=True), watch=lambda _: None)


async def up(workspace: Workspace, wishes: Wishes, *, watch: Watcher) -> Report:
    """Make the cluster as declared. A tenant that fails does not keep the others."""

    async def work(plan: Plan, *, refresh: bool, basis: Basis | None) -> Result:
        return await workspace.engine.up(
            plan, deadline=workspace.deadline, watch=watch, refresh=refresh, basis=basis
        )

    return await _environment(Update(workspace, wishes, work, dry_run=False), watch=watch)


async def _environment(update: Update, *, watch: Watcher) -> Report:
    started = time.monotonic()
    workspace, wishes = update.workspace, update.wishes
    names = workspace.tenants(wishes.names)
    platform = await update.platform()
    if not platform.ok:
        return Report((platform,), seconds=time.monotonic() - started)
    tenants = await update.tenants(names)
    if not update.dry_run:
        tenants = await update.settled(tenants)
    gone = await vanished(workspace)
    ended = await destroyed(
        workspace, pruned(workspace, wishes, gone), watch=watch, dry_run=update.dry_run
    )
    left = {*gone} - {one.name for one in ended}
    return Report(
        (platform, *tenants, *ended), tuple(sorted(left)), seconds=time.monotonic() - started
    )


def pruned(workspace: Workspace, wishes: Wishes, gone: tuple[str, ...]) -> tuple[str, ...]:
    """Vanished tenants that are to be destroyed: asked for, or as the environment says.

    Unasked never many at once: a folder that is half there must not cost anybody a tenant.
    """
    if wishes.prune:
        return gone
    few = len(gone) * MOST_PRUNED <= len(workspace.stacks())
    return gone if workspace.environment.prune and few and not wishes.names else ()


@dataclass(frozen=True)
class Update:
    """One operation over many stacks; ``work`` is what is done to each."""

    workspace: Workspace
    wishes: Wishes
    work: Work
    dry_run: bool

    async def platform(self) -> StackReport:
        """Its namespace tells whether the record is of this very cluster."""
        workspace = self.workspace
        plan = workspace.platform()
        known = workspace.backend.load(plan.stack)
        refresh = self.wishes.refresh or lost(known, await home(workspace))
        try:
            unchecked = await typecheck.check(workspace.cluster, plan, known)
        except MtoError as error:
            return StackReport(PLATFORM, Result(plan.stack), error=str(error))
        report = await self._stack(PLATFORM, plan, refresh=refresh)
        patience = _Patience(workspace)
        while report.outdated and await patience.lasts():
            report = await self._stack(PLATFORM, plan, refresh=refresh)
        told = [unchecked] if unchecked else []
        if report.ok and not self.dry_run:
            told += await quota.note_users(workspace.cluster, workspace.world)
        return replace(report, warnings=(*report.warnings, *told))

    async def tenants(self, names: Iterable[str]) -> tuple[StackReport, ...]:
        """Each tenant once, on one survey of what is live.

        Those whose stack another run changed since then are planned again, on a new survey.
        """
        done = {one.name: one for one in await self._round(tuple(names))}
        patience = _Patience(self.workspace)
        while waiting := tuple(name for name, one in done.items() if one.outdated):
            if not await patience.lasts():
                break
            done |= {one.name: one for one in await self._round(waiting)}
        return tuple(done.values())

    async def _round(self, names: tuple[str, ...]) -> tuple[StackReport, ...]:
        """The marks come first: what is written after them is noticed, whatever the survey saw."""
        bases = {} if self.dry_run else {name: self._basis(name) for name in names}
        live = await self.workspace.survey()

        async def one(name: str) -> StackReport:
            return await self.tenant(name, live, bases.get(name))

        return await each(names, one, self.workspace.parallel)

    def _basis(self, name: str) -> Basis | None:
        """None where the state can't be read, which is said when it is loaded."""
        try:
            return Basis(self.workspace.backend.mark(self.workspace.settings.stack(name)))
        except MtoError:
            return None

    async def settled(self, reports: tuple[StackReport, ...]) -> tuple[StackReport, ...]:
        """Go on with tenants whose quotas wait for room, until nothing moves or time is up."""
        known = {one.name: one for one in reports}
        ends = time.monotonic() + SETTLING_SECONDS
        while time.monotonic() < ends and not self.workspace.engine.stop.is_set():
            waiting = [one.name for one in known.values() if one.ok and one.unsettled]
            if not waiting:
                break
            await asyncio.sleep(_PAUSE)
            known |= {one.name: merged(known[one.name], one) for one in await self.tenants(waiting)}
        return tuple(known.values())

    async def tenant(self, name: str, live: Survey, basis: Basis | None) -> StackReport:
        """One tenant, by what is live of it; what goes wrong is in the report."""
        workspace = self.workspace
        stack = workspace.settings.stack(name)
        try:
            plan = workspace.tenant(name, await workspace.observe(name, live))
            known = workspace.backend.load(stack)
        except MtoError as error:
            return StackReport(name, Result(stack), error=str(error))
        refresh = self.wishes.refresh or lost(known, live.namespaces)
        report = await self._stack(name, plan, refresh=refresh, basis=basis)
        return await self._unrecorded(report, live, known) if report.ok else report

    async def _unrecorded(
        self, report: StackReport, live: Survey, known: Checkpoint | None
    ) -> StackReport:
        """Namespaces that may go and that no record holds: the engine can't know of them."""
        held = recorded(known)
        steps = [
            (live.namespaces[one.namespace], deleting(live.namespaces[one.namespace], one.because))
            for one in report.deletions
            if one.allowed and one.namespace not in held
        ]
        failures: tuple[Failure, ...] = ()
        if not self.dry_run:
            failures = await all_of(delete, self.workspace, steps)
            failures += await all_of(gone, self.workspace, steps)
        result = replace(
            report.result,
            steps=(*report.result.steps, *(step for _, step in steps)),
            failures=(*report.result.failures, *failures),
        )
        return replace(report, result=result)

    async def _stack(
        self, name: str, plan: Plan, *, refresh: bool, basis: Basis | None = None
    ) -> StackReport:
        try:
            return StackReport.of(name, plan, await self.work(plan, refresh=refresh, basis=basis))
        except MtoError as error:
            failed = StackReport.of(name, plan, Result(plan.stack))
            return replace(failed, error=str(error), outdated=_passes(error))


class _Patience:
    """With others that work on the same stacks: pauses, longer and longer, up to an end."""

    def __init__(self, workspace: Workspace) -> None:
        self._stop = workspace.engine.stop
        self._ends = time.monotonic() + min(_PATIENCE, workspace.deadline)
        last = _PAUSES_WHERE_OTHERS_WRITE[-1]
        self._pauses = chain(_PAUSES_WHERE_OTHERS_WRITE, repeat(last))

    async def lasts(self) -> bool:
        """True after a pause; False where it makes no sense to try again."""
        if self._stop.is_set() or time.monotonic() > self._ends:
            return False
        await asyncio.sleep(next(self._pauses))
        return True


def _passes(error: MtoError) -> bool:
    """Another mto was faster, or is at work. Nobody knows how long a Pulumi CLI takes."""
    if isinstance(error, StateLocked):
        return not error.holder.cli
    return isinstance(error, PlanOutdated)
