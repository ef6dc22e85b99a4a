"""``mto destroy``: take tenants away."""

from __future__ import annotations

import sys

import typer

from mto.cli import report as reports
from mto.cli.options import (
    ContextOption,
    EngineOption,
    EnvironmentOption,
    KubeconfigOption,
    ParallelOption,
    TenantsArgument,
    TenantsFolderOption,
    TimeoutOption,
    YesOption,
)
from mto.cli.output import Format, OutputOption, say
from mto.cli.progress import Watch
from mto.cli.session import Target, confirm, run
from mto.engine.port import EngineName
from mto.errors import UsageError
from mto.service.destroy import destroy as take_away
from mto.service.report import Report
from mto.service.workspace import Workspace


def destroy(
    tenants: TenantsArgument = None,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    engine: EngineOption = EngineName.AUTO,
    yes: YesOption = False,
    parallel: ParallelOption = 8,
    timeout: TimeoutOption = 600.0,
    output: OutputOption = Format.TABLE,
) -> None:
    """Take tenants away; without names all of them, and the platform under them.

    Namespaces of a tenant that does not purge (`onDeletePurgeNamespaces: false`) stay, without
    label and without anybody's rights.
    """
    if not yes and not sys.stdin.isatty():
        raise UsageError("nobody is there to ask; consent with --yes")
    target = Target(
        environment, kubeconfig, context, folder, engine, parallel=parallel, timeout=timeout
    )
    names = tuple(tenants or ())

    report = run(target, lambda workspace: _destroy(workspace, names, asks=not yes))
    if report is None:
        say("nothing to destroy")
        return
    reports.show(report, output, words=reports.PAST, details=yes)
    if not report.ok:
        raise typer.Exit(1)


async def _destroy(workspace: Workspace, names: tuple[str, ...], *, asks: bool) -> Report | None:
    """None where there is nothing to decide."""
    with Watch() as watch:
        if asks:
            seen = await take_away(workspace, names, watch=watch, dry_run=True)
            reports.show(seen, Format.TABLE, words=reports.FUTURE)
            if not seen.ok and not seen.changed:
                raise typer.Exit(1)
            if not seen.changed:
                return None
            confirm(workspace, "Destroy all this?")
        return await take_away(workspace, names, watch=watch, dry_run=False)
