"""Everything that became of some objects, in the one order in which it was written.

All kinds of a control plane of ours lie in one etcd, whose revisions number every write of every
kind. So watches of several kinds, sorted by ``resourceVersion``, are one history, in which each
state of the cluster occurs that there ever was: nothing is sampled, and a sum is over one instant.
(A listing of namespaces beside one of quotas is of two instants, and shows sums that never were.)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from mto.cluster.client import Cluster
from mto.cluster.errors import UnknownKind
from mto.cluster.ref import Ref
from mto.cluster.watch import Verb, watch
from tests.support.objects import manifest

Object = dict[str, Any]
Kind = tuple[str, str]
Summary = Callable[[Object], Any]
"""What is kept of an object: ten minutes of load are a hundred thousand of them."""
CATCH_UP = 2.0
"""Seconds after the end of the load in which the watches hear the rest."""


class Moment(NamedTuple):
    """``live`` is the summary, None where the object is gone; ``at``: when it was heard."""

    version: int
    ref: Ref
    live: Any
    at: float


@dataclass
class History:
    """Of these kinds, everywhere. It can't go on where the API server forgot what was before."""

    cluster: Cluster
    kinds: Mapping[Kind, Summary]
    moments: list[Moment] = field(default_factory=list)
    since: int = 0
    """From this version on the state is known whole: the first listings are of several instants."""

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While the block runs; afterwards ``moments`` are in order."""
        begun = {kind: asyncio.Event() for kind in self.kinds}
        tasks = [asyncio.create_task(self._keep(kind, begun[kind])) for kind in self.kinds]
        try:
            await asyncio.wait_for(asyncio.gather(*(one.wait() for one in begun.values())), 60)
            mark = manifest("v1", "ConfigMap", "default", name=f"history-{uuid4().hex[:6]}")
            written = await self.cluster.apply(mark, manager="test")
            await self.cluster.delete(Ref.of(mark))
            self.since = int(written["metadata"]["resourceVersion"])
            yield
            await asyncio.sleep(CATCH_UP)
            assert not any(one.done() for one in tasks), tasks
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.25)  # their connections close a moment later
            self.moments.sort(key=lambda one: one.version)

    async def _keep(self, kind: Kind, begun: asyncio.Event) -> None:
        while True:
            try:
                await self._followed(kind, begun)
            except UnknownKind:  # its definition was made a moment ago
                await asyncio.sleep(0.2)

    async def _followed(self, kind: Kind, begun: asyncio.Event) -> None:
        """A listing in between would be a gap, and ends it: a watch that broke goes on without."""
        summary = self.kinds[kind]
        async for event in watch(self.cluster, kind, metadata_only=kind == ("v1", "Namespace")):
            if event.verb is Verb.GOING:
                begun.set()
            elif event.verb is Verb.SYNCED:
                assert not begun.is_set(), f"the history of {kind} has a gap"
            elif event.verb in (Verb.SET, Verb.GONE):
                live = None if event.verb is Verb.GONE else summary(event.object)
                version = int(event.object["metadata"]["resourceVersion"])
                self.moments.append(Moment(version, Ref.of(event.object), live, time.monotonic()))
