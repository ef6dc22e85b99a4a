"""From files and custom resources to what is in force: read, combined, handed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mto.cluster.ref import Ref
from mto.errors import UsageError
from mto.plan.labels import is_copy
from mto.serve.changes import Changes
from mto.serve.folder import Folder
from mto.serve.log import say
from mto.serve.metrics import Metrics
from mto.serve.standing import combine
from mto.serve.work import Work

GATHER = 0.02
"""Seconds in which changes are gathered: a burst of a thousand is one pass."""

Object = Mapping[str, Any]


@dataclass
class Intake:
    """``problem`` says why the folder can't be read at the moment; empty where it can."""

    folder: Folder
    customs: Mapping[Ref, Object]
    work: Work
    metrics: Metrics
    accepted: Callable[[Changes], None]
    problem: str = ""
    _dirty: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """The files again, where they changed. A folder that is not there changes nothing."""
        with self.metrics.phases.during("read"):
            try:
                changed = await asyncio.to_thread(self.folder.read)
            except UsageError as error:
                if str(error) != self.problem:
                    say(f"nothing is read: {error}", level=logging.ERROR)
                self.problem = str(error)
                return
        self.problem = ""
        if changed:
            self._dirty.set()

    async def watch(self, stop: asyncio.Event) -> None:
        """Read whenever something changed, until ``stop``."""
        async for _ in self.folder.changes(stop):
            await self.read()

    def custom(self, before: Object | None, now: Object | None) -> None:
        """A custom resource changed; its status alone is no news, nor what is but a copy."""
        if _declaration(before) != _declaration(now):
            self._dirty.set()

    async def combine(self) -> None:
        """Whatever came in, once for all changes of a moment; until cancelled."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(GATHER)
            self.now()

    def now(self) -> None:
        """Combine at once."""
        self._dirty.clear()
        with self.metrics.phases.during("combine"):
            known = self.work.standing
            standing = combine(self.folder.files.values(), self.customs.values(), known)
        for problem in set(standing.loose) - set(known.loose):
            say(f"not understood: {problem}", level=logging.ERROR)
        for key, problems in standing.said.items():
            if known.said.get(key) != problems:
                say("; ".join(problems), level=logging.ERROR, kind=key[0], name=key[1])
        self.accepted(self.work.accept(standing))


def _declaration(live: Object | None) -> object:
    """What of a custom resource people write; None where it declares nothing."""
    if live is None or is_copy(live):
        return None
    metadata = live["metadata"]
    ours = ("labels", "annotations", "deletionTimestamp")
    return (live.get("spec"), *(metadata.get(one) for one in ours))
