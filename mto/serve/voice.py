"""What the service says in the cluster: Events, and the status of custom resources.

Both are said when there is time for it: no update waits for them, and what can't be said now is
said later. A status is computed from what is the case when it is written, so many changes in a
moment make one write, and nothing is written that stands there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mto.cluster.client import Cluster
from mto.cluster.errors import Forbidden, NotFound
from mto.cluster.ref import Ref
from mto.errors import ClusterError
from mto.plan.labels import STATUS_MANAGER
from mto.serve.event import Event, manifest
from mto.serve.log import say

SOON = 0.1
"""Seconds in which changes are gathered before statuses are written."""
LATER = 5.0
AT_ONCE = 8
MOST_EVENTS = 1000
"""Events that wait to be told; beyond them the oldest are dropped, as Kubernetes does."""

ROOM = "mto.stakater.com/room"
"""Annotation by which a controller is nudged: the time from which on there is room."""

Status = Mapping[str, Any]


class Voice:
    """``compose`` gives the status that an object should have and the one it has, or None."""

    def __init__(
        self, cluster: Cluster, compose: Callable[[Ref, str], tuple[Status, Status] | None]
    ) -> None:
        self._cluster = cluster
        self._compose = compose
        self._unsaid: dict[Ref, None] = {}
        self._wake = asyncio.Event()
        self._events: asyncio.Queue[Event] = asyncio.Queue(MOST_EVENTS)
        self._nudges: asyncio.Queue[Ref] = asyncio.Queue()
        self._may_nudge = True
        self._counts: dict[str, tuple[int, str]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def status(self, ref: Ref) -> None:
        """The object's status may be another one now."""
        self._unsaid[ref] = None
        self._wake.set()

    def statuses(self, refs: Iterable[Ref]) -> None:
        """Of many."""
        for ref in refs:
            self.status(ref)

    def event(self, event: Event) -> None:
        """Tell people."""
        if self._events.full():
            self._events.get_nowait()
        self._events.put_nowait(event)

    def nudge(self, ref: Ref) -> None:
        """There is room now for what this object's controller was refused.

        It waits up to a quarter of an hour before it tries again, unless the object changes.
        """
        if self._may_nudge:
            self._nudges.put_nowait(ref)

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(self._statuses(), self._tell(), self._nudge())

    async def _nudge(self) -> None:
        while True:
            ref = await self._nudges.get()
            patch = {"metadata": {"annotations": {ROOM: _now()}}}
            try:
                await self._cluster.patch(ref, patch, manager=STATUS_MANAGER)
            except NotFound:
                continue
            except Forbidden as error:  # said once: it is a matter of rights and not of this object
                self._may_nudge = False
                say(f"no controller is told that there is room again: {error}", level=30)
            except ClusterError as error:
                say(f"{ref} is not told that there is room: {error}", level=30)

    async def _statuses(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(SOON)
            self._wake.clear()
            refs, self._unsaid = list(self._unsaid), {}
            await asyncio.gather(*map(self._write, refs))

    async def _write(self, ref: Ref) -> None:
        found = self._compose(ref, _now())
        if found is None:
            return
        wanted, live = found
        patch = merge(live, wanted)
        if not patch:
            return
        async with self._places:
            try:
                await self._cluster.patch(
                    ref, {"status": patch}, manager=STATUS_MANAGER, subresource="status"
                )
            except NotFound:
                return
            except ClusterError as error:
                say(f"status of {ref} not written: {error}", level=30)
                asyncio.get_running_loop().call_later(LATER, self.status, ref)

    async def _tell(self) -> None:
        while True:
            event = await self._events.get()
            now = _now()
            count, first = self._counts.get(event.key, (0, now))
            self._counts[event.key] = (count + 1, first)
            if len(self._counts) > MOST_EVENTS:
                del self._counts[next(iter(self._counts))]
            try:
                await self._cluster.apply(manifest(event, count=count + 1, first=first, now=now))
            except ClusterError as error:  # its namespace may be going
                say(f"event not told: {error}", level=30)


def merge(before: Any, after: Any) -> dict[str, Any]:
    """The merge patch (RFC 7386) that makes ``after`` of ``before``; empty where they are equal."""
    patch: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        known = before.get(key)
        if known == value and key in before:
            continue
        if isinstance(value, Mapping) and isinstance(known, Mapping):
            patch[key] = merge(known, value)
        else:
            patch[key] = value
    return patch


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
