"""What an engine does with a plan, whichever engine it is.

Results are data: they can be printed, compared and turned into JSON. A dry run and a real run give
the same steps in the same order.
"""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from typing_extensions import override

from mto.plan.resource import Plan


class EngineName(enum.StrEnum):
    """Who carries plans out; ``AUTO`` chooses for each stack."""

    AUTO = "auto"
    DIRECT = "direct"
    PULUMI = "pulumi"


class Op(enum.StrEnum):
    """What happens to one resource. ``FORGET`` leaves the object and drops it from the state."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"


@dataclass(frozen=True)
class Change:
    """One field that differs: dotted path, and values as JSON has them; ``None`` means absent."""

    path: str
    before: Any
    after: Any

    @override
    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.path}: {_short(self.after)}"
        if self.after is None:
            return f"- {self.path}: {_short(self.before)}"
        return f"~ {self.path}: {_short(self.before)} → {_short(self.after)}"


@dataclass(frozen=True)
class Step:
    """One resource's part of an update; ``object`` is its address: KIND/NAMESPACE/NAME."""

    op: Op
    urn: str
    object: str
    because: str = ""
    changes: tuple[Change, ...] = ()
    deleted_with: str = ""


@dataclass(frozen=True)
class Failure:
    """A step that was not carried out, and why. ``skipped``: something it depends on failed."""

    step: Step
    message: str
    skipped: bool = False


@dataclass(frozen=True)
class Result:
    """What one operation on one stack did, or would do.

    ``engine`` did it; ``chosen`` says why that one, where there is something to say.
    """

    stack: str
    steps: tuple[Step, ...] = ()
    failures: tuple[Failure, ...] = ()
    diagnostics: tuple[str, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False
    engine: str = ""
    chosen: str = ""

    @property
    def ok(self) -> bool:
        return not self.failures and not self.interrupted

    @property
    def changes(self) -> tuple[Step, ...]:
        """Steps that do something to the cluster, or to the record of it."""
        return tuple(step for step in self.steps if step.op is not Op.SAME)

    @property
    def counts(self) -> Mapping[Op, int]:
        return Counter(step.op for step in self.steps)


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps of a stack are behind us; ``step`` was the last one."""

    stack: str
    step: Step
    done: int
    total: int


Watcher = Callable[[Progress], None]


@dataclass(frozen=True)
class Basis:
    """The state's mark from before the look at the cluster on which a plan rests.

    Whoever carries the plan out compares it under the stack's lock: a plan that rests on what was
    there before another run might hand out for a second time what that one gave away.
    """

    mark: Hashable


class Engine(Protocol):
    """Carries plans out. Every call has a deadline in seconds and raises only MtoErrors."""

    name: str
    stop: asyncio.Event
    """Set, it ends every operation cleanly: what is under way is finished and recorded."""

    async def preview(self, plan: Plan, *, deadline: float, refresh: bool = False) -> Result:
        """The steps that ``up`` would take; nothing is written.

        ``refresh`` takes what is live into account first, as does that of ``up``.
        """
        ...

    async def up(
        self,
        plan: Plan,
        *,
        deadline: float,
        watch: Watcher,
        refresh: bool = False,
        basis: Basis | None = None,
    ) -> Result:
        """Make the cluster and the state as the plan says, as far as it goes.

        Raises PlanOutdated where the state is not that of ``basis`` any more; an engine whose lock
        is not ours to hold can't tell, and goes on.
        """
        ...

    async def refresh(
        self, stack: str, *, deadline: float, dry_run: bool, only: Collection[str] | None = None
    ) -> Result:
        """Take what is live into the state: drift becomes visible, the next ``up`` undoes it.

        ``only`` are URNs; nothing else is looked at then.
        """
        ...

    async def destroy(
        self, stack: str, *, deadline: float, watch: Watcher, dry_run: bool
    ) -> Result:
        """Delete everything that the state records."""
        ...


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - one line on a terminal
