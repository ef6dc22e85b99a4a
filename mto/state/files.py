"""Writing a small file whole or not at all.

The content goes to a hidden neighbour ``.<name>.<random>.tmp``, which then takes the name's
place: whoever reads finds the old file or the new one. A killed run leaves such a neighbour
behind; ``sweep`` removes it.
"""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from mto.state.errors import StateUnwritable

_SUFFIX = ".tmp"
_CAN_NOT_FLUSH_A_FOLDER = {errno.EINVAL, errno.ENOTSUP}
"""Said by file systems that keep names safe by themselves, or not at all (SMB, some of FUSE)."""


def write(path: Path, content: bytes, *, durable: bool, aside: Path | None = None) -> None:
    """Put the content in the place of ``path``; folders are made. Raises StateUnwritable.

    ``durable`` waits until the disk has the content and its name: whoever was told that it is
    written finds it after a power cut. Failing in the last moment, it may be there all the same.
    ``aside`` is a folder of the same file system for the half written file.
    """
    temporary = (aside or path.parent) / f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}"
    try:
        changed = [path.parent, *_made(path.parent)]
        _fill(temporary, content, durable=durable)
        temporary.replace(path)
        if durable:
            for folder in changed:
                _flush(folder)
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


def _made(folder: Path) -> list[Path]:
    """Make a folder with all above it; those in which something was made."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return [one.parent for one in missing]


def _flush(folder: Path) -> None:
    """A file's name lasts only when its folder was flushed as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CAN_NOT_FLUSH_A_FOLDER:
            raise
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Unlink; what is not there is fine. Raises StateUnwritable."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StateUnwritable(str(path), error) from error
