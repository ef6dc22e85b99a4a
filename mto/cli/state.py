"""``mto state``: the record of a stack, in Pulumi's own form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mto.cli import completion
from mto.cli.options import EnvironmentOption, YesOption
from mto.cli.output import Format, OutputOption, print_data, print_table, say
from mto.cli.session import Target
from mto.errors import UsageError
from mto.service.state import Replaced, record

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
    with record(Target(environment).load(), tenant) as one:
        print_data(one.export(), form)


@app.command("import")
def import_(
    tenant: TenantOption = None,
    environment: EnvironmentOption = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The deployment; standard input without it.")
    ] = None,
) -> None:
    """Replace a stack's state by an exported deployment; what was under way is dropped."""
    with record(Target(environment).load(), tenant) as one:
        replaced = one.take(_deployment(file))
    _say_backup(replaced)
    say("imported; `mto preview` shows what it means")


@app.command()
def repair(
    tenant: TenantOption = None,
    environment: EnvironmentOption = None,
    yes: YesOption = False,
) -> None:
    """Mend a state that does not hold together: order, missing references, doubles.

    Nothing that is recorded of an object is changed, and the cluster is not asked. With the state
    lost as a whole, `mto up` finds again what is declared.
    """

    def agreed(done: tuple[str, ...]) -> None:
        for line in done:
            typer.echo(f"- {line}")
        _ask("Repair the state so?", yes=yes)

    with record(Target(environment).load(), tenant) as one:
        replaced = one.repair(agreed)
    if not replaced.done:
        say(f"the state of stack {replaced.stack!r} holds together; there is nothing to repair")
        return
    _say_backup(replaced)
    say("repaired; `mto preview` shows what it means")


@app.command()
def backups(
    tenant: TenantOption = None,
    environment: EnvironmentOption = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """List the copies of a stack's state: ours, and those of the Pulumi CLI."""
    with record(Target(environment).load(), tenant) as one:
        found = one.backups()
    rows = [
        {
            "name": one.name,
            "written": one.written.isoformat(timespec="seconds"),
            "by": "mto" if one.ours else "pulumi",
        }
        for one in found
    ]
    if output is Format.TABLE:
        print_table([[*row.values()] for row in rows], ("NAME", "WRITTEN", "BY"))
    else:
        print_data(rows, output)


@app.command()
def restore(
    tenant: TenantOption = None,
    environment: EnvironmentOption = None,
    backup: Annotated[
        str | None, typer.Option("--backup", help="Its name; without it the newest of mto's.")
    ] = None,
    yes: YesOption = False,
) -> None:
    """Put a copy in the place of a stack's state; what is there is copied first."""
    with record(Target(environment).load(), tenant) as one:
        question = f"Replace the state of stack {one.stack!r} by {{}}?"
        replaced = one.restore(backup, lambda found: _ask(question.format(found.name), yes=yes))
    _say_backup(replaced)
    say(f"restored {replaced.done[0]}; `mto preview --refresh` shows what it means")


def _ask(question: str, *, yes: bool) -> None:
    """Raises Abort unless the answer is yes, UsageError where nobody is there to answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to ask; consent with --yes")
    typer.confirm(question, abort=True)


def _say_backup(replaced: Replaced) -> None:
    if replaced.backup:
        say(f"what was there is kept as {replaced.backup}; `mto state restore` brings it back")


def _deployment(file: Path | None) -> Any:
    name = str(file) if file else "standard input"
    try:
        deployment = json.loads(file.read_text() if file else sys.stdin.read())
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} is no exported deployment: {error}") from error
    if not isinstance(deployment, dict) or "deployment" not in deployment:
        raise UsageError(f"{name} is no exported deployment: it has no key 'deployment'")
    return deployment
