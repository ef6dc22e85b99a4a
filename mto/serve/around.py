"""The watches of what others make and tenants depend on: classes, cluster roles, further kinds.

Of objects only the names count, so only metadata is asked for. Whether a kind is served is asked of
the API server itself, since not every kind has a definition (OpenShift serves some from a server
of its own): definitions and APIServices are watched to know when to ask.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from mto.cluster.client import Cluster
from mto.cluster.errors import UnknownKind
from mto.cluster.observe import NOT_OURS
from mto.cluster.watch import Verb, watch
from mto.errors import ClusterError
from mto.plan.observed import Surroundings
from mto.serve.implied import (
    APP_PROJECT,
    CLASSES,
    CLUSTER_QUOTA,
    CLUSTER_ROLE,
    GATEWAY_CLASS,
    GROUP,
    Kind,
)
from mto.serve.log import say

DEFINITIONS: Final[tuple[Kind, ...]] = (
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
)
FOREIGN: Final[tuple[Kind, ...]] = (APP_PROJECT, CLUSTER_QUOTA, GATEWAY_CLASS, GROUP)
"""Kinds that some clusters have, and that somebody's plan depends on."""
WATCHED: Final = frozenset({*CLASSES, GROUP})
GROUPS: Final = frozenset(version.partition("/")[0] for version, _ in FOREIGN)
LOOKS: Final = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds between looks after a definition changed: discovery follows it late."""
PATIENCE: Final = 10.0
"""Seconds that the start waits for names; what may not be watched is not known then."""
PAUSE: Final = 5.0


class Around:
    """``kinds`` are the foreign kinds that are served.

    ``changed`` is told of an object that appeared or went, ``served`` of a foreign kind likewise.
    """

    def __init__(
        self, cluster: Cluster, changed: Callable[[Kind, str], None], served: Callable[[Kind], None]
    ) -> None:
        self._cluster = cluster
        self._tell_object = changed
        self._tell_kind = served
        self._names: dict[Kind, set[str]] = {}
        self._synced: dict[Kind, asyncio.Event] = {
            kind: asyncio.Event() for kind in (*CLASSES, CLUSTER_ROLE) if kind not in FOREIGN
        }
        self._looked = asyncio.Event()
        self._look = asyncio.Event()
        self._tasks: dict[Kind, asyncio.Task[None]] = {}
        self.kinds: frozenset[Kind] = frozenset()

    @property
    def names(self) -> Mapping[Kind, frozenset[str]]:
        """As they are now; a kind that nobody could look at yet is not among them."""
        return {
            kind: frozenset(names)
            for kind, names in self._names.items()
            if kind not in self._synced or self._synced[kind].is_set()
        }

    def known(self) -> Surroundings:
        """What plans depend on of all this."""
        return Surroundings(self.names.get(CLUSTER_ROLE), CLUSTER_QUOTA in self.kinds)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for kind in (*self._synced, *DEFINITIONS):
                tasks.create_task(self._watch(kind))
            tasks.create_task(self._follow(tasks))

    async def synced(self) -> None:
        """Until all that is there has been seen."""
        await self._looked.wait()
        names = asyncio.gather(*(one.wait() for one in self._synced.values()))
        with suppress(TimeoutError):
            await asyncio.wait_for(names, PATIENCE)

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        """Which of the foreign kinds are served, asked whenever that may have changed."""
        self._look.set()
        while True:
            await self._look.wait()
            self._look.clear()
            for pause in LOOKS:
                await asyncio.sleep(pause)
                await self._ask(tasks)
                if self._look.is_set():
                    break

    async def _ask(self, tasks: asyncio.TaskGroup) -> None:
        try:
            discovered = await self._cluster.discover()
        except ClusterError as error:
            say(f"the kinds that are served can't be asked for: {error}", level=logging.WARNING)
            return
        unknown = frozenset(one for one in self.kinds if one[0] in discovered.stale)
        served = unknown | frozenset(one for one in FOREIGN if one in discovered.kinds)
        changed, self.kinds = served ^ self.kinds, served
        for kind in changed:
            if kind in WATCHED:
                self._foreign(kind, tasks, there=kind in served)
            self._tell_kind(kind)
        self._looked.set()

    def _foreign(self, kind: Kind, tasks: asyncio.TaskGroup, *, there: bool) -> None:
        if (known := self._tasks.pop(kind, None)) is not None:
            known.cancel()
        for name in self._names.pop(kind, set()):
            self._tell_object(kind, name)
        if there:
            self._tasks[kind] = tasks.create_task(self._watch(kind))

    async def _watch(self, kind: Kind) -> None:
        """Never ends by itself."""
        selector = NOT_OURS if kind == CLUSTER_ROLE else None
        while True:
            try:
                async for event in watch(
                    self._cluster, kind, label_selector=selector, metadata_only=True
                ):
                    if event.verb is Verb.BROKEN:
                        say(f"watch broke and is tried again: {event.error}", kind=kind[1])
                    elif event.verb is Verb.SYNCED and kind in self._synced:
                        self._names.setdefault(kind, set())
                        self._synced[kind].set()
                    elif event.verb in (Verb.SET, Verb.GONE):
                        name = event.object["metadata"]["name"]
                        self._changed(kind, name, gone=event.verb is Verb.GONE)
            except UnknownKind:
                pass
            except ClusterError as error:
                say(f"not watched: {error}", level=logging.WARNING, kind=kind[1])
            await asyncio.sleep(PAUSE)

    def _changed(self, kind: Kind, name: str, *, gone: bool) -> None:
        if kind in DEFINITIONS:
            if name.partition(".")[2] in GROUPS:
                self._look.set()
            return
        known = self._names.setdefault(kind, set())
        if (name in known) is not gone and kind != GROUP:  # whoever is in it may have changed
            return
        if gone:
            known.discard(name)
        else:
            known.add(name)
        self._tell_object(kind, name)
