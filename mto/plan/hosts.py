"""Host names in use: which of them several tenants serve at once, and whose they are.

Admission knows a tenant's own list only, so two tenants without lists, or with lists that overlap,
can both serve a host. The oldest Ingress has it; who came later is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mto.plan.observed import Namespace
from mto.spec.check.hosts import ANY_HOST


@dataclass(frozen=True, order=True)
class Served:
    """An Ingress that serves a host. Sorts by age, then by name."""

    created: str
    """As Kubernetes writes it, in UTC: ``2026-01-05T19:00:00Z``."""
    namespace: str
    ingress: str
    tenant: str


@dataclass(frozen=True)
class Duplicate:
    """A host that several tenants serve; ``oldest`` has it."""

    host: str
    oldest: Served
    others: tuple[Served, ...]


def duplicates(
    ingresses: Iterable[Mapping[str, Any]], namespaces: Mapping[str, Namespace]
) -> tuple[Duplicate, ...]:
    """Hosts of more than one tenant, by name; ``namespaces`` are those of tenants.

    Several Ingresses of one tenant may share a host: they divide its paths.
    """
    users: dict[str, list[Served]] = {}
    for ingress in ingresses:
        metadata = ingress["metadata"]
        live = namespaces.get(metadata["namespace"])
        if live is None or live.tenant is None:
            continue
        one = Served(
            metadata["creationTimestamp"], metadata["namespace"], metadata["name"], live.tenant
        )
        for host in set(_hosts(ingress["spec"])):
            users.setdefault(host, []).append(one)
    return tuple(
        Duplicate(host, min(found), tuple(sorted(found)[1:]))
        for host, found in sorted(users.items())
        if len({one.tenant for one in found}) > 1
    )


def _hosts(spec: Mapping[str, Any]) -> Iterator[str]:
    """What it serves, certificates aside; what names no host serves any."""
    if "defaultBackend" in spec:
        yield ANY_HOST
    for rule in spec.get("rules") or ():
        yield rule.get("host") or ANY_HOST
