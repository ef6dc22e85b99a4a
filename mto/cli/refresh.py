"""``mto refresh``: what changed behind our back?"""

from __future__ import annotations

from typing import Annotated

import typer

from mto.cli import report as reports
from mto.cli.options import (
    ContextOption,
    EngineOption,
    EnvironmentOption,
    ExpectNoChangesOption,
    KubeconfigOption,
    ParallelOption,
    TenantsArgument,
    TenantsFolderOption,
)
from mto.cli.output import Format, OutputOption, say
from mto.cli.session import Target, run
from mto.engine.port import EngineName
from mto.service.refresh import refresh as take_in


def refresh(
    tenants: TenantsArgument = None,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    engine: EngineOption = EngineName.AUTO,
    dry_run: Annotated[
        bool, typer.Option("--preview-only", help="Show the drift; leave the state as it is.")
    ] = False,
    expect_no_changes: ExpectNoChangesOption = False,
    parallel: ParallelOption = 8,
    output: OutputOption = Format.TABLE,
) -> None:
    """Take the live objects into the state and show what drifted; the next `mto up` undoes it."""
    target = Target(environment, kubeconfig, context, folder, engine, parallel=parallel)
    names = tuple(tenants or ())
    report = run(target, lambda workspace: take_in(workspace, names, dry_run=dry_run))
    reports.show(report, output, words=reports.DRIFT)
    if report.changed and not dry_run and output is Format.TABLE:
        say("the state now says so too; `mto up` undoes it")
    if not report.ok or (expect_no_changes and report.changed):
        raise typer.Exit(1)
