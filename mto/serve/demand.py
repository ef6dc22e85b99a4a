"""What could not be had for want of quota: told by Events, or asked for by an annotation. Pure.

Controllers leave an Event when the quota refuses their pods. A bare object that is refused leaves
nothing: who made it asks by an annotation on the namespace. Times are seconds of one clock.

Of a controller that is refused again and again few Events are to be had (Kubernetes drops all but
one in five minutes), and it tries ever more rarely by itself. So what it could not make stays a
*claim* until there is room for it; then the controller is nudged, and the room kept for a moment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mto.cluster.observe import QUOTA_NAME
from mto.cluster.ref import Ref
from mto.plan.observed import Namespace, Quota
from mto.plan.request import amounts, requested
from mto.spec.quantity import family_of, parse, render

LASTS = 60.0
"""Seconds after which an Event that is found in a listing is no news any more."""
WAITS = 1200.0
"""Seconds that a claim lasts without room: controllers try again after 1,000 s at most."""
HOLDS = 10.0
"""Seconds that room is kept for a claim; who doesn't take it by then needs it no more."""
AGAIN = 3.0
"""Seconds between two nudges while there is room: the first may come before the room is seen."""

MOST = 12
"""Refusals that count; by then everything that others can spare is asked for."""

Amounts = Mapping[str, str]
_REFUSED = re.compile(rf"exceeded quota: {QUOTA_NAME}, requested: (?P<requested>[^ ]+), used: ")


def refused(message: str) -> Amounts:
    """What an Event's message says was asked for; nothing where it is about something else."""
    found = _REFUSED.search(message)
    return amounts(found["requested"]) if found else {}


@dataclass
class _Claim:
    """``free``: since when there has been room for it; ``nudged``: when its controller was told."""

    amounts: Amounts
    ends: float
    times: int = 1
    free: float | None = None
    nudged: float = 0.0

    def over(self, now: float) -> bool:
        return now >= self.ends or (self.free is not None and now - self.free >= HOLDS)

    def fits(self, quota: Quota) -> bool:
        return all(
            parse(quota.status[key]) - parse(quota.used.get(key, "0")) >= parse(amount)
            for key, amount in self.amounts.items()
            if key in quota.status
        )


class Room(NamedTuple):
    """Whom to nudge, and whether a claim is over, so that others may have what was kept for it."""

    nudge: tuple[Ref, ...] = ()
    over: bool = False


@dataclass
class Demand:
    """Claims by namespace and by the object whose controller was refused.

    An Event tells of one object and not how many more are to come. So each further refusal counts
    twice as much as the one before.
    """

    _claims: dict[str, dict[Ref, _Claim]] = field(default_factory=dict)

    def seen(self, event: Mapping[str, Any], now: float, *, age: float) -> str | None:
        """The namespace that an Event concerns; ``age`` are the seconds since it happened."""
        amounts = refused(event.get("message") or "")
        if not amounts or age > LASTS:
            return None
        namespace: str = event["metadata"]["namespace"]
        known = self._claims.setdefault(namespace, {})
        about = event.get("involvedObject") or {}
        ref = Ref(
            about.get("apiVersion", ""), about.get("kind", ""), about.get("name", ""), namespace
        )
        before = known.get(ref)
        times = before.times + 1 if before and not before.over(now) else 1
        ends = now + WAITS - max(0.0, age)
        known[ref] = _Claim(amounts, ends, min(times, MOST))
        return namespace

    def waiting(self) -> frozenset[str]:
        """Namespaces with claims."""
        return frozenset(self._claims)

    def room(self, namespace: str, quota: Quota, now: float) -> Room:
        """What follows for the claims of a namespace from its quota as it is now.

        Who took all the room there was may need more, and counts as refused once more.
        """
        claims = self._claims.get(namespace, {})
        done = [ref for ref, one in claims.items() if one.over(now)]
        for ref in done:
            del claims[ref]
        nudge = []
        for ref, one in claims.items():
            if not one.fits(quota):
                one.times = one.times if one.free is None else min(one.times + 1, MOST)
                one.free = None
            elif one.free is None or now - one.nudged >= AGAIN:
                one.free = now if one.free is None else one.free
                one.nudged = now
                nudge.append(ref)
        if not claims:
            self._claims.pop(namespace, None)
        return Room(tuple(nudge), bool(done))

    def of(self, namespaces: Mapping[str, Namespace], now: float) -> dict[str, dict[str, str]]:
        """What each of these namespaces could not have, or asks for; the larger counts."""
        found: dict[str, dict[str, str]] = {}
        for name, one in namespaces.items():
            asked = dict(requested(one))
            for claim in self._claims.get(name, {}).values():
                if claim.over(now):
                    continue
                for key, amount in claim.amounts.items():
                    wanted = parse(amount) * 2 ** (claim.times - 1)
                    if wanted > parse(asked.get(key, "0")):
                        asked[key] = render(wanted, family_of(amount))
            if asked:
                found[name] = asked
        return found
