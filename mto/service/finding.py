"""What an audit found, as data."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mto.errors import EngineError

LONG_AGO = datetime.min.replace(tzinfo=UTC)
EXIT_VIOLATIONS = 3
EXIT_INCOMPLETE = 4


class Result(enum.StrEnum):
    """As PolicyReports say it."""

    FAIL = "fail"
    """The rule refuses the object."""
    WARN = "warn"
    """The rule objects, in mode Warn or Audit."""
    ERROR = "error"
    """The object could not be judged."""


@dataclass(frozen=True, order=True)
class Subject:
    """The object that was looked at."""

    namespace: str
    kind: str
    name: str
    api_version: str = ""
    uid: str = ""


@dataclass(frozen=True, order=True)
class Finding:
    """One rule's objection to one object; an ERROR names no rule where none could judge."""

    tenant: str
    subject: Subject
    rule: str
    result: Result
    message: str


@dataclass(frozen=True)
class Audit:
    """``judged`` counts objects; ``skipped`` those left out, by the reason.

    ``missing`` says what this audit knows nothing about: an incomplete one proves nothing.
    """

    findings: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    judged: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    seconds: float = 0.0
    at: datetime = LONG_AGO

    @property
    def counts(self) -> Mapping[Result, int]:
        return Counter(one.result for one in self.findings)

    @property
    def complete(self) -> bool:
        return not self.missing and not self.counts[Result.ERROR]

    @property
    def exit_code(self) -> int:
        """3 where something breaks a rule, else 4 where not everything could be judged."""
        if self.counts[Result.FAIL]:
            return EXIT_VIOLATIONS
        return 0 if self.complete else EXIT_INCOMPLETE


class NothingInForce(EngineError):
    """There is no rule to audit by."""

    def __init__(self) -> None:
        super().__init__(
            "no rule is in force: the cluster has none of MTO's admission policies; run `mto up` "
            "first, or audit by proposed manifests with --with DIR"
        )
