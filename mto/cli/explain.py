"""``mto explain``: why is this here, and what may this person do?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
import yaml

from mto.cli import completion
from mto.cli.options import ContextOption, EnvironmentOption, KubeconfigOption, TenantsFolderOption
from mto.cli.output import Format, OutputOption, print_data, print_table, say
from mto.cli.session import Target, run
from mto.errors import UsageError
from mto.service import explain as explanations


def explain(
    target: Annotated[
        str | None, typer.Argument(metavar="[KIND/NAMESPACE/NAME]", help="An object.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(help="What may this user do?", autocompletion=completion.users),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(help="Groups of the user.", autocompletion=completion.groups),
    ] = None,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """Say why an object exists (file, line and field), or what a person may do and through what."""
    if (target is None) == (user is None and not group):
        raise UsageError(
            "name either an object (KIND/NAMESPACE/NAME) or a person (--user, --group)"
        )
    place = Target(environment, kubeconfig, context, folder)
    if target is None:
        _person(place, user or "", tuple(group or ()), output)
    else:
        _object(place, target, output)


def _object(place: Target, target: str, output: Format) -> None:
    found = run(place, lambda workspace: explanations.explain(workspace, target))
    manifest = dict(found.resource.inputs)
    if output is not Format.TABLE:
        data = {
            "object": found.object,
            "stack": found.stack,
            "urn": found.urn,
            "because": found.resource.because,
            "manifest": manifest,
        }
        print_data(data, output)
        return
    typer.echo(f"{found.object} exists because of {found.resource.because}")
    typer.echo(f"stack: {found.stack}\nurn: {found.urn}\n")
    typer.echo(yaml.safe_dump(manifest, sort_keys=False), nl=False)


def _person(place: Target, user: str, groups: tuple[str, ...], output: Format) -> None:
    found = run(place, lambda workspace: explanations.explain_user(workspace, user, groups))
    if output is not Format.TABLE:
        print_data([asdict(one) for one in found], output)
    elif found:
        rows = [
            (one.tenant, one.namespace or "(cluster)", one.cluster_role, one.through, one.because)
            for one in found
        ]
        print_table(rows, ("TENANT", "NAMESPACE", "CLUSTERROLE", "THROUGH", "BECAUSE"))
    else:
        say(f"no tenant gives {user or ', '.join(groups)} any right")
