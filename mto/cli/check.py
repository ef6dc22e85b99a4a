"""``mto check``: are the manifests right? Nothing of the cluster is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mto.cli.output import Format, OutputOption, print_data, say
from mto.sources.files import read_world
from mto.spec.problem import ManifestErrors


def check(
    path: Annotated[Path, typer.Argument(help="A file or folder of manifests.")] = Path("tenants"),
    output: OutputOption = Format.TABLE,
) -> None:
    """Check manifests; every problem of the run is told, with file, line and field."""
    try:
        world = read_world(path)
    except ManifestErrors as error:
        if output is not Format.TABLE:
            problems = [
                {"file": one.source, "line": one.line, "field": one.field, "message": one.message}
                for one in error.problems
            ]
            print_data({"ok": False, "problems": problems, "warnings": []}, output)
        raise
    if output is not Format.TABLE:
        print_data({"ok": True, "problems": [], "warnings": list(world.warnings)}, output)
        return
    for warning in world.warnings:
        say(f"warning: {warning}")
    typer.echo(
        f"{path}: {len(world.tenants)} tenants, {len(world.quotas)} quotas, "
        f"{len(world.extensions)} extensions: valid"
    )
