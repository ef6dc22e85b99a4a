"""What conversions share: fields that move, and the lines that they had before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from typing_extensions import override

from mto.spec.origin import Origin, Path
from mto.spec.problem import Problem

Manifest: TypeAlias = dict[str, Any]
Moves: TypeAlias = tuple[tuple[Path, Path], ...]
"""Where each field came from, and went to; the first that fits counts."""


@dataclass(frozen=True)
class Converted:
    """The newer manifests, and what their author should know.

    ``moves`` are those of each kind that was made. ``problems`` are mistakes in the older
    version's own terms; then there are no manifests.
    """

    manifests: tuple[Manifest, ...] = ()
    warnings: tuple[tuple[Path, str], ...] = ()
    moves: Mapping[str, Moves] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def origin(self, manifest: Manifest, old: Origin) -> Origin:
        """Where ``manifest``, which was made from the one at ``old``, has its fields."""
        return Origin(old.source, Moved(old.lines, self.moves.get(manifest["kind"], ())))


@dataclass(frozen=True)
class Moved(Mapping[Path, int]):
    """Lines of the older manifest, asked for by paths of the newer one."""

    lines: Mapping[Path, int]
    moves: Moves

    @override
    def __getitem__(self, path: Path) -> int:
        for old, new in self.moves:
            if path[: len(new)] == new:
                return self.lines[(*old, *path[len(new) :])]
        return self.lines[path]

    @override
    def __iter__(self) -> Iterator[Path]:
        return iter(self.lines)

    @override
    def __len__(self) -> int:
        return len(self.lines)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def get(value: Any, path: Path) -> Any:
    for part in path:
        value = mapping(value).get(str(part))
    return value


def put(spec: Manifest, path: Path, value: Any) -> None:
    """Sets the field, with the mappings around it; those that are shared are copied before."""
    for part in path[:-1]:
        inner = spec.get(str(part))
        spec[str(part)] = dict(inner) if isinstance(inner, dict) else {}
        spec = spec[str(part)]
    spec[str(path[-1])] = value
