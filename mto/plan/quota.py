"""The tenant's budget as one ResourceQuota in each namespace.

Arithmetic is exact and in whole units (``mto.plan.split``): thousandths of a core, Mi where the
budget is a whole number of them, single bytes or objects elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from mto.plan.demand import leaned, wants
from mto.plan.observed import Observed
from mto.plan.observed import Quota as Live
from mto.plan.split import Share, split, targets
from mto.spec.quantity import family_of, parse, render
from mto.spec.quota import Quota

NAME = "mto"
MEBI = Fraction(1024**2)
NO_QUOTA = Live()


@dataclass(frozen=True)
class Shares:
    """``hard`` by namespace, and the keys whose growth waits for room held elsewhere."""

    hard: Mapping[str, Mapping[str, str]]
    waiting: tuple[str, ...] = ()


def shares(budget: Quota, namespaces: Iterable[str], observed: Observed) -> Shares:
    """Split the budget over the namespaces, as the quotas that are there allow now.

    A namespace that leaves holds all of its part until its deletion has begun, and what is used
    there until it is gone.
    """
    live = observed.quotas
    names = tuple(namespaces)
    hard: dict[str, dict[str, str]] = {name: {} for name in names}
    waiting = []
    for key, amount in sorted(budget.spec.resourcequota.hard.items()):
        unit = _unit(key, parse(amount))
        leaving = {name: _share(live[name], key, unit) for name in live.keys() - set(names)}
        used = sum(share.used for share in leaving.values())
        elsewhere = sum(
            share.held - share.used
            for name, share in leaving.items()
            if name not in observed.namespaces or not observed.namespaces[name].terminating
        )
        whole = max(0, floor(parse(amount) / unit) - used)
        present = {name: _share(live.get(name, NO_QUOTA), key, unit) for name in names}
        goal = targets(whole, present)
        if observed.refused is not None:
            refused = {
                name: ceil(parse(amounts[key]) / unit)
                for name, amounts in observed.refused.items()
                if key in amounts
            }
            goal = leaned(whole, goal, present, asked=wants(whole, present, refused))
        parts = split(whole, present, elsewhere=elsewhere, goal=goal)
        over = elsewhere + sum(share.limit for share in present.values()) > whole
        slipped = elsewhere + sum(share.held for share in present.values()) > whole
        for name, part in parts.items():
            most = part * unit
            if over or slipped:
                most = min(most, _held(live.get(name, NO_QUOTA), key, used=not over))
            hard[name][key] = render(most, family_of(amount))
        if parts != goal:
            waiting.append(key)
    return Shares(hard, tuple(waiting))


def manifest(budget: Quota, namespace: str, hard: Mapping[str, str]) -> dict[str, Any]:
    """The ResourceQuota of one namespace."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": limits(budget, hard),
    }


def limits(budget: Quota, hard: Mapping[str, str]) -> dict[str, Any]:
    """The ``spec`` of a quota over these amounts, with the scopes of the budget."""
    quota = budget.spec.resourcequota
    spec: dict[str, Any] = {"hard": dict(hard)}
    if quota.scopes:
        spec["scopes"] = list(quota.scopes)
    if quota.scope_selector is not None:
        spec["scopeSelector"] = quota.scope_selector.model_dump(
            by_alias=True, mode="json", exclude_unset=True
        )
    return spec


def _share(live: Live, key: str, unit: Fraction) -> Share:
    """Rounded up: what is held is never taken for less than it is."""
    return Share(
        spec=ceil(_amount(live.spec, key) / unit) if key in live.spec else None,
        status=ceil(_amount(live.status, key) / unit),
        used=ceil(_amount(live.used, key) / unit),
    )


def _held(live: Live, key: str, *, used: bool) -> Fraction:
    """Exactly; more than that is growth, be it by a part of a unit."""
    counted = (live.spec, live.status, live.used) if used else (live.spec, live.status)
    return max(_amount(amounts, key) for amounts in counted)


def _amount(amounts: Mapping[str, str], key: str) -> Fraction:
    return parse(amounts[key]) if key in amounts else Fraction(0)


def _unit(key: str, budget: Fraction) -> Fraction:
    """What a share of the key is counted in."""
    if key.removeprefix("requests.").removeprefix("limits.") == "cpu":
        return Fraction(1, 1000)
    return MEBI if budget >= MEBI and budget % MEBI == 0 else Fraction(1)
