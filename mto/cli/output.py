"""What commands print: data on stdout, one format at a time. Messages go to stderr, elsewhere."""

from __future__ import annotations

import enum
import json
import sys
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

if TYPE_CHECKING:
    from rich.table import Table

    from mto.service.status import NamespaceStatus


class Format(enum.StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


OutputOption = Annotated[Format, typer.Option("--output", "-o", help="How to print the result.")]


def print_data(data: Any, output: Format) -> None:
    """JSON or YAML of plain data (dicts, lists, text, numbers), alone on stdout."""
    if output is Format.JSON:
        typer.echo(json.dumps(data, indent=2))
    else:
        typer.echo(yaml.safe_dump(data, sort_keys=False), nl=False)


def print_table(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> None:
    """Folded and bold on a terminal; plain aligned columns elsewhere, one line a row."""
    texts = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(texts, columns)
        return
    lines = [list(columns), *texts]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("   ".join(cells).rstrip())


def table(
    rows: Sequence[Sequence[str]], columns: Sequence[str], *, bold: Container[int] = ()
) -> Table:
    """For a terminal of any width; ``bold`` are the numbers of rows that stand out."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 3, 0, 0))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for number, row in enumerate(rows):
        drawn.add_row(*(Text(cell) for cell in row), style="bold" if number in bold else None)
    return drawn


def _print_rich(rows: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    from rich.console import Console

    Console().print(table(rows, columns))


def say(text: str) -> None:
    """A message for a person: stderr, so that stdout stays data."""
    typer.echo(text, err=True)


def use(namespace: NamespaceStatus) -> str:
    """``pods 2/5, requests.cpu 100m/2``."""
    used, hard = namespace.used, namespace.hard
    return ", ".join(f"{key} {used.get(key, '0')}/{limit}" for key, limit in hard.items())
