"""The command line: reads, calls, prints. What goes wrong on purpose becomes a line and a code."""

from __future__ import annotations

import sys

import typer

from mto.cli import local
from mto.errors import MtoError

app = typer.Typer(
    name="mto",
    help="Isolated, budgeted, self-service spaces on Kubernetes, from tenant files in Git.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(local.app, name="local")


def main(args: list[str] | None = None) -> None:
    """Entry point; errors meant for people are printed, all others propagate."""
    try:
        app(args=args, prog_name="mto")
    except MtoError as error:
        typer.echo(f"mto: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
