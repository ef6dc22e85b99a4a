"""A rule between the fields of a manifest, stated once for both who enforce it.

The API server reads it in CEL from the CRD, and ``mto check`` asks its Python side. A model names
its rules in ``constraints``; tests/e2e/test_schema.py tries both sides on the same manifests. What
CEL can't say within the API server's limits on cost has a validator of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mto.spec.origin import Path, dotted


@dataclass(frozen=True)
class Constraint:
    """``cel`` is true where the rule holds; ``breaches`` gives the fields that break it.

    ``cel`` is about ``self``, a manifest's part as it was written: what is absent has no default
    there. With ``oldSelf`` in it, which is optional then, it can leave alone what was stored before
    the rule was made. ``field`` is the one that the API server names, of several.
    """

    cel: str
    message: str
    breaches: Callable[[Any], Iterable[Path]]
    field: str = ""

    def schema(self) -> dict[str, Any]:
        """As an entry of ``x-kubernetes-validations``."""
        return {
            "rule": self.cel,
            "message": self.message,
            **({"fieldPath": f".{self.field}"} if self.field else {}),
            **({"optionalOldSelf": True} if "oldSelf" in self.cel else {}),
        }


def unless(holds: Callable[[Any], bool], *path: str) -> Callable[[Any], Iterator[Path]]:
    """``breaches`` of a rule that holds or doesn't; ``path`` is the field to be told."""

    def breaches(value: Any) -> Iterator[Path]:
        if not holds(value):
            yield path

    return breaches


class Broken(ValueError):
    """Rules that a value breaks: where in it, and the rule's message."""

    def __init__(self, found: Iterable[tuple[Path, str]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(_said(*one) for one in self.found))


def enforce(constraints: Iterable[Constraint], value: Any) -> None:
    """Raise ``Broken`` unless all of them hold."""
    found = [(path, one.message) for one in constraints for path in one.breaches(value)]
    if found:
        raise Broken(found)


def _said(path: Path, message: str) -> str:
    return f"{dotted(path)}: {message}" if path else message
