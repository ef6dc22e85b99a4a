"""Progress of long work, on standard error: one live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

import typer

from mto.engine.port import Progress

EVERY = 2.0
"""Seconds between plain lines."""


class Watch:
    """Counts the steps of all stacks; use as a context manager and as an engine's watcher."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live and self._totals:
            typer.echo("\r\x1b[K", err=True, nl=False)

    def __call__(self, progress: Progress) -> None:
        self._totals[progress.stack] = progress.total
        self._done[progress.stack] = progress.done
        now = time.monotonic()
        if now - self._last < (0.1 if self._live else EVERY):
            return
        self._last = now
        done, total = sum(self._done.values()), sum(self._totals.values())
        stacks = len(self._totals)
        where = f"{stacks} stack{'s' if stacks != 1 else ''}"
        told = f"{done} of {total} objects in {where}: {progress.step.object}"
        if self._live:
            typer.echo(f"\r\x1b[K{told[:100]}", err=True, nl=False)
        else:
            typer.echo(told, err=True)
