"""Writing a small file whole or not at all.

The content goes to a hidden neighbour ``.<name>.<random>.tmp``, which then takes the name's
place: whoever reads finds the old file or the new one. A killed run leaves such a neighbour
behind; ``sweep`` removes it.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from mto.state.errors import StateUnwritable

_SUFFIX = ".tmp"


def write(path: Path, content: bytes, *, durable: bool, aside: Path | None = None) -> None:
    """Put the content in the place of ``path``; folders are made. Raises StateUnwritable.

    ``durable`` waits until the disk has the content, so that a power cut, too, leaves the old file
    or the new one. (Which of them is up to the file system: its folder is not flushed.)
    ``aside`` is a folder of the same file system for the half written file.
    """
    temporary = (aside or path.parent) / f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fill(temporary, content, durable=durable)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):  # a neighbour that stays is swept later; the first error counts
            temporary.unlink(missing_ok=True)
        raise StateUnwritable(str(path), error) from error


def sweep(folder: Path, *, older_than: float, prefix: str = "") -> None:
    """Remove what killed runs left half written in ``folder``.

    ``older_than`` is a time in seconds since the epoch: what is younger may still be under way.
    """
    try:
        found = [entry for entry in folder.iterdir() if _temporary(entry.name, prefix)]
    except OSError:  # not there yet; whatever else is wrong, the write to come will say
        return
    for entry in found:
        with suppress(OSError):  # another process sweeps too, or the folder is read-only
            if entry.stat().st_mtime < older_than:
                entry.unlink()


def _temporary(name: str, prefix: str) -> bool:
    return name.startswith(f".{prefix}") and name.endswith(_SUFFIX)


def _fill(path: Path, content: bytes, *, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Unlink; what is not there is fine. Raises StateUnwritable."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StateUnwritable(str(path), error) from error
