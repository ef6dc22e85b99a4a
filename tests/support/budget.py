"""What a history says about budgets: what was handed out, what was used, who went without.

The rule: for each key, over the tenant's namespaces, the sum of ``max(spec.hard, status.hard)`` is
never above the budget. In a namespace that is going nothing can be created any more, so it counts
for what it used when its deletion began, less what went since. (An object that was admitted at that
very moment is counted late; it slipped past, as others do, and is among what is used.) After a cut
the sum may be above the budget until what was handed out is taken back, and never grows meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple

from mto.spec.quantity import parse
from tests.support.history import History, Kind, Moment, Object, Summary

NAMESPACE: Final[Kind] = ("v1", "Namespace")
QUOTA: Final[Kind] = ("v1", "ResourceQuota")
REPLICAS: Final[Kind] = ("apps/v1", "ReplicaSet")
DECLARED: Final[Kind] = ("tenantoperator.stakater.com/v1beta1", "Quota")

Amounts = Mapping[str, Fraction]


class Space(NamedTuple):
    tenant: str
    going: bool
    asking: bool


class Share(NamedTuple):
    spec: Amounts
    status: Amounts
    used: Amounts

    def hard(self, key: str) -> Fraction:
        return max(self.spec.get(key, NOTHING), self.status.get(key, NOTHING))


NOTHING = Fraction(0)
UNDER_WAY = 10.0
"""Seconds after a cut in which an update that knows nothing of it may end."""
EMPTY = Share({}, {}, {})


def _amounts(hard: Mapping[str, object] | None) -> Amounts:
    return {key: parse(str(one)) for key, one in (hard or {}).items()}


def _space(live: Object) -> Space:
    metadata = live["metadata"]
    return Space(
        (metadata.get("labels") or {}).get("stakater.com/tenant", ""),
        "deletionTimestamp" in metadata,
        "mto.stakater.com/request-quota" in (metadata.get("annotations") or {}),
    )


def _share(live: Object) -> Share:
    status = live.get("status") or {}
    return Share(
        _amounts(live["spec"].get("hard")),
        _amounts(status.get("hard")),
        _amounts(status.get("used")),
    )


def _short(live: Object) -> int:
    """Pods that a controller has yet to make."""
    made = (live.get("status") or {}).get("replicas", 0)
    return max(0, int(live["spec"].get("replicas", 0)) - int(made))


KINDS: Final[Mapping[Kind, Summary]] = {
    NAMESPACE: _space,
    QUOTA: _share,
    REPLICAS: _short,
    DECLARED: lambda live: _amounts(live["spec"]["resourcequota"]["hard"]),
}


@dataclass
class State:
    """The cluster at one instant, as far as it matters here. ``budget`` is the tenant's."""

    tenant: str
    budget: Amounts = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    short: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    left: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    """What is left of the use of namespaces that are going."""

    def take(self, moment: Moment) -> None:
        self._take(moment)
        name = moment.ref.namespace or moment.ref.name
        space, share = self.spaces.get(name), self.shares.get(name, EMPTY)
        if space is None or not space.going:
            self.left.pop(name, None)
        else:
            before = self.left.get(name, share.used)
            self.left[name] = {
                key: min(one, share.used.get(key, NOTHING)) for key, one in before.items()
            }

    def _take(self, moment: Moment) -> None:
        ref, live = moment.ref, moment.live
        if ref.kind == "ReplicaSet":
            _put(self.short[ref.namespace], ref.name, live or None)
        elif ref.kind == "Namespace":
            _put(self.spaces, ref.name, live)
        elif ref.kind == "ResourceQuota" and ref.name == "mto":
            _put(self.shares, ref.namespace, live)
        elif ref.kind == "Quota" and ref.name == self.tenant and live is not None:
            self.budget = live

    def own(self) -> Iterator[tuple[Space, str, Share]]:
        for name, space in self.spaces.items():
            if space.tenant == self.tenant:
                yield space, name, self.shares.get(name, EMPTY)

    def handed_out(self, key: str) -> Fraction:
        held = (
            min(self.left[name].get(key, NOTHING), share.hard(key))
            if space.going
            else share.hard(key)
            for space, name, share in self.own()
        )
        return sum(held, NOTHING)

    def used(self, key: str) -> Fraction:
        return sum((share.used.get(key, NOTHING) for _, _, share in self.own()), NOTHING)

    def starving(self, key: str) -> frozenset[str]:
        """Namespaces whose controllers are refused while others hold what they don't use.

        What somebody asked for by annotation is meant to be kept free.
        """
        live = [(space, name, share) for space, name, share in self.own() if not space.going]
        free = {name: share.hard(key) - share.used.get(key, NOTHING) for _, name, share in live}
        if sum(one for one in free.values() if one < 0) + self.used(key) >= self.budget.get(key, 0):
            return frozenset()
        kept = {name for space, name, _ in live if space.asking}
        slack = sum(one for name, one in free.items() if one > 0 and name not in kept)
        if slack < 1:
            return frozenset()
        return frozenset(
            name for name, one in free.items() if one <= 0 and any(self.short[name].values())
        )

    def told(self, key: str) -> str:
        """For a failing test's message."""
        rows = ", ".join(
            f"{name}{' (going)' if space.going else ''} "
            f"{float(share.spec.get(key, NOTHING)):g}/{float(share.status.get(key, NOTHING)):g}/"
            f"{float(share.used.get(key, NOTHING)):g}"
            for space, name, share in sorted(self.own(), key=lambda one: one[1])
        )
        return f"spec/status/used: {rows}"


def _put(into: dict[str, Any], name: str, live: Any) -> None:
    if live is None:
        into.pop(name, None)
    else:
        into[name] = live


@dataclass
class Bound:
    """A ceiling that follows the budget up at once, and down as what lies under it comes down.

    Not at once, since an update that began under the former budget may still be under way.
    """

    ceiling: Fraction = NOTHING
    budget: Fraction = NOTHING
    since: float = 0.0

    def move(self, budget: Fraction, amount: Fraction, now: float) -> Fraction:
        """How far ``amount`` is above it now."""
        if budget != self.budget:
            self.budget, self.since = budget, now
        self.ceiling = max(self.ceiling, budget)
        over = max(NOTHING, amount - self.ceiling)
        if self.ceiling > budget and not over and now - self.since > UNDER_WAY:
            self.ceiling = max(budget, amount)
        return over


@dataclass
class Excess:
    """How far, how often and how long an amount was above its ceiling."""

    bound: Bound = field(default_factory=Bound)
    most: Fraction = NOTHING
    times: int = 0
    seconds: float = 0.0
    told: str = ""
    _since: float | None = None

    def look(self, budget: Fraction, amount: Fraction, moment: Moment) -> bool:
        """True where it went above just now."""
        over = self.bound.move(budget, amount, moment.at)
        if self._since is not None:
            self.seconds += moment.at - self._since
        above = bool(over) and self._since is None
        if above:
            self.times += 1
            self.told = (
                f"revision {moment.version} ({moment.ref}): {float(amount):g} of "
                f"{float(self.bound.ceiling):g}"
            )
        self._since = moment.at if over else None
        self.most = max(self.most, over)
        return above


@dataclass
class Findings:
    """By key. ``handed_out`` is the promise; ``used`` and ``plain`` are compared."""

    moments: int = 0
    handed_out: dict[str, Excess] = field(default_factory=lambda: defaultdict(Excess))
    used: dict[str, Excess] = field(default_factory=lambda: defaultdict(Excess))
    plain: dict[str, Excess] = field(default_factory=lambda: defaultdict(Excess))
    starved: float = 0.0
    told: list[str] = field(default_factory=list)
    last: str = ""


def judged(history: History, *, tenant: str, plain: str = "", keys: Iterable[str]) -> Findings:
    """Every state that there was; ``plain`` is a namespace with one ResourceQuota of its own."""
    judge = _Judge(State(tenant), tuple(keys))
    for moment in history.moments:
        if moment.ref.kind == "ResourceQuota" and moment.ref.namespace == plain:
            judge.alone(moment)
            continue
        judge.state.take(moment)
        if moment.version >= history.since:
            judge.look(moment)
    found = judge.found
    found.last = "; ".join(f"{key}: {judge.state.told(key)}" for key in judge.keys)
    return found


@dataclass
class _Judge:
    state: State
    keys: tuple[str, ...]
    found: Findings = field(default_factory=Findings)
    hungry: dict[str, float] = field(default_factory=dict)

    def alone(self, moment: Moment) -> None:
        """The plain quota."""
        share: Share = moment.live or EMPTY
        for key in self.keys:
            hard, used = share.spec.get(key, NOTHING), share.used.get(key, NOTHING)
            self.found.plain[key].look(hard, used, moment)

    def look(self, moment: Moment) -> None:
        self.found.moments += 1
        for key in self.keys:
            budget = self.state.budget.get(key, NOTHING)
            excess = self.found.handed_out[key]
            if excess.look(budget, self.state.handed_out(key), moment):
                self.found.told.append(f"{key}: {excess.told}; {self.state.told(key)}")
            self.found.used[key].look(budget, self.state.used(key), moment)
        self._feed(self.state.starving("pods"), moment.at)

    def _feed(self, starving: frozenset[str], now: float) -> None:
        for name in [one for one in self.hungry if one not in starving]:
            self.found.starved = max(self.found.starved, now - self.hungry.pop(name))
        for name in starving:
            self.hungry.setdefault(name, now)
