"""What is live, taken into the state of every stack."""

from __future__ import annotations

import time

from mto.engine.port import Result
from mto.errors import MtoError
from mto.service.errors import UnknownTenant
from mto.service.home import home
from mto.service.parallel import each
from mto.service.report import PLATFORM, Report, StackReport
from mto.service.workspace import Workspace


async def refresh(workspace: Workspace, names: tuple[str, ...], *, dry_run: bool) -> Report:
    """The named tenants; without names the platform and every tenant that has a stack."""
    started = time.monotonic()
    await home(workspace)
    stacks = workspace.stacks()
    for name in names:
        if name not in stacks:
            raise UnknownTenant(name, stacks)
    chosen = {name: stacks[name] for name in names or sorted(stacks)}
    if not names:
        chosen = {PLATFORM: workspace.settings.stack(), **chosen}

    async def one(name: str) -> StackReport:
        try:
            result = await workspace.engine.refresh(
                chosen[name], deadline=workspace.deadline, dry_run=dry_run
            )
        except MtoError as error:
            return StackReport(name, Result(chosen[name]), error=str(error))
        return StackReport(name, result)

    reports = await each(chosen, one, workspace.parallel)
    return Report(reports, seconds=time.monotonic() - started)
