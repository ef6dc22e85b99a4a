"""The service put together: the Lease first, then everything else, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, replace

from mto.cluster.client import Cluster
from mto.errors import ClusterError
from mto.serve.around import Around
from mto.serve.board import standing
from mto.serve.concern import Concern
from mto.serve.demand import Demand
from mto.serve.drift import Ledger
from mto.serve.folder import Folder
from mto.serve.hosts import Hosts
from mto.serve.http import serving
from mto.serve.intake import Intake
from mto.serve.leader import Headers, Leader, LeaseLost, fence
from mto.serve.leaving import Leaving
from mto.serve.log import say
from mto.serve.loop import Loop
from mto.serve.membership import Membership
from mto.serve.metrics import Metrics
from mto.serve.phases import provider
from mto.serve.picture import Picture
from mto.serve.telling import Composer, Mistakes, ref
from mto.serve.turn import Turns
from mto.serve.voice import Voice
from mto.serve.watches import Listeners, Watches
from mto.serve.work import Work
from mto.service.environment import Environment
from mto.service.home import home
from mto.service.workspace import Manner, Workspace, connect, opened
from mto.spec.world import World

WATCHES = 64
"""Connections for watches: each holds one, and they must not take those of the updates."""


@dataclass
class _Replica:
    """``loop`` is there while this replica is the active one."""

    environment: Environment
    manner: Manner
    leader: Leader
    metrics: Metrics
    loop: Loop | None = None

    def ready(self) -> str:
        """Why not, as a sentence. A replica that stands by is ready to take over."""
        if self.loop is None:
            return "" if self.leader.holder else "the lease has not been seen yet"
        if not self.loop.ready:
            return "not everything has been seen yet"
        return self.loop.intake.problem or self.loop.watches.trouble

    async def lead(self, number: int, stop: asyncio.Event) -> None:
        """One term. The Lease is let go at its end, unless it is somebody else's by then."""
        self.metrics.leader.set(1)
        try:
            headers = await _fence(self.leader.cluster, number)
            manner = replace(self.manner, headers=headers, term=number if headers else None)
            async with opened(self.environment, World(), manner) as workspace:
                await home(workspace)
                self.loop = assembled(workspace, self.leader.cluster, self.metrics)
                await self._keep(self.loop, stop)
        except LeaseLost:
            self.metrics.leader.set(0)
            raise
        except BaseException:
            await self.leader.release()
            raise
        await self.leader.release()

    async def _keep(self, loop: Loop, stop: asyncio.Event) -> None:
        """Run until ``stop``, or until the Lease is lost: then nothing more may be finished."""
        ending = asyncio.Event()

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                loop.grace = 0.0
            ending.set()

        keeping = asyncio.create_task(self.leader.keep(stop))
        keeping.add_done_callback(ended)
        try:
            await loop.run(ending)
        finally:
            keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def serve(
    environment: Environment, manner: Manner, *, listen: str, stop: asyncio.Event
) -> None:
    """Until ``stop``.

    Raises UsageError where the cluster is another environment's, and LeaseLost.
    """
    if environment.service is not None:
        environment = replace(environment, service=replace(environment.service, held=True))
    metrics = Metrics()
    metrics.phases.trace(provider(os.environ))
    async with Cluster(connect(environment), limit=WATCHES) as watcher:
        replica = _Replica(environment, manner, Leader(watcher, environment.name), metrics)
        async with serving(
            listen, healthy=lambda: "", ready=replica.ready, metrics=metrics
        ) as address:
            say("listening", address=address)
            number = await replica.leader.acquire(stop)
            if number is not None:
                await replica.lead(number, stop)
    await asyncio.to_thread(metrics.phases.close)
    say("stopped")


async def _fence(cluster: Cluster, number: int) -> Headers:
    """Without the right to impersonate oneself there is no fence, which is said."""
    try:
        headers = await fence(cluster, number)
        async with Cluster(replace(cluster.connection, headers=headers)) as fenced:
            await fence(fenced, number)
    except ClusterError as error:
        say(f"a former leader would not be refused: {error}", level=30)
        return ()
    return headers


def assembled(workspace: Workspace, watcher: Cluster, metrics: Metrics) -> Loop:
    """Every part with those that it talks to."""
    work, picture, ledger = Work(workspace.settings), Picture(), Ledger()
    turns = Turns(workspace, picture, ledger, Demand(), metrics.phases)
    loop = Loop(workspace, work, turns, metrics)
    concern = Concern(work, turns, loop.live)
    loop.around = Around(watcher, concern.object, concern.kind)
    turns.around = loop.around.known
    _grouped(loop, watcher, concern)
    listeners = Listeners(loop.live, loop.drifted, loop.custom, loop.refused, concern.namespace)
    loop.watches = Watches(watcher, picture, ledger, metrics, listeners)
    folder = Folder(workspace.environment.tenants)
    loop.intake = Intake(folder, loop.watches.customs, work, metrics, loop.accepted)
    loop.hosts = Hosts(
        workspace.cluster, picture, lambda name: loop.voice.status(ref("Tenant", name))
    )
    loop.composer = Composer(
        work,
        picture,
        loop.watches.customs,
        loop.hosts,
        classes=lambda: loop.around.names,
        whole=loop.watches.cluster_quotas,
        groups=lambda: loop.membership.groups,
    )
    loop.leaving = Leaving(workspace, work, loop.turns, loop.watches.customs)
    loop.voice = Voice(workspace.cluster, loop.composer.status)
    loop.mistakes = Mistakes(loop.voice, work, picture)
    metrics.look(
        lambda: (watcher.answers, workspace.cluster.answers),
        lambda: (
            standing(one)[0]
            for target, one in loop.watches.customs.items()
            if target.kind == "Tenant"
        ),
    )
    return loop


def _grouped(loop: Loop, watcher: Cluster, concern: Concern) -> None:
    """Who is in which group, and who is told of it."""
    loop.membership = Membership(
        loop.workspace.environment,
        watcher,
        loop.work,
        loop.around,
        concern.look,
        lambda: loop.voice.statuses(loop.composer.grouped()),
    )
    concern.grouped = loop.membership.wake
