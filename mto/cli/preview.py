"""``mto preview``: every object that ``mto up`` would touch, and why."""

from __future__ import annotations

import typer

from mto.cli import report as reports
from mto.cli.options import (
    ContextOption,
    DeleteNamespaceOption,
    EngineOption,
    EnvironmentOption,
    ExpectNoChangesOption,
    KubeconfigOption,
    PruneOption,
    RefreshOption,
    TenantsArgument,
    TenantsFolderOption,
)
from mto.cli.output import Format, OutputOption
from mto.cli.session import Target, run
from mto.engine.port import EngineName
from mto.service import update


def preview(
    tenants: TenantsArgument = None,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    engine: EngineOption = EngineName.AUTO,
    refresh: RefreshOption = False,
    prune: PruneOption = False,
    delete_namespace: DeleteNamespaceOption = None,
    expect_no_changes: ExpectNoChangesOption = False,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show what `mto up` would do, object by object, with the reason of each; write nothing."""
    target = Target(
        environment,
        kubeconfig,
        context,
        folder,
        engine,
        delete_namespaces=frozenset(delete_namespace or ()),
    )
    wishes = update.Wishes(tuple(tenants or ()), refresh=refresh, prune=prune)
    report = run(target, lambda workspace: update.preview(workspace, wishes))
    reports.show(report, output, words=reports.FUTURE)
    if not report.ok or (expect_no_changes and report.changed):
        raise typer.Exit(1)
