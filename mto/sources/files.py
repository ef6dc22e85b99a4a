"""Manifests in files: a folder, its folders, or one file.

``read_files`` keeps the files apart, so that a service can go on without a broken one;
``read_world`` wants everything to be right and tells everything that is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mto.errors import UsageError
from mto.sources.yaml import MAX_BYTES, read, too_long
from mto.spec import kinds
from mto.spec.base import Spec
from mto.spec.origin import Declared
from mto.spec.problem import ManifestErrors, Note, Problem
from mto.spec.world import Broken, World, build_world

SUFFIXES: Final = (".yaml", ".yml")


@dataclass(frozen=True)
class FileResult:
    """What one file declares, by itself. ``read`` is false where not all of it could be read."""

    path: Path
    declared: tuple[Declared[Spec], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    claims: frozenset[tuple[str, str]] = frozenset()
    read: bool = True


def read_world(path: Path) -> World:
    """The world that ``path``, a folder or a file, declares; raises ManifestErrors, UsageError."""
    results = read_files(path)
    world, problems = join(results)
    problems = (*problems, *(one for result in results for one in result.problems))
    if problems:
        raise ManifestErrors(problems)
    return world


def join(results: Iterable[FileResult]) -> tuple[World, tuple[Problem, ...]]:
    """The world of what could be read, and what is wrong *between* manifests."""
    results = tuple(results)
    broken = Broken(
        frozenset(claim for one in results if one.problems for claim in one.claims),
        unread=not all(one.read for one in results),
    )
    return build_world(
        (declared for one in results for declared in one.declared),
        notes=(note for one in results for note in one.notes),
        broken=broken,
    )


def read_files(path: Path) -> tuple[FileResult, ...]:
    """Every file under ``path`` by itself, in the order of their paths; raises UsageError."""
    return tuple(read_file(one) for one in paths(path))


def read_file(path: Path) -> FileResult:
    """One file; whatever is wrong with it is among its problems."""
    source = str(path)
    try:
        size = path.stat().st_size
        text = b"" if size > MAX_BYTES else path.read_bytes()
    except OSError as error:
        said = f"can't be read: {error.strerror or error}"
        return FileResult(path, problems=(Problem(source, 0, "", said),), read=False)
    found = too_long(source, size) if size > MAX_BYTES else read(source, text)
    if not found.documents and not found.problems:
        what = "holds no manifest" if text.strip() else "is empty"
        return FileResult(path, notes=(Note(source, 0, "", f"{what}; nothing is declared here"),))
    parts = [kinds.read(one.data, one.origin) for one in found.documents]
    return FileResult(
        path,
        tuple(one for part in parts for one in part.declared),
        (*found.problems, *(one for part in parts for one in part.problems)),
        (*found.notes, *(one for part in parts for one in part.notes)),
        frozenset(one for part in parts for one in part.claims),
        read=found.complete and not any(part.lost for part in parts),
    )


def paths(path: Path) -> tuple[Path, ...]:
    """Every manifest file under ``path``, in the order of their paths; raises UsageError."""
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; manifests are read from there")
    return tuple(sorted(_manifests(path, set()))) if path.is_dir() else (path,)


def _manifests(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Files by suffix; hidden ones are skipped, and folders that a link leads back to.

    What can't be listed or is a broken link is among them, for ``read_file`` to say why.
    """
    try:
        status = folder.stat()
        with os.scandir(folder) as found:
            entries = [one for one in found if not one.name.startswith(".")]
    except OSError:
        yield folder
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in sorted(entries, key=lambda one: one.name):
        path = folder / entry.name
        if path.is_dir() if entry.is_symlink() else entry.is_dir():
            yield from _manifests(path, seen)
        elif entry.name.endswith(SUFFIXES) and (
            path.is_file() or not path.exists() if entry.is_symlink() else entry.is_file()
        ):
            yield path
