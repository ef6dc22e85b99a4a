"""One update of one stack, from its actions to its result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from mto.engine.direct import guards
from mto.engine.direct.diff import Action
from mto.engine.direct.executor import Outcome, execute
from mto.engine.direct.record import Recorder
from mto.engine.errors import DeadlineExceeded
from mto.engine.port import Failure, Op, Progress, Result, Step, Watcher
from mto.plan.resource import Plan
from mto.state.checkpoint import Checkpoint

_FAREWELLS = (Op.DELETE, Op.FORGET)


@dataclass
class Update:
    """``carry_out`` answers with the UID of the live object, empty where none is left."""

    plan: Plan
    actions: tuple[Action, ...]
    recorder: Recorder
    save: Callable[[Checkpoint], None]
    carry_out: Callable[[Action], Awaitable[str]]
    outcome: Outcome[str] = field(default_factory=Outcome)

    async def run(self, *, deadline: float, watch: Watcher, stop: asyncio.Event) -> Result:
        """Raises DeadlineExceeded after having recorded what was done."""
        started = time.monotonic()
        requests = tuple(action for action in self.actions if action.request)
        if requests:
            await self._save(self.recorder.begun(requests))

        def late() -> bool:
            return time.monotonic() - started > deadline

        await self._carry_out(requests, watch=watch, stopped=lambda: stop.is_set() or late())
        await self._save(self._ended())
        failures = tuple(self._failures())
        if late() and not failures and len(self.outcome.done) < len(requests):
            raise DeadlineExceeded(self.plan.stack, deadline)
        return Result(
            self.plan.stack,
            tuple(self._told()),
            failures,
            outputs=self.plan.outputs,
            seconds=time.monotonic() - started,
            interrupted=stop.is_set(),
        )

    async def _carry_out(
        self, requests: tuple[Action, ...], *, watch: Watcher, stopped: Callable[[], bool]
    ) -> None:
        """Creations and updates first, then deletions: nobody is without rights in between."""
        done = 0

        def report(action: Action) -> None:
            nonlocal done
            done += 1
            watch(Progress(self.plan.stack, action.step, done, len(requests)))

        for deleting in (False, True):
            part = [one for one in requests if (one.step.op in _FAREWELLS) is deleting]
            part = await self._relieved(part) if deleting else part
            ended = await execute(part, self.carry_out, stopped=stopped, report=report)
            self.outcome.done |= ended.done
            self.outcome.failed |= ended.failed
            self.outcome.skipped |= ended.skipped

    async def _relieved(self, deletions: list[Action]) -> list[Action]:
        """Without policies, where something failed; else once their successors are known."""
        held = guards.held(deletions)
        if held and self.outcome.failed:
            cause = next(one for one in self.actions if one.urn in self.outcome.failed)
            self.outcome.skipped |= dict.fromkeys(held, cause.step.object)
            return [one for one in deletions if one.urn not in held]
        if held and guards.changed(self.actions, self.outcome.done):
            await asyncio.sleep(guards.TAKEN_UP_WITHIN)
        return deletions

    async def _save(self, checkpoint: Checkpoint) -> None:
        """In a thread: to wait for the disk must not hold up the other stacks.

        Who cancels waits for it all the same: the lock must not be gone before the write is over.
        """
        writing = asyncio.ensure_future(asyncio.to_thread(self.save, checkpoint))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})
            raise

    def _ended(self) -> Checkpoint:
        replaced = {one.urn for one in self.actions if one.step.op is Op.REPLACE}
        doubtful = frozenset(
            urn
            for urn, error in self.outcome.failed.items()
            if getattr(error, "maybe_done", False) or urn in replaced  # it may be deleted already
        )
        return self.recorder.ended(self.actions, self._settled(), doubtful=doubtful)

    def _settled(self) -> dict[str, str]:
        """URNs that are as they should be now, with the UID of the objects that were touched.

        What needs no request is settled unless something it waits for is not: a component goes
        when its children are gone, an object that goes along with its namespace goes with it.
        """
        done = dict(self.outcome.done)
        known = {action.urn for action in self.actions}
        for action in self.actions:
            if action.request or action.urn in done:
                continue
            waits = {*action.after, *filter(None, (action.step.deleted_with,))}
            lasting = action.step.op not in (Op.DELETE, Op.FORGET)
            if lasting or all(urn in done for urn in waits & known):
                done[action.urn] = ""
        return done

    def _told(self) -> Iterator[Step]:
        """Without what a stopped run never began: that did not happen."""
        known = self._settled().keys() | self.outcome.failed.keys() | self.outcome.skipped.keys()
        return (action.step for action in self.actions if action.urn in known)

    def _failures(self) -> Iterator[Failure]:
        for action in self.actions:
            if (error := self.outcome.failed.get(action.urn)) is not None:
                yield Failure(action.step, str(error))
            elif (cause := self.outcome.skipped.get(action.urn)) is not None:
                yield Failure(action.step, f"not tried, because {cause} failed", skipped=True)
