"""Where a declared value comes from, so that every message and every resource can say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, TypeVar

Path = tuple[str | int, ...]
"""Path of a field within a manifest: ``("spec", "namespaces", "withTenantPrefix", 0)``."""


def dotted(path: Path) -> str:
    """``spec.namespaces.withTenantPrefix[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True)
class Origin:
    """A manifest's place: its source as people know it, and the line of each of its fields.

    ``in_cluster``: it is a custom resource, so none is made to show it.
    """

    source: str
    lines: Mapping[Path, int] = field(default_factory=dict, compare=False, repr=False)
    in_cluster: bool = False

    def line(self, path: Path = ()) -> int | None:
        """Line of the field, or of the nearest field around it; 1-based."""
        for end in range(len(path), -1, -1):
            if (found := self.lines.get(path[:end])) is not None:
                return found
        return None

    def at(self, *path: str | int) -> str:
        """``tenants/blue.yaml:12 spec.quota``: what ``because`` of a resource starts with."""
        line = self.line(path)
        place = f"{self.source}:{line}" if line else self.source
        return f"{place} {dotted(path)}" if path else place


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Declared(Generic[T_co]):
    """A validated manifest and where it stands."""

    value: T_co
    origin: Origin


D = TypeVar("D", bound=Declared[Any])
R = TypeVar("R")


def once(ask: Callable[[D], R]) -> Callable[[D], R]:
    """What is asked of a manifest by itself is asked once: it never changes.

    The answer is kept with the manifest and goes with it, so that a world of a thousand tenants
    is checked again at the price of those that are new in it.
    """
    name = f"{ask.__module__}.{ask.__qualname__}"

    @wraps(ask)
    def answer(declared: D) -> R:
        known = declared.__dict__  # no field: takes no part in comparisons, nor in ``replace``
        if name not in known:
            known[name] = ask(declared)
        found: R = known[name]
        return found

    return answer
