"""What `mto verify` found, as data."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mto.service.finding import EXIT_INCOMPLETE, EXIT_VIOLATIONS, LONG_AGO


class Status(enum.StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    """All that must be refused was, and all that must pass did."""
    FAIL = "fail"
    """Something was possible that the settings forbid."""
    OPEN = "open"
    """Something was possible, and the settings leave it so; the reason says which."""
    UNKNOWN = "unknown"
    """No proof: a control did not pass, or something else than a rule refused."""
    SKIP = "skip"
    """The check has no meaning for this tenant."""


@dataclass(frozen=True)
class Outcome:
    """What became of one request. ``by`` says who refused: RBAC, a policy, Pod Security.

    ``proves`` is false where what refused is no rule: an invalid manifest, a full quota.
    """

    what: str
    refused: bool
    by: str = ""
    said: str = ""
    proves: bool = True


@dataclass(frozen=True)
class Line:
    """One check of one tenant. ``possible`` are sentences of what could be done."""

    id: str
    title: str
    category: str
    tenant: str
    status: Status
    reason: str = ""
    possible: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    refused_by: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0


@dataclass(frozen=True)
class Report:
    """``missing`` says which tenants were not looked at, and why."""

    lines: tuple[Line, ...] = ()
    missing: tuple[str, ...] = ()
    real: bool = False
    seconds: float = 0.0
    at: datetime = LONG_AGO

    @property
    def counts(self) -> Mapping[Status, int]:
        return Counter(one.status for one in self.lines)

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.lines)

    def exit_code(self, *, strict: bool = False) -> int:
        """3 where isolation is broken (``strict``: or left open), else 4 where it isn't proven."""
        counts = self.counts
        if counts[Status.FAIL] or (strict and counts[Status.OPEN]):
            return EXIT_VIOLATIONS
        return EXIT_INCOMPLETE if counts[Status.UNKNOWN] or self.missing else 0


@dataclass(frozen=True)
class About:
    """Which check, of which tenant."""

    id: str
    title: str
    category: str
    tenant: str


def line(  # noqa: PLR0913 - what a verdict is made of, all by keyword
    about: About,
    *,
    controls: tuple[Outcome, ...],
    tries: tuple[Outcome, ...],
    facts: tuple[str, ...] = (),
    doubts: tuple[str, ...] = (),
    left_open: str = "",
) -> Line:
    """The verdict on one check; without proof that compliant requests pass it is unknown."""
    possible = (*facts, *dict.fromkeys(one.what for one in tries if not one.refused))
    unproven = (
        *(f"{one.what}: must pass, was refused: {one.said}" for one in controls if one.refused),
        *(f"{one.what}: {one.said}" for one in tries if one.refused and not one.proves),
        *doubts,
    )
    status, reason = Status.PASS, ""
    if possible:
        status, reason = (Status.OPEN, left_open) if left_open else (Status.FAIL, "")
    elif unproven:
        status = Status.UNKNOWN
    by = Counter(one.by for one in tries if one.refused and one.proves)
    return Line(
        about.id,
        about.title,
        about.category,
        about.tenant,
        status,
        reason,
        possible,
        unproven,
        dict(sorted(by.items())),
        len(controls) + len(tries),
    )
