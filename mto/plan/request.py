"""Asking for a part of the budget, by an annotation on the namespace. Pure.

Controllers leave Events where the quota refuses them; a bare object that is refused leaves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from mto.plan.observed import Namespace
from mto.spec.quantity import QuantityError, parse

REQUEST: Final = "mto.stakater.com/request-quota"
"""Annotation of a namespace: ``pods=5, requests.cpu=2`` asks for so much beyond what is used."""


def requested(namespace: Namespace) -> Mapping[str, str]:
    """What the namespace asks for; what can't be understood is left out."""
    return amounts(namespace.annotations.get(REQUEST, ""))


def mistaken(namespace: Namespace, keys: Collection[str]) -> str:
    """A sentence about the parts that ask for nothing; empty where there are none.

    ``keys`` are those of the tenant's budget.
    """
    text = namespace.annotations.get(REQUEST, "")
    known = amounts(text)
    parts = [one.strip() for one in text.split(",")]
    wrong = [one for one in parts if one and one.partition("=")[0].strip() not in known]
    foreign = [one for one in known if one not in keys]
    told = []
    if wrong:
        names = ", ".join(map(repr, wrong))
        told.append(f"can't be understood: {names}; write key=amount, for example pods=5")
    if foreign:
        names, allowed = ", ".join(map(repr, foreign)), ", ".join(sorted(keys)) or "none"
        told.append(f"the budget does not speak of {names}; its keys are {allowed}")
    if not told:
        return ""
    return f"annotation {REQUEST} of namespace {namespace.name!r}: {'; '.join(told)}"


def amounts(text: str) -> dict[str, str]:
    """``pods=5,requests.cpu=2`` by key, as quotas write it; what is no amount is left out."""
    found = {}
    for part in text.split(","):
        key, _, amount = (one.strip() for one in part.partition("="))
        try:
            positive = parse(amount) > 0
        except QuantityError:
            continue
        if key and positive:
            found[key] = amount
    return found
