"""What `mto status --watch` looks at: three watches and the Lease, and nothing else.

The manifests and the record are not read: what is shown is what the service says, as anybody with
the right to list Tenants, namespaces and quotas can see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from mto.cluster.client import Cluster
from mto.cluster.errors import NotFound, UnknownKind
from mto.cluster.observe import QUOTA_NAME
from mto.cluster.watch import Event, Verb, watch
from mto.errors import ClusterError
from mto.serve.board import Board, Change, LiveTenant
from mto.serve.drift import Kind
from mto.serve.lease import LEASE, Candidate
from mto.serve.watches import NAMESPACE, PAUSE, QUOTA
from mto.spec.kinds import KINDS
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL

TENANT: Final[Kind] = next(kind for kind in KINDS if kind[1] == "Tenant")
TOGETHER: Final = 0.1
"""Seconds: what changes within them is told at once."""
LOOK: Final = 3.0
"""Seconds between two looks at the Lease, which its holder renews about as often."""


@dataclass(frozen=True)
class News:
    """``tenants`` are all, ``changes`` what is new among them.

    ``trouble`` is why nothing new can be seen; empty while all is well.

    ``service`` names the active replica, or is empty where none is. ``known`` is False where the
    Lease may not be read, and nothing can be said about that.
    """

    changes: tuple[Change, ...] = ()
    tenants: tuple[LiveTenant, ...] = ()
    trouble: str = ""
    service: str = ""
    known: bool = True


async def follow(cluster: Cluster, names: Collection[str] = ()) -> AsyncIterator[News]:
    """Everything that is there first, then every change, until the caller ends it.

    Raises ClusterError where the cluster does not answer or refuses before it was seen once; after
    that it is waited for.
    """
    one = _Follower(cluster, Board(frozenset(names)))
    jobs = (*(one.watched(kind) for kind in (TENANT, NAMESPACE, QUOTA)), one.leased())
    tasks = [asyncio.create_task(job) for job in jobs]
    for task in tasks:
        task.add_done_callback(lambda _: one.wake.set())
    told: object = None
    try:
        while True:
            await one.wake.wait()
            await asyncio.sleep(TOGETHER)
            one.wake.clear()
            for task in tasks:
                if task.done():
                    task.result()
            news = one.news()
            about = (news.trouble, news.service, news.known)
            if one.whole and (news.changes or about != told):
                told = about
                yield news
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class _Follower:
    cluster: Cluster
    board: Board
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    service: str | None = None
    known: bool = True
    _missing: set[Kind] = field(default_factory=lambda: {TENANT, NAMESPACE, QUOTA})
    _troubles: dict[Kind, str] = field(default_factory=dict)
    _waiter: Candidate = field(default_factory=lambda: Candidate("nobody"))

    @property
    def whole(self) -> bool:
        """All that was there at the beginning has been seen."""
        return not self._missing and (self.service is not None or not self.known)

    def news(self) -> News:
        if not self.whole:
            return News()
        trouble = next(iter(self._troubles.values()), "")
        changes = self.board.changes()
        return News(changes, self.board.tenants, trouble, self.service or "", self.known)

    async def watched(self, kind: Kind) -> None:
        """Never ends by itself."""
        selector = {NAMESPACE: TENANT_LABEL, QUOTA: f"{MANAGED_LABEL}=true"}.get(kind)
        fields = f"metadata.name={QUOTA_NAME}" if kind == QUOTA else None
        while True:
            try:
                async for event in watch(
                    self.cluster,
                    kind,
                    label_selector=selector,
                    field_selector=fields,
                    metadata_only=kind == NAMESPACE,
                ):
                    self._heard(kind, event)
            except UnknownKind:  # before the platform's first update; then there are no tenants
                self._missing.discard(kind)
            except ClusterError as error:
                self._broken(kind, error)
            self.wake.set()
            await asyncio.sleep(PAUSE)

    def _heard(self, kind: Kind, event: Event) -> None:
        if event.verb is Verb.BROKEN:
            assert event.error is not None  # noqa: S101 - what broke says why
            self._broken(kind, event.error)
        elif event.verb in (Verb.SYNCED, Verb.GOING):
            self._missing.discard(kind)
            self._troubles.pop(kind, None)
        else:
            see = {TENANT: self.board.tenant, NAMESPACE: self.board.namespace}
            see.get(kind, self.board.quota)(event.object, gone=event.verb is Verb.GONE)
        self.wake.set()

    def _broken(self, kind: Kind, error: ClusterError) -> None:
        if kind in self._missing:
            raise error
        self._troubles[kind] = str(error)

    async def leased(self) -> None:
        """Look at the Lease now and then: one small object."""
        while True:
            with suppress(ClusterError):  # the watches say what is wrong
                self._see(await self._lease())
            self.wake.set()
            await asyncio.sleep(LOOK)

    async def _lease(self) -> dict[str, Any]:
        try:
            return await self.cluster.get(LEASE)
        except NotFound:
            return {"metadata": {}}
        except ClusterError:
            self.known = self.service is not None
            raise

    def _see(self, live: dict[str, Any]) -> None:
        free = self._waiter.may_take(live, asyncio.get_running_loop().time())
        self.known = True
        self.service = "" if free else live["spec"]["holderIdentity"]
