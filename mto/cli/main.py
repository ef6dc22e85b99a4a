"""The command line: reads, calls, prints. What goes wrong on purpose becomes a line and a code."""

from __future__ import annotations

import gc
import sys

import typer

from mto.cli import local, schema, state
from mto.cli.audit import audit
from mto.cli.check import check
from mto.cli.convert import convert
from mto.cli.destroy import destroy
from mto.cli.explain import explain
from mto.cli.preview import preview
from mto.cli.refresh import refresh
from mto.cli.serve import serve
from mto.cli.status import status
from mto.cli.up import up
from mto.cli.verify import verify
from mto.errors import MtoError, SpecError

app = typer.Typer(
    name="mto",
    help="Isolated, budgeted, self-service spaces on Kubernetes, from tenant files in Git.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    check,
    preview,
    up,
    serve,
    refresh,
    destroy,
    status,
    explain,
    audit,
    verify,
    convert,
):
    app.command()(command)
app.add_typer(state.app, name="state")
app.add_typer(schema.app, name="schema")
app.add_typer(local.app, name="local")


def main(args: list[str] | None = None) -> None:
    """Entry point; errors meant for people are printed, all others propagate."""
    gc.freeze()  # modules stay for good: no collection need look through them
    try:
        app(args=args, prog_name="mto")
    except SpecError as error:
        typer.echo(str(error), err=True)  # lines that begin with a file's name
        sys.exit(error.exit_code)
    except MtoError as error:
        typer.echo(f"mto: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
