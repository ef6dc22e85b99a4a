"""The folder of manifests, read again where something changed.

What a notification names is not relied upon: whatever it says, the stamps of all files are
compared, which costs microseconds a file and also sees links that were switched to another folder
(git-sync, mounted ConfigMaps) and changes on file systems that notify of nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import awatch

from mto.sources.files import FileResult, paths, read_file

STEP = 30
"""Milliseconds without a further change after which a burst counts as over."""
BURST = 400
"""Milliseconds after which a burst that does not end is read all the same."""
LOOK_SECONDS = 20.0
"""So often the stamps are compared without a notification."""

Stamp = tuple[int, int, int, int]


class Folder:
    """``files`` are the results of the last reading, by path; a reading replaces the mapping."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamps: dict[Path, Stamp] = {}
        self.files: dict[Path, FileResult] = {}

    def read(self) -> bool:
        """Read what changed; True where anything did.

        Raises UsageError where the folder itself is not there: its files are not gone then.
        """
        found = {one: _stamp(one) for one in paths(self._path)}
        if found == self._stamps:
            return False
        files: dict[Path, FileResult] = {}
        for one, stamp in found.items():
            known = self.files.get(one) if self._stamps.get(one) == stamp else None
            files[one] = known or read_file(one)
        self.files, self._stamps = files, found
        return True

    async def changes(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """One item whenever it may be worth reading, until ``stop``."""
        while not stop.is_set():
            try:
                async for _ in awatch(
                    self._root(),
                    debounce=BURST,
                    step=STEP,
                    stop_event=stop,
                    rust_timeout=int(LOOK_SECONDS * 1000),
                    yield_on_timeout=True,
                ):
                    yield
            except OSError:  # it is not there, or not yet there again
                await asyncio.sleep(1.0)
                yield

    def _root(self) -> Path:
        """A file is replaced, and a link switched, in the folder around it."""
        inside = self._path.is_dir() and not self._path.is_symlink()
        return self._path.resolve() if inside else self._path.parent.resolve()


def _stamp(path: Path) -> Stamp:
    """Of the file that a link leads to; of a broken one a stamp that no file has."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
