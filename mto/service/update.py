"""Preview and update of an environment: the platform first, then its tenants side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from mto.engine.port import Result, Watcher
from mto.errors import MtoError
from mto.plan.resource import Plan
from mto.service.destroy import destroyed
from mto.service.parallel import each
from mto.service.report import PLATFORM, Report, StackReport, merged
from mto.service.survey import Survey
from mto.service.workspace import Workspace

SETTLING_SECONDS = 20.0
"""How long an update goes on while quotas wait for room that others are giving up."""

_PAUSE = 0.3


@dataclass(frozen=True)
class Wishes:
    """What the person asked for. Without names: the platform and every declared tenant."""

    names: tuple[str, ...] = ()
    refresh: bool = False
    prune: bool = False


async def preview(workspace: Workspace, wishes: Wishes) -> Report:
    """What ``up`` would do; nothing is written."""
    started = time.monotonic()
    names = workspace.tenants(wishes.names)
    plan = workspace.platform()
    report = await _run(PLATFORM, plan, lambda: _preview(workspace, plan))
    tenants = await _round(workspace, names, _preview)
    return Report((report, *tenants), vanished(workspace), seconds=time.monotonic() - started)


async def up(workspace: Workspace, wishes: Wishes, *, watch: Watcher) -> Report:
    """Make the cluster as declared. A tenant that fails does not keep the others."""
    started = time.monotonic()
    names = workspace.tenants(wishes.names)

    async def update(workspace: Workspace, plan: Plan) -> Result:
        if wishes.refresh or lost(workspace, plan, live):
            await workspace.engine.refresh(plan.stack, deadline=workspace.deadline, dry_run=False)
        return await workspace.engine.up(plan, deadline=workspace.deadline, watch=watch)

    plan = workspace.platform()
    live = await workspace.survey()
    report = await _run(PLATFORM, plan, lambda: update(workspace, plan))
    if not report.ok:
        return Report((report,), seconds=time.monotonic() - started)
    tenants = await each(
        names, lambda name: _tenant(workspace, name, live=live, work=update), workspace.parallel
    )
    tenants = await _settled(workspace, tenants, update)
    gone: tuple[StackReport, ...] = ()
    if wishes.prune or workspace.environment.prune:
        gone = await destroyed(workspace, vanished(workspace), watch=watch)
    return Report(
        (report, *tenants, *gone), vanished(workspace), seconds=time.monotonic() - started
    )


def vanished(workspace: Workspace) -> tuple[str, ...]:
    """Tenants with a stack and without a manifest: never destroyed unasked."""
    return tuple(sorted(workspace.stacks().keys() - workspace.world.tenants.keys()))


def lost(workspace: Workspace, plan: Plan, live: Survey) -> bool:
    """The record holds a namespace that is no longer there, or another of its name."""
    checkpoint = workspace.backend.load(plan.stack)
    if checkpoint is None:
        return False
    for one in checkpoint.resources:
        if one.type == "kubernetes:core/v1:Namespace":
            name = one.inputs["metadata"]["name"]
            uid = one.outputs.get("metadata", {}).get("uid")
            found = live.namespaces.get(name)
            if "." in plan.stack and (found is None or (uid and found.uid != uid)):
                return True
    return False


Work = Callable[[Workspace, Plan], Awaitable[Result]]


async def _preview(workspace: Workspace, plan: Plan) -> Result:
    return await workspace.engine.preview(plan, deadline=workspace.deadline)


async def _tenant(workspace: Workspace, name: str, *, live: Survey, work: Work) -> StackReport:
    try:
        plan = workspace.tenant(name, await workspace.observe(name, live))
    except MtoError as error:
        return StackReport(name, Result(workspace.settings.stack(name)), error=str(error))
    return await _run(name, plan, lambda: work(workspace, plan))


async def _run(name: str, plan: Plan, work: Callable[[], Awaitable[Result]]) -> StackReport:
    try:
        return StackReport.of(name, plan, await work())
    except MtoError as error:
        failed = StackReport.of(name, plan, Result(plan.stack))
        return replace(failed, error=str(error))


async def _settled(
    workspace: Workspace, reports: tuple[StackReport, ...], work: Work
) -> tuple[StackReport, ...]:
    """Go on with tenants whose quotas wait for room, until nothing moves or time is up."""
    known = {one.name: one for one in reports}
    ends = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < ends and not workspace.engine.stop.is_set():
        waiting = [one.name for one in known.values() if one.ok and one.unsettled]
        if not waiting:
            break
        await asyncio.sleep(_PAUSE)
        again = await _round(workspace, waiting, work)
        known |= {one.name: merged(known[one.name], one) for one in again}
    return tuple(known.values())


async def _round(workspace: Workspace, names: Iterable[str], work: Work) -> tuple[StackReport, ...]:
    live = await workspace.survey()
    return await each(
        names, lambda name: _tenant(workspace, name, live=live, work=work), workspace.parallel
    )
