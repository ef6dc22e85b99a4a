"""A stand-in for Pulumi's CLI, run as a program; see ``tests.support.standin.__main__``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def installed(folder: Path, *, plugin: bool = True) -> Path:
    """A folder for the PATH with the programs ``pulumi`` and, if wanted, the plug-in's."""
    folder.mkdir(parents=True, exist_ok=True)
    start = f'exec env PYTHONPATH="{ROOT}" "{sys.executable}" -m tests.support.standin "$@"'
    _program(folder / "pulumi", start)
    if plugin:
        _program(folder / "pulumi-resource-kubernetes", "exit 1")
    return folder


def _program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o700)
