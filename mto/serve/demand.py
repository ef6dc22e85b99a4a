"""What could not be had for want of quota: told by Events, or asked for by an annotation. Pure.

Controllers leave an Event when the quota refuses their pods. A bare object that is refused leaves
nothing: who made it asks by an annotation on the namespace. Times are seconds of one clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mto.cluster.observe import QUOTA_NAME
from mto.plan.observed import Namespace
from mto.spec.quantity import QuantityError, family_of, parse, render

REQUEST = "mto.stakater.com/request-quota"
"""Annotation of a namespace: ``pods=5, requests.cpu=2`` asks for so much beyond what is used."""
LASTS = 60.0
"""Seconds that a refusal counts; a controller that goes on trying is refused again before."""

MOST = 12
"""Refusals that count; by then everything that others can spare is asked for."""

Amounts = Mapping[str, str]
_REFUSED = re.compile(rf"exceeded quota: {QUOTA_NAME}, requested: (?P<requested>[^ ]+), used: ")


def refused(message: str) -> Amounts:
    """What an Event's message says was asked for; nothing where it is about something else."""
    found = _REFUSED.search(message)
    return dict(_pairs(found["requested"])) if found else {}


def requested(namespace: Namespace) -> Amounts:
    """What the namespace asks for by annotation; what can't be understood is left out."""
    return dict(_pairs(namespace.annotations.get(REQUEST, "")))


def misunderstood(namespace: Namespace) -> tuple[str, ...]:
    """The parts of the annotation that ask for nothing."""
    text = namespace.annotations.get(REQUEST, "")
    known = {key for key, _ in _pairs(text)}
    parts = (one.strip() for one in text.split(","))
    return tuple(one for one in parts if one and one.partition("=")[0].strip() not in known)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        key, _, amount = (one.strip() for one in part.partition("="))
        try:
            positive = parse(amount) > 0
        except QuantityError:
            continue
        if key and positive:
            yield key, amount


class _Refusal(NamedTuple):
    amount: str
    times: int
    ends: float


@dataclass
class Demand:
    """Refusals of the last minute, by namespace and key.

    An Event tells of one object and not how many more are to come, and controllers try again less
    and less often. So each further refusal counts twice as much as the one before.
    """

    _refused: dict[str, dict[str, _Refusal]] = field(default_factory=dict)

    def seen(self, event: Mapping[str, Any], now: float, *, age: float) -> str | None:
        """The namespace that an Event concerns; ``age`` are the seconds since it happened."""
        amounts = refused(event.get("message") or "")
        if not amounts or age > LASTS:
            return None
        namespace: str = event["metadata"]["namespace"]
        known = self._refused.setdefault(namespace, {})
        for key, amount in amounts.items():
            before = known.get(key)
            times = before.times + 1 if before and before.ends > now else 1
            known[key] = _Refusal(amount, min(times, MOST), now + LASTS - max(0.0, age))
        return namespace

    def of(self, namespaces: Mapping[str, Namespace], now: float) -> dict[str, dict[str, str]]:
        """What each of these namespaces could not have, or asks for; the larger counts."""
        found: dict[str, dict[str, str]] = {}
        for name, one in namespaces.items():
            amounts = dict(requested(one))
            for key, amount in self._lasting(name, now).items():
                if parse(amount) > parse(amounts.get(key, "0")):
                    amounts[key] = amount
            if amounts:
                found[name] = amounts
        return found

    def _lasting(self, namespace: str, now: float) -> Amounts:
        known = self._refused.get(namespace, {})
        kept = {key: one for key, one in known.items() if one.ends > now}
        if kept:
            self._refused[namespace] = kept
        else:
            self._refused.pop(namespace, None)
        return {
            key: render(parse(one.amount) * 2 ** (one.times - 1), family_of(one.amount))
            for key, one in kept.items()
        }
