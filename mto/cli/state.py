"""``mto state``: the record of a stack, in Pulumi's own form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mto.cli import completion
from mto.cli.options import EnvironmentOption
from mto.cli.output import Format, OutputOption, print_data, say
from mto.cli.session import Target
from mto.errors import UsageError
from mto.service.state import export_stack, import_stack

app = typer.Typer(
    help="The record of a stack, as `pulumi stack export` has it.", no_args_is_help=True
)

TenantOption = Annotated[
    str | None,
    typer.Argument(
        metavar="[TENANT]",
        help="A tenant; none means the platform.",
        autocompletion=completion.tenants,
    ),
]


@app.command("export")
def export_(
    tenant: TenantOption = None,
    environment: EnvironmentOption = None,
    output: OutputOption = Format.JSON,
) -> None:
    """Print a stack's deployment; secrets stay sealed."""
    form = Format.JSON if output is Format.TABLE else output
    print_data(export_stack(Target(environment).load(), tenant), form)


@app.command("import")
def import_(
    tenant: TenantOption = None,
    environment: EnvironmentOption = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The deployment; standard input without it.")
    ] = None,
) -> None:
    """Replace a stack's state by an exported deployment; what was under way is dropped."""
    import_stack(Target(environment).load(), tenant, _deployment(file))
    say("imported; `mto preview` shows what it means")


def _deployment(file: Path | None) -> Any:
    name = str(file) if file else "standard input"
    try:
        deployment = json.loads(file.read_text() if file else sys.stdin.read())
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} is no exported deployment: {error}") from error
    if not isinstance(deployment, dict) or "deployment" not in deployment:
        raise UsageError(f"{name} is no exported deployment: it has no key 'deployment'")
    return deployment
