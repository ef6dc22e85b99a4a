"""One thing that is wrong in a manifest, as its author reads it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from mto.errors import SpecError
from mto.spec.origin import Origin, Path, dotted


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong, and where. Sorts by file and line."""

    source: str
    line: int
    """1-based; 0 where no line is known."""
    field: str
    """Path of the field as people write it: ``spec.quota``; empty for a whole manifest."""
    message: str

    @classmethod
    def at(cls, origin: Origin, path: Path, message: str) -> Self:
        return cls(origin.source, origin.line(path) or 0, dotted(path), message)

    @override
    def __str__(self) -> str:
        """``tenants/blue.yaml:12: spec.accessControl.owner: unknown field; did you mean …``."""
        place = f"{self.source}:{self.line}" if self.line else self.source
        return ": ".join(part for part in (place, self.field, self.message) if part)


class Note(Problem):
    """A warning: it works, but perhaps not as it was meant."""


class ManifestErrors(SpecError):
    """Everything that is wrong with the manifests of one run, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def near(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'owners'?``, or nothing."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""
