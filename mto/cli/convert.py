"""``mto convert``: older manifests rewritten in the newest version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from mto.cli.output import say
from mto.sources.conversion import converted_file


def convert(
    files: Annotated[list[Path], typer.Argument(help="Files with older manifests.", exists=True)],
    write: Annotated[
        bool, typer.Option("--write", help="Replace the files instead of printing.")
    ] = False,
) -> None:
    """Rewrite older manifests; what has moved to other kinds becomes further documents."""
    for path in files:
        found = converted_file(path)
        for warning in found.warnings:
            say(f"warning: {warning}")
        text = "---\n".join(
            yaml.safe_dump(one, sort_keys=False, allow_unicode=True) for one in found.manifests
        )
        if not write:
            typer.echo(text if path is files[0] else f"---\n{text}", nl=False)
        elif found.changed:
            path.write_text(text, encoding="utf-8")
            say(f"{path}: rewritten")
        else:
            say(f"{path}: already in the newest version")
