"""``mto schema``: CRDs, JSON Schemas and reference pages, generated from the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mto.cli.output import say
from mto.cli.reference import pages
from mto.sources.generated import Generated, generated
from mto.spec.schema import crd_files, json_schemas

app = typer.Typer(help="CRDs, JSON Schemas and reference pages, generated from the code.")


@app.callback(invoke_without_command=True)
def schema(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a file is stale.")
    ] = False,
) -> None:
    """Write deploy/crds/, deploy/service/, docs/schemas/ and docs/reference/, or check them."""
    if context.invoked_subcommand is not None:
        return
    from mto.cli.main import app as whole  # which imports this module

    folders = (*generated(Path()), Generated(Path("docs", "reference"), pages(whole)))
    if check:
        if stale := [path for folder in folders for path in folder.stale()]:
            say(f"stale: {', '.join(map(str, stale))}; run `mto schema`")
            raise typer.Exit(1)
        return
    written = [path for folder in folders for path in folder.write()]
    for path in written:
        typer.echo(path)
    if not written:
        say("nothing to write: every file is current")


@app.command("crds")
def crds_() -> None:
    """Print the CustomResourceDefinitions, ready for `kubectl apply --server-side -f -`."""
    typer.echo("---\n".join(crd_files().values()), nl=False)


@app.command("json")
def json_() -> None:
    """Print the JSON Schemas, by kind, for editors."""
    typer.echo(json.dumps(json_schemas(), indent=2, ensure_ascii=False))
