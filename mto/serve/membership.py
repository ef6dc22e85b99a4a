"""Members of groups, kept as their source has them; what can't be read stays as it was known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from mto.cluster.client import Cluster
from mto.serve.around import Around
from mto.serve.implied import GROUP, regrouped
from mto.serve.log import say
from mto.serve.work import Work
from mto.service.environment import Environment
from mto.service.members import read
from mto.spec.groups import Groups

EVERY: Final = 60.0
"""Seconds between readings, unless the IntegrationConfig says otherwise."""
PATIENCE: Final = 15.0
"""Seconds after which a reading that goes on is said to be slow."""
SOON: Final = 0.2


@dataclass
class Membership:
    """``groups`` is what is known, with what is wrong at present.

    ``concerned`` takes the tenants whose sandboxes may change, ``told`` is called where only what
    is said of the source has changed.
    """

    environment: Environment
    cluster: Cluster
    work: Work
    around: Around
    concerned: Callable[[frozenset[str]], None]
    told: Callable[[], None]
    groups: Groups = field(default_factory=Groups)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Future[Groups] | None = None

    def wake(self) -> None:
        """The source may be another one, or say something else."""
        self._wake.set()

    async def begin(self) -> None:
        """Once it is known what is around: who is in which group."""
        await self.around.synced()
        await self.read()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._every())
                    await asyncio.sleep(SOON)
                await self.read()
        finally:
            if self._reading is not None:
                self._reading.cancel()

    async def read(self) -> None:
        """What the source says now; while it does not answer, what was known stays.

        Nobody waits for long, and one that hangs is not asked a second time meanwhile.
        """
        self._wake.clear()
        if self._reading is None:
            config, openshift = self.work.standing.world.config.value, GROUP in self.around.kinds
            self._reading = asyncio.ensure_future(
                read(self.environment, config, self.cluster, openshift=openshift)
            )
        done, _ = await asyncio.wait({self._reading}, timeout=PATIENCE)
        if done:
            found, self._reading = self._reading.result(), None
            self._accept(found)
        else:
            problem = f"it has not answered within {PATIENCE:g} s"
            self._accept(replace(self.groups, problem=problem))

    def _accept(self, found: Groups) -> None:
        before = self.groups
        known = before.known if found.problem else found.known
        self.groups = replace(found, known=known)
        if self.groups == before:
            return
        self.work.groups = replace(self.groups, problem="")
        concerned = regrouped(before.known, known, self.work.standing.world)
        if found.problem != before.problem:
            said = found.problem or "read again"
            say(f"members of groups: {found.source}: {said}", level=logging.WARNING)
        if concerned:
            self.concerned(concerned)
        if (found.source, found.problem) != (before.source, before.problem):
            self.told()

    def _every(self) -> float:
        told = self.work.standing.world.config.value.spec.access_control.members
        return float(told.interval_seconds) if told else EVERY
