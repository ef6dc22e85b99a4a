"""``mto up``: make the cluster as declared."""

from __future__ import annotations

import sys

import typer

from mto.cli import report as reports
from mto.cli.options import (
    ContextOption,
    DeleteNamespaceOption,
    EngineOption,
    EnvironmentOption,
    ExpectNoChangesOption,
    KubeconfigOption,
    ParallelOption,
    PruneOption,
    RefreshOption,
    TenantsArgument,
    TenantsFolderOption,
    TimeoutOption,
    YesOption,
)
from mto.cli.output import Format, OutputOption, say
from mto.cli.progress import Watch
from mto.cli.session import Target, confirm, run
from mto.engine.port import EngineName
from mto.service import update
from mto.service.report import Report
from mto.service.workspace import Workspace


def up(
    tenants: TenantsArgument = None,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    engine: EngineOption = EngineName.AUTO,
    yes: YesOption = False,
    refresh: RefreshOption = False,
    prune: PruneOption = False,
    delete_namespace: DeleteNamespaceOption = None,
    expect_no_changes: ExpectNoChangesOption = False,
    parallel: ParallelOption = 8,
    timeout: TimeoutOption = 600.0,
    output: OutputOption = Format.TABLE,
) -> None:
    """Bring the platform, then all tenants side by side, to what is declared.

    Shows the preview and asks, when a person is there to answer.
    """
    target = Target(
        environment,
        kubeconfig,
        context,
        folder,
        engine,
        delete_namespaces=frozenset(delete_namespace or ()),
        parallel=parallel,
        timeout=timeout,
    )
    wishes = update.Wishes(tuple(tenants or ()), refresh=refresh, prune=prune)
    asks = not yes and sys.stdin.isatty() and sys.stdout.isatty() and output is Format.TABLE
    report = run(target, lambda workspace: _update(workspace, wishes, asks=asks))
    if report is None:
        return
    reports.show(report, output, words=reports.PAST, details=not asks)
    if expect_no_changes and report.changed:
        say("mto: changes were made where none were expected")
    if not report.ok or (expect_no_changes and report.changed):
        raise typer.Exit(1)


async def _update(workspace: Workspace, wishes: update.Wishes, *, asks: bool) -> Report | None:
    """None where the person, having seen the preview, has nothing to decide."""
    if asks:
        seen = await update.preview(workspace, wishes)
        reports.show(seen, Format.TABLE, words=reports.FUTURE)
        if not seen.ok and not seen.changed:
            raise typer.Exit(1)
        if not seen.changed:
            return None
        confirm(workspace, "Make these changes?")
    with Watch() as watch:
        return await update.up(workspace, wishes, watch=watch)
