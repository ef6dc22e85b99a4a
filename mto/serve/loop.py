"""The loop: what changes makes somebody dirty, and the dirty are worked on, so many at a time.

One event loop, no threads but for files and the state: an update waits for the API server most of
its time. Decisions lie in the pure modules beside this one; here they are put together.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field

from mto.cluster.ref import Ref
from mto.engine.port import Result
from mto.errors import MtoError
from mto.plan.observed import Quota
from mto.serve.around import Around
from mto.serve.changes import Changes
from mto.serve.demand import AGAIN
from mto.serve.drift import Drift
from mto.serve.finalizer import going
from mto.serve.hosts import Hosts
from mto.serve.intake import GATHER, Intake
from mto.serve.leaving import Leaving
from mto.serve.log import UPDATE, say
from mto.serve.membership import Membership
from mto.serve.metrics import Metrics
from mto.serve.queue import Due, Queue, places
from mto.serve.telling import Composer, Mistakes, told, undone
from mto.serve.turn import Turn, Turns
from mto.serve.voice import Voice
from mto.serve.watches import CUSTOM, EVENT, NAMESPACE, QUOTA, Object, Watches
from mto.serve.work import PLATFORM, Work
from mto.service.report import StackReport
from mto.service.workspace import Workspace

SETTLE = 2.0
"""Seconds after which a budget that waits for room is looked at, should nothing bring it up."""
KEPT = 30.0
"""Seconds after which a warning is looked into again: a namespace that is not empty, say."""
GRACE = 20.0
"""Seconds that updates under way get to end when the service is stopped."""


@dataclass
class Loop:
    """One environment, served. Until it is ``ready`` nobody but the platform is worked on."""

    workspace: Workspace
    work: Work
    turns: Turns
    metrics: Metrics
    around: Around = field(init=False)
    membership: Membership = field(init=False)
    watches: Watches = field(init=False)
    intake: Intake = field(init=False)
    composer: Composer = field(init=False)
    voice: Voice = field(init=False)
    mistakes: Mistakes = field(init=False)
    leaving: Leaving = field(init=False)
    hosts: Hosts = field(init=False)
    queue: Queue = field(default_factory=Queue)
    ready: bool = False
    grace: float = GRACE
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _standing: asyncio.Event = field(default_factory=asyncio.Event)
    _unseen: set[str] = field(default_factory=set)
    _running: dict[asyncio.Task[None], float] = field(default_factory=dict)

    # ---- what happened ---------------------------------------------------------------------------

    def concerned(self, keys: Collection[str], *, delay: float = GATHER) -> None:
        """These are to be looked at."""
        for key in keys:
            if self.ready or key == PLATFORM:
                self.queue.mark(key, self._now(), delay=delay)
        self._wake.set()

    def live(self, tenants: frozenset[str]) -> None:
        """Something of these tenants is live that was not, or the other way round."""
        self.concerned(tenants)
        for name in tenants:
            for target in self.composer.concerned(name):
                self.voice.status(target)
        for namespace in self.turns.demand.waiting():
            found = self.turns.picture.namespace(namespace)
            if found is None or found.tenant in tenants:
                self._room(namespace)

    def drifted(self, drift: Drift) -> None:
        """An object is not as it was left."""
        key, wait = self.work.drifted(drift, self._now())
        self.concerned([key], delay=max(GATHER, wait))

    def custom(self, target: Ref, before: Object | None, now: Object | None) -> None:
        """A custom resource changed."""
        self.voice.status(target)
        self.intake.custom(before, now)
        if going(now):
            self.concerned([PLATFORM if target.kind == "Quota" else target.name])

    def refused(self, live: Object, age: float) -> None:
        """A controller could not create something, ``age`` seconds ago, perhaps for want of it."""
        namespace = self.turns.demand.seen(live, self._now(), age=age)
        found = self.turns.picture.namespace(namespace) if namespace else None
        if found is not None and found.tenant:
            self.concerned([found.tenant])
            self._room(found.name)

    def _room(self, namespace: str) -> None:
        """Who was refused there is told when there is room, and looked at again a little later."""
        found = self.turns.picture.namespace(namespace)
        tenant = found.tenant if found else None
        known = self.turns.picture.survey([tenant]).quotas if tenant else {}
        room = self.turns.demand.room(namespace, known.get(namespace, Quota()), self._now())
        for ref in room.nudge:
            self.voice.nudge(ref)
        if room.nudge:
            asyncio.get_running_loop().call_later(AGAIN, self._room, namespace)
        if room.over and tenant:
            self.concerned([tenant])

    def accepted(self, changes: Changes) -> None:
        """What is declared has changed."""
        self.workspace.world = self.work.standing.world
        if self.workspace.environment.prune and changes.tenants:
            self.concerned(self.work.deployed - self.workspace.world.tenants.keys())
        if changes.platform:
            self.concerned([PLATFORM], delay=0.0)
        if changes.everybody:
            self.membership.wake()
        waiting = self.work.rollout.waiting if changes.everybody else ()
        self.concerned(changes.tenants - set(waiting), delay=0.0)
        self.concerned(self.work.release(), delay=0.0)
        for key in (PLATFORM, *changes.tenants):
            for target in self.composer.concerned(key):
                self.voice.status(target)

    # ---- running ---------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; what is under way then is finished, or found by the next run."""
        others = (self.voice.run(), self.around.run(), self.membership.run())
        parts = (self._begin(stop), self._dispatch(), *others)
        background = {asyncio.create_task(one) for one in parts}
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stopping.done():
                waited = {stopping, *background, *self.watches.tasks}
                # In between, more watches begin.
                ended, _ = await asyncio.wait(
                    waited, return_when=asyncio.FIRST_COMPLETED, timeout=1.0
                )
                for one in ended:
                    one.result()
                background -= ended
        finally:
            await self._stop({*background, stopping})

    async def _stop(self, background: Collection[asyncio.Task[object]]) -> None:
        self.workspace.engine.stop.set()
        for task in background:
            task.cancel()
        if self._running:
            say("stopping: updates under way are finished", running=len(self._running))
            await asyncio.wait(self._running, timeout=self.grace)
        for one in self._running:
            one.cancel()
        await asyncio.gather(*self._running, *background, return_exceptions=True)
        await self.watches.stop()

    async def _begin(self, stop: asyncio.Event) -> None:
        """Files, then the platform with its kinds, then all that is live; nobody is planned before.

        A half-seen cluster must never look like a deletion.
        """
        await self.intake.read()
        self.intake.now()
        self.concerned([PLATFORM])
        self.watches.start(*CUSTOM, NAMESPACE, QUOTA, EVENT)
        await self.watches.synced(*CUSTOM, NAMESPACE, QUOTA)
        await self.membership.begin()
        await self._standing.wait()
        stacks = await asyncio.to_thread(self.workspace.stacks)
        self.ready = True
        self.intake.now()
        standing = self.work.standing
        self.work.resume(self.composer.recalled(), stacks)
        self._unseen = {*standing.world.tenants, *standing.frozen, *stacks}
        self.concerned({*self._unseen, *self.work.release()})
        say("serving", tenants=len(standing.world.tenants))
        await asyncio.gather(self.intake.watch(stop), self.intake.combine(), self.hosts.run())

    async def _dispatch(self) -> None:
        """Hand out turns, so many at a time."""
        while True:
            self._wake.clear()
            free, freed = places(
                self._running.values(), self._now(), parallel=self.workspace.parallel
            )
            while free > 0 and (due := self.queue.take(self._now())) is not None:
                task = asyncio.create_task(self._turn(due))
                self._running[task] = self._now()
                task.add_done_callback(self._ended)
                free -= 1
            self.metrics.queue_depth.set(len(self.queue))
            self.metrics.working.set(len(self._running))
            wake = self.queue.next_due() if free > 0 else freed
            pause = None if wake is None else max(0.0, wake - self._now())
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._wake.set()
        if not task.cancelled() and (bug := task.exception()) is not None:
            say("a turn ended with a bug", level=logging.CRITICAL, error=repr(bug))

    async def _turn(self, due: Due) -> None:
        update = uuid.uuid4().hex[:12]
        UPDATE.set(update)
        self.metrics.seconds.labels("queued").observe(due.waited)
        with self.metrics.phases.during("update", stack=due.key, update=update):
            await self._turned(due.key)

    async def _turned(self, key: str) -> None:
        drifts = self.work.take_drift(key)
        config = self.work.world(key).config
        ok = False
        try:
            turn = await self._carried_out(key, drifts.keys())
            ok = turn.report is None or turn.report.ok
        finally:
            if ok:
                self.queue.succeeded(key)
            else:
                self.work.put_back(key, drifts)
                spread = random.random()  # noqa: S311 - keeps what failed together apart
                wait = self.queue.failed(key, self._now(), spread=spread)
                say("tried again later", stack=key, seconds=round(wait, 1))
        if turn.report is not None:
            self.work.reports[key] = turn.report
            told(key, turn.report, self.metrics)
            undone(drifts, turn.report, voice=self.voice, metrics=self.metrics)
        self._after(key, turn, ok=ok)
        if key in self.work.standing.world.tenants:
            self.work.deployed |= {key} if ok else set()
            now = config is self.work.standing.world.config
            if now and self.work.rollout.ended(key, ok=ok):
                self.voice.statuses(self.composer.settings())
            self.concerned(self.work.release(), delay=0.0)

    async def _carried_out(self, key: str, urns: Collection[str]) -> Turn:
        world = self.work.world(key)
        try:
            if key == PLATFORM:
                await self.leaving.quotas()
                return await self.turns.platform(world, urns)
            if key in world.tenants:
                await self.leaving.hold(key)
                return await self.turns.tenant(key, world, urns)
            return await self.leaving.tenant(key)
        except MtoError as error:
            stack = self.workspace.settings.stack(None if key == PLATFORM else key)
            return Turn(StackReport(key, Result(stack), error=str(error)))

    def _after(self, key: str, turn: Turn, *, ok: bool) -> None:
        """What follows from a turn: looking again, and statuses."""
        report = turn.report
        if key == PLATFORM and ok:
            self._standing.set()
        if key != PLATFORM and self.leaving.leaving_quotas():
            self.concerned([PLATFORM])
        self._seen(key)
        self.mistakes.look(key)
        for drift in turn.drifts:
            self.drifted(drift)
        self.watches.start(*self.turns.ledger.kinds)
        if report is not None and ok and report.unsettled:
            self.queue.again(key, self._now(), delay=SETTLE)
        if report is not None and report.warnings:
            self.queue.again(key, self._now(), delay=KEPT)
        for target in self.composer.concerned(key):
            self.voice.status(target)

    def _seen(self, key: str) -> None:
        """Once everybody has had a turn, what is expected of nobody is nobody's."""
        if self.ready:
            self._unseen.discard(key)
            if not self._unseen:
                self.turns.ledger.settle()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
