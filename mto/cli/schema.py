"""``mto schema``: CRDs and JSON Schemas, generated from the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mto.cli.output import say
from mto.service.schema import Generated, crds, json_schemas

app = typer.Typer(help="CRDs and JSON Schemas, generated from the models.")

ROOT = Path("deploy/crds"), Path("docs/schemas")


@app.callback(invoke_without_command=True)
def schema(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a file is stale.")
    ] = False,
) -> None:
    """Without a subcommand: write deploy/crds/ and docs/schemas/ anew, or check them."""
    if context.invoked_subcommand is not None:
        return
    stale = [
        path
        for folder, generated in zip(ROOT, (crds(), json_schemas()), strict=True)
        for path in _differing(folder, generated)
    ]
    if not check:
        for folder, generated in zip(ROOT, (crds(), json_schemas()), strict=True):
            generated.write(folder)
        say(f"{len(stale)} files written" if stale else "nothing to write: all files are current")
    elif stale:
        say(f"stale: {', '.join(map(str, stale))}; run `mto schema`")
        raise typer.Exit(1)


@app.command("crds")
def crds_() -> None:
    """Print the CustomResourceDefinitions as YAML, ready for `kubectl apply --server-side -f -`."""
    typer.echo(crds().joined, nl=False)


@app.command("json")
def json_() -> None:
    """Print one JSON Schema for all kinds, for editors."""
    typer.echo(json_schemas().joined, nl=False)


def _differing(folder: Path, generated: Generated) -> list[Path]:
    return [folder / name for name in generated.stale(folder)]
