"""What an engine refuses to do, or can't.

EngineError
├── Unsupported      a resource that only the other engine can run (exit 2)
├── NeedsCli         the same of a whole stack, with all such resources (exit 2)
├── ForeignObject    the object exists and is somebody else's
├── Relabelled       a namespace that is to go was handed on, or taken out of its tenant
├── Protected        the resource is protected from deletion
├── PlanOutdated     another run changed the stack while this one was planning
└── DeadlineExceeded the operation took longer than it may
"""

from __future__ import annotations

from collections.abc import Iterable

from mto.errors import EngineError


class Unsupported(EngineError):
    """The stack has a resource that only Pulumi's CLI can run."""

    exit_code = 2

    def __init__(self, urn: str, reason: str) -> None:
        super().__init__(f"{urn}: {reason}; the direct engine can't run it, use --engine pulumi")
        self.urn = urn


class NeedsCli(EngineError):
    """The stack has resources that only Pulumi's CLI can run; nothing of it was touched."""

    exit_code = 2

    def __init__(self, stack: str, reasons: Iterable[str], advice: str) -> None:
        super().__init__(
            f"stack {stack!r} has what only Pulumi's CLI can run: {', '.join(reasons)}; {advice}"
        )


class ForeignObject(EngineError):
    """MTO never takes an object over unasked."""

    def __init__(self, target: str, owner: str) -> None:
        super().__init__(
            f"{target} exists and is not MTO's: {owner}. Choose another name, delete it, or hand "
            f'it over by annotating it with mto.stakater.com/adopt: "true"'
        )
        self.target = target


class Relabelled(EngineError):
    """Whoever changed the labels since may not want the namespace deleted."""

    def __init__(self, target: str, label: str, recorded: str | None) -> None:
        marked = f"{label}={recorded}" if recorded else f"nothing as {label}"
        super().__init__(
            f"{target} was made with {marked} and MTO's marker, and its labels say something else "
            "now, so it is not deleted. Put them back to let it go, or delete it yourself"
        )
        self.target = target


class Protected(EngineError):
    """A protected resource is to be deleted."""

    def __init__(self, urn: str) -> None:
        super().__init__(f"{urn} is protected from deletion; take the protection off first")
        self.urn = urn


class PlanOutdated(EngineError):
    """What the plan rests on was looked at before another run changed it. Nothing was done."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"stack {stack!r} was changed by another run again and again while this one was "
            "planning; nothing was done. Run again when nobody else does"
        )
        self.stack = stack


class DeadlineExceeded(EngineError):
    """What was done until then is recorded; the next run goes on from there."""

    def __init__(self, stack: str, seconds: float) -> None:
        super().__init__(
            f"stack {stack!r}: not finished after {seconds:g} s; what was done is recorded, "
            "run again to go on, or allow more time with --timeout"
        )
        self.stack = stack
