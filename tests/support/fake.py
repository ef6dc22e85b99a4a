"""Fake programs: shell scripts that say what a test wants said."""

from __future__ import annotations

from pathlib import Path

GO = """\
if [ "$1" = env ]; then echo go1.26.8; exit; fi
echo "$@" >> {record}
while [ "$1" != -o ]; do shift; done
target=$2; shift 2
case "$target" in
    */) for package in "$@"; do echo built > "$target$(basename "$package")"; done;;
    *) echo built > "$target";;
esac
"""


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def go(folder: Path) -> Path:
    """A ``go`` that builds everything at once; what it was asked for stands in ``go.record``."""
    record = folder / "go.record"
    program(folder / "go", GO.format(record=record))
    return record
