"""How the tenants stand at this moment, as the service wrote it and the watches show it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from mto.plan.observed import Namespace, Quota
from mto.serve.picture import Picture
from mto.service.status import NamespaceStatus, namespaces_of
from mto.spec.quantity import family_of, parse, render

Object = Mapping[str, Any]

UNKNOWN: Final = "Unknown"
"""State of a tenant about which no service has written anything yet."""


class Type(enum.StrEnum):
    """In Kubernetes' own words for what a watch tells."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True)
class LiveTenant:
    """``state`` is Ready, or the reason why the tenant is not; ``message`` says it as a sentence.

    ``used`` is the part of the budget that is nearest to its limit: ``pods 12/40``.
    """

    name: str
    state: str
    quota: str
    used: str = ""
    namespaces: tuple[NamespaceStatus, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Change:
    """The tenant as it is now, or as it was where it is gone."""

    type: Type
    tenant: LiveTenant


@dataclass
class Board:
    """What was told of, and what has been seen since. ``names`` limits it to some tenants."""

    names: frozenset[str] = frozenset()
    _picture: Picture = field(default_factory=Picture)
    _customs: dict[str, Object] = field(default_factory=dict)
    _told: dict[str, LiveTenant] = field(default_factory=dict)
    _concerned: set[str] = field(default_factory=set)

    def tenant(self, live: Object, *, gone: bool) -> None:
        """A Tenant was seen."""
        name = live["metadata"]["name"]
        if gone:
            self._customs.pop(name, None)
        else:
            self._customs[name] = live
        self._concerned.add(name)

    def namespace(self, live: Object, *, gone: bool) -> None:
        """A namespace with a tenant's label was seen."""
        if gone:
            self._concerned |= self._picture.namespace_gone(live["metadata"]["name"])
        else:
            self._concerned |= self._picture.namespace_seen(live)

    def quota(self, live: Object, *, gone: bool) -> None:
        """One of our ResourceQuotas was seen."""
        seen = self._picture.quota_gone if gone else self._picture.quota_seen
        self._concerned |= seen(live)

    def changes(self) -> tuple[Change, ...]:
        """What is different from what was told before, by the tenant's name."""
        concerned, self._concerned = self._concerned, set()
        found = (self._change(name) for name in sorted(concerned) if self._wanted(name))
        return tuple(one for one in found if one is not None)

    @property
    def tenants(self) -> tuple[LiveTenant, ...]:
        """All, as last told, by name."""
        return tuple(self._told[name] for name in sorted(self._told))

    def _wanted(self, name: str) -> bool:
        return not self.names or name in self.names

    def _change(self, name: str) -> Change | None:
        before, live = self._told.get(name), self._customs.get(name)
        if live is None:
            return Change(Type.DELETED, self._told.pop(name)) if before else None
        survey = self._picture.survey([name])
        now = live_tenant(live, survey.of(name), survey.quotas)
        if now == before:
            return None
        self._told[name] = now
        return Change(Type.MODIFIED if before else Type.ADDED, now)


def live_tenant(
    live: Object, namespaces: Mapping[str, Namespace], quotas: Mapping[str, Quota]
) -> LiveTenant:
    """One tenant from its custom resource, namespaces and quotas."""
    state, message = standing(live)
    own = [quotas[name] for name in namespaces if name in quotas]
    return LiveTenant(
        live["metadata"]["name"],
        state,
        (live.get("spec") or {}).get("quota", ""),
        tightest(own),
        namespaces_of(namespaces, quotas),
        message,
    )


def tightest(quotas: Collection[Quota]) -> str:
    """The key of which the largest part is used, over all namespaces; pods where nothing is."""
    hard, used = _sums(one.spec for one in quotas), _sums(one.used for one in quotas)
    limited = [key for key, amount in hard.items() if amount]
    if not limited:
        return ""
    key = max(limited, key=lambda one: (used.get(one, Fraction()) / hard[one], one == "pods", one))
    family = family_of(next(one.spec[key] for one in quotas if key in one.spec))
    return f"{key} {render(used.get(key, 0), family)}/{render(hard[key], family)}"


def _sums(amounts: Iterable[Mapping[str, str]]) -> dict[str, Fraction]:
    total: dict[str, Fraction] = {}
    for one in amounts:
        for key, amount in one.items():
            total[key] = total.get(key, Fraction()) + parse(amount)
    return total


def standing(live: Object) -> tuple[str, str]:
    """State and message of a Tenant; what was changed since the service last looked is Pending."""
    status = live.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    ready = conditions.get("Ready")
    if ready is None:
        return UNKNOWN, ""
    if status.get("observedGeneration") != live["metadata"].get("generation"):
        return "Pending", "it was changed and has not been looked at yet"
    if ready["status"] == "True":
        return "Ready", ""
    return ready.get("reason") or UNKNOWN, ready.get("message") or ""
