"""``mto status``: how each tenant stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mto.cli.options import (
    ContextOption,
    EnvironmentOption,
    KubeconfigOption,
    TenantsArgument,
    TenantsFolderOption,
)
from mto.cli.output import Format, OutputOption, print_data, print_table, say, use
from mto.cli.session import Target, run
from mto.errors import UsageError
from mto.service import status as statuses
from mto.service.status import TenantStatus


def status(
    tenants: TenantsArgument = None,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Only namespaces whose tenant nobody declares.")
    ] = False,
    hosts: Annotated[
        bool, typer.Option("--hosts", help="Only hosts that several tenants serve at once.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Follow what `mto serve` says of them, live, until Ctrl-C."
        ),
    ] = False,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show each tenant against its declaration; named ones with namespaces and quota."""
    target = Target(environment, kubeconfig, context, folder)
    if watch:
        _watch(target, tuple(tenants or ()), output, alone=not (orphans or hosts))
        return
    if orphans:
        _show_orphans(target, output)
        return
    if hosts:
        _show_hosts(target, output)
        return
    names = tuple(tenants or ())
    found = run(target, lambda workspace: statuses.status(workspace, names))
    if output is not Format.TABLE:
        print_data([asdict(one) for one in found], output)
        return
    _show(found)
    if names:
        _show_namespaces(found)


def _show(found: tuple[TenantStatus, ...]) -> None:
    print_table(
        [
            (one.name, one.state, one.quota, len(one.namespaces), one.objects, one.pending)
            for one in found
        ],
        ("TENANT", "STATE", "QUOTA", "NAMESPACES", "OBJECTS", "PENDING"),
    )
    for one in found:
        if one.message:
            say(f"{one.name}: {one.message}")


def _watch(target: Target, names: tuple[str, ...], output: Format, *, alone: bool) -> None:
    from mto.cli import follow

    if not alone:
        raise UsageError("--watch follows tenants: it goes with neither --orphans nor --hosts")
    follow.watch(target, names, output)


def _show_namespaces(found: tuple[TenantStatus, ...]) -> None:
    rows = [
        (one.name, space.name, space.made, use(space)) for one in found for space in one.namespaces
    ]
    typer.echo()
    print_table(rows, ("TENANT", "NAMESPACE", "MADE", "USED/HARD"))


def _show_orphans(target: Target, output: Format) -> None:
    found = run(target, statuses.orphans)
    if output is not Format.TABLE:
        print_data([asdict(one) for one in found], output)
    elif found:
        print_table([(one.namespace, one.tenant) for one in found], ("NAMESPACE", "TENANT"))
    else:
        say("no orphans: every namespace with a tenant's label belongs to a known tenant")


def _show_hosts(target: Target, output: Format) -> None:
    found = run(target, statuses.hosts)
    if output is not Format.TABLE:
        print_data([asdict(one) for one in found], output)
    elif found:
        rows = [
            (one.host, used.tenant, f"{used.namespace}/{used.ingress}", used.created, has)
            for one in found
            for used, has in ((one.oldest, "has it"), *((other, "") for other in one.others))
        ]
        print_table(rows, ("HOST", "TENANT", "INGRESS", "SINCE", "OLDEST"))
    else:
        say("no host is served by several tenants")
