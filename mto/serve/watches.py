"""The watches of the service, and where each change goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from mto.cluster.client import Cluster
from mto.cluster.errors import UnknownKind
from mto.cluster.observe import cluster_quota_of
from mto.cluster.ref import Ref
from mto.cluster.watch import Event, Verb, watch
from mto.errors import ClusterError
from mto.plan.observed import ClusterQuota
from mto.serve.drift import Drift, Kind, Ledger
from mto.serve.event import age
from mto.serve.implied import CLUSTER_QUOTA
from mto.serve.log import say
from mto.serve.metrics import Metrics
from mto.serve.picture import Picture
from mto.spec.kinds import KINDS
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL

NAMESPACE: Final[Kind] = ("v1", "Namespace")
QUOTA: Final[Kind] = ("v1", "ResourceQuota")
EVENT: Final[Kind] = ("v1", "Event")
CUSTOM: Final = tuple(kind for kind in KINDS if kind[1] != "TenantPolicy")
"""Kinds in which people declare things."""
PAUSE: Final = 1.0

Object = dict[str, Any]


class Listeners(NamedTuple):
    """Who wants to know.

    Of tenants concerned, of drift, of a custom resource that changed, of an Event that says that
    a controller could not create something, and how many seconds ago, of a namespace that appeared
    or went.
    """

    concerned: Callable[[frozenset[str]], None]
    drifted: Callable[[Drift], None]
    declared: Callable[[Ref, Object | None, Object | None], None]
    refused: Callable[[Object, float], None]
    namespace: Callable[[str], None]


@dataclass
class Watches:
    """What comes in, and what of it others ask for.

    ``customs`` are the custom resources as they are now, without their managed fields,
    ``cluster_quotas`` our ClusterResourceQuotas by tenant.
    """

    cluster: Cluster
    picture: Picture
    ledger: Ledger
    metrics: Metrics
    listeners: Listeners
    customs: dict[Ref, Object] = field(default_factory=dict)
    cluster_quotas: dict[str, ClusterQuota] = field(default_factory=dict)
    _synced: dict[Kind, asyncio.Event] = field(default_factory=dict)
    _tasks: dict[Kind, asyncio.Task[None]] = field(default_factory=dict)
    _broken: dict[Kind, str] = field(default_factory=dict)

    def start(self, *kinds: Kind) -> None:
        """Begin to watch; a kind that is watched already stays so."""
        for kind in kinds:
            if kind not in self._tasks:
                self._synced[kind] = asyncio.Event()
                self._tasks[kind] = asyncio.create_task(self._watch(kind))

    async def synced(self, *kinds: Kind) -> None:
        """Until all that is there of these kinds has been seen."""
        for kind in kinds:
            waiting = asyncio.create_task(self._synced[kind].wait())
            await asyncio.wait({waiting, self._tasks[kind]}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                self._tasks[kind].result()

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        return frozenset(self._tasks.values())

    @property
    def trouble(self) -> str:
        """What is not being watched, and why; empty while all is well."""
        return "; ".join(self._broken.values())

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _watch(self, kind: Kind) -> None:
        """Never ends by itself; a kind that is not served (yet) is tried again."""
        everything = kind in (NAMESPACE, EVENT) or kind in CUSTOM
        selector = None if everything else f"{MANAGED_LABEL}=true"
        while True:
            try:
                async for event in watch(
                    self.cluster,
                    kind,
                    label_selector=selector,
                    field_selector="reason=FailedCreate" if kind == EVENT else None,
                    metadata_only=kind == NAMESPACE,
                ):
                    self._heard(kind, event)
            except UnknownKind:
                pass
            except ClusterError as error:
                self._trouble(kind, error)
            await asyncio.sleep(PAUSE)

    def _heard(self, kind: Kind, event: Event) -> None:
        if event.verb is Verb.BROKEN:
            self._trouble(kind, event.error)
            return
        self._broken.pop(kind, None)
        if event.verb is Verb.GOING:
            return
        if event.verb is Verb.SYNCED:
            self._synced[kind].set()
            for drift in self.ledger.complete(kind):
                self.listeners.drifted(drift)
        elif kind == EVENT:
            self._refused(event)
        else:
            self._changed(kind, event.object, gone=event.verb is Verb.GONE)

    def _refused(self, event: Event) -> None:
        """Clocks are asked only about what was listed: they may be apart, or jump."""
        if event.verb is Verb.SET:
            self.listeners.refused(event.object, age(event.object) if event.listed else 0.0)

    def _changed(self, kind: Kind, live: Object, *, gone: bool) -> None:
        if kind == NAMESPACE:
            self._namespace(live, gone=gone)
        elif kind == QUOTA:
            seen = self.picture.quota_gone if gone else self.picture.quota_seen
            self._concern(seen(live))
        elif kind == CLUSTER_QUOTA:
            self._cluster_quota(live, gone=gone)
        elif kind in CUSTOM:
            self._custom(live, gone=gone)
        self._managed(live, gone=gone)

    def _trouble(self, kind: Kind, error: ClusterError | None) -> None:
        self.metrics.broken_watches.labels(kind[1]).inc()
        self._broken[kind] = str(error)
        say(f"watch broke and is tried again: {error}", level=logging.WARNING, kind=kind[1])

    def _namespace(self, live: Object, *, gone: bool) -> None:
        name = live["metadata"]["name"]
        if gone or self.picture.namespace(name) is None:
            self.listeners.namespace(name)
        if gone:
            self._concern(self.picture.namespace_gone(name))
        else:
            self._concern(self.picture.namespace_seen(live))

    def _cluster_quota(self, live: Object, *, gone: bool) -> None:
        tenant = (live["metadata"].get("labels") or {}).get(TENANT_LABEL, "")
        if gone:
            self.cluster_quotas.pop(tenant, None)
        else:
            self.cluster_quotas[tenant] = cluster_quota_of(live)
        self._concern(frozenset({tenant} if tenant else ()))

    def _custom(self, live: Object, *, gone: bool) -> None:
        ref = Ref.of(live)
        before = self.customs.pop(ref, None)
        now = None if gone else live
        if now is not None:
            metadata = {key: one for key, one in live["metadata"].items() if key != "managedFields"}
            self.customs[ref] = {**live, "metadata": metadata}
        self.listeners.declared(ref, before, now)

    def _managed(self, live: Object, *, gone: bool) -> None:
        drift = self.ledger.vanished(Ref.of(live)) if gone else self.ledger.seen(live)
        if drift is not None:
            self.listeners.drifted(drift)

    def _concern(self, tenants: frozenset[str]) -> None:
        if tenants:
            self.listeners.concerned(tenants)
