"""A small disk of the test's own: it can be filled, and become read-only."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Disk:
    path: Path

    def fill(self) -> None:
        """Until not a byte fits any more."""
        with (self.path / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                return

    def make_room(self) -> None:
        (self.path / "filler").unlink()

    def writable(self, *, so: bool) -> None:
        _run("mount", "-o", f"remount,{'rw' if so else 'ro'}", str(self.path))


@contextmanager
def mounted(path: Path, size: str) -> Iterator[Disk]:
    """In memory; skips the test where mounting is not allowed, as for most users."""
    path.mkdir(parents=True)
    if not _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)):
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield Disk(path)
    finally:
        _run("umount", "--lazy", str(path))


def _run(*words: str) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
