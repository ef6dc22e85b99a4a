"""One budget over many namespaces: even at first, sticky afterwards, and never handed out twice.

Whole units only (a pod, a thousandth of a core, a Mi): callers convert. The promise, for every key
and at every moment: the sum over namespaces of their *limits* stays within the budget, where the
limit is the larger of what the quota says (spec) and what admission enforces (status). So shrinks
happen in one update, and the growth that they allow in the next.

Kubernetes' admission lets a few objects slip past a limit. They never raise one: a namespace
*holds* what it uses beyond its limit as well, and nobody grows while all together hold more than
the budget.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """One namespace's part of one key, in whole units; ``spec`` is None without a quota."""

    spec: int | None = None
    status: int = 0
    used: int = 0

    @property
    def limit(self) -> int:
        """What the namespace may take."""
        return max(self.spec or 0, self.status)

    @property
    def held(self) -> int:
        """What it may take or has taken already."""
        return max(self.limit, self.used)


def split(
    budget: int,
    shares: Mapping[str, Share],
    *,
    elsewhere: int = 0,
    goal: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """The next ``hard`` of each namespace; ``elsewhere`` is held by namespaces that are leaving.

    ``goal`` is where the parts are to go, if not to their targets.

    Unchanged where the present parts add up to the budget. Newcomers ask for an even part; who
    has most gives first, never below what it uses, and whoever has least grows first. A budget
    cut below use freezes every namespace at what it uses.
    """
    goal = targets(budget, shares) if goal is None else goal
    left = budget - elsewhere
    free = max(0, left - sum(share.limit for share in shares.values()))
    room = max(0, left - sum(share.held for share in shares.values()))
    kept = {name: min(goal[name], share.limit) for name, share in shares.items()}
    # Up to what is used already takes no room, but it must be free to be handed out all the same.
    covered = {name: min(goal[name], share.held) for name, share in shares.items()}
    raised = _raised(kept, covered, free)
    free -= sum(raised.values()) - sum(kept.values())
    return _raised(raised, goal, min(room, free))


def targets(budget: int, shares: Mapping[str, Share]) -> dict[str, int]:
    """Where the parts are heading, without regard to what is still held elsewhere."""
    if not shares:
        return {}
    even = _even(budget, sorted(shares))
    wish = {
        name: even[name] if share.spec is None else share.spec for name, share in shares.items()
    }
    floor = {name: share.used for name, share in shares.items()}
    if sum(floor.values()) >= budget:
        return {name: min(share.used, share.limit) for name, share in shares.items()}
    base = {name: max(part, floor[name]) for name, part in wish.items()}
    total = sum(base.values())
    if total == budget:
        return base
    if total > budget:
        return fill(budget, low=floor, high=base)
    return fill(budget, low=base, high=dict.fromkeys(base, budget))


def _even(budget: int, names: list[str]) -> dict[str, int]:
    each, left = divmod(budget, len(names))
    return {name: each + (position < left) for position, name in enumerate(names)}


def _raised(low: Mapping[str, int], high: Mapping[str, int], more: int) -> dict[str, int]:
    """``more`` units in all on top of ``low``, towards ``high``, whoever has least first."""
    growing = {name: high[name] for name in low if high[name] > low[name]}
    if not growing:
        return dict(low)
    floor = {name: low[name] for name in growing}
    return {**low, **fill(sum(floor.values()) + more, low=floor, high=growing)}


def fill(budget: int, *, low: Mapping[str, int], high: Mapping[str, int]) -> dict[str, int]:
    """Bring all parts as near to one level as their bounds allow, and together up to the budget.

    The last few units, fewer than there are parts at that level, go by name.
    """

    def at(level: int) -> dict[str, int]:
        return {name: max(low[name], min(high[name], level)) for name in low}

    def too_much(level: int) -> bool:
        return sum(at(level).values()) > budget

    top = max(high.values(), default=0)
    level = bisect_left(range(1, top + 1), 1, key=too_much)
    parts = at(level)
    able = [name for name in sorted(low) if low[name] <= level < high[name]]
    lucky = frozenset(able[: budget - sum(parts.values())])
    return {name: part + (name in lucky) for name, part in parts.items()}
