"""Hosts that several tenants serve at once, for their status.

No policy sees it, since each looks at one object; and no watch is kept for it: one listing of all
Ingresses, once a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mto.cluster.client import Cluster
from mto.cluster.observe import ingresses
from mto.errors import ClusterError
from mto.plan.hosts import Duplicate, Served, duplicates
from mto.serve.log import say
from mto.serve.picture import Picture

EVERY: Final = 60.0
"""Seconds."""


class Hosts:
    """``told`` are sentences by tenant; ``concerned`` hears of a tenant whose sentences changed."""

    def __init__(
        self, cluster: Cluster, picture: Picture, concerned: Callable[[str], None]
    ) -> None:
        self.told: Mapping[str, tuple[str, ...]] = {}
        self._cluster, self._picture, self._concerned = cluster, picture, concerned

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                self.seen(await ingresses(self._cluster))
            except ClusterError as error:
                say(f"hosts that tenants share are not known: {error}", level=30)
            await asyncio.sleep(EVERY)

    def seen(self, live: Iterable[Mapping[str, Any]]) -> None:
        """All Ingresses that there are."""
        before, self.told = self.told, sentences(duplicates(live, self._picture.namespaces))
        for name in sorted(before.keys() | self.told.keys()):
            if before.get(name) != self.told.get(name):
                self._concerned(name)


def sentences(found: Iterable[Duplicate]) -> dict[str, tuple[str, ...]]:
    """What each tenant is told; the oldest Ingress has a host."""
    told: dict[str, list[str]] = {}
    for one in found:
        holder = one.oldest.tenant
        others = sorted({later.tenant: later for later in reversed(one.others)}.values())
        for later in others:
            if later.tenant != holder:
                told.setdefault(holder, []).append(
                    f"host {one.host!r} is served by {_named(later)} as well; Ingress "
                    f"{_place(one.oldest)} is older and has it"
                )
                told.setdefault(later.tenant, []).append(
                    f"host {one.host!r} of Ingress {_place(later)} is served by "
                    f"{_named(one.oldest)}, which is older and has it"
                )
    return {name: tuple(said) for name, said in told.items()}


def _named(one: Served) -> str:
    return f"tenant {one.tenant!r} (Ingress {_place(one)})"


def _place(one: Served) -> str:
    return f"{one.namespace}/{one.ingress}"
