"""Pulumi's CLI as an engine: the plan is its program, its own state is the record.

What differs from the direct engine is what only the CLI can do (providers of others) and what it
costs: a second or two a stack. What is deleted and what is left is decided as there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from mto.cluster.reader import Reader
from mto.components.extra import Extra
from mto.engine.direct.diff import address
from mto.engine.direct.engine import Vault
from mto.engine.direct.steps import check_marks
from mto.engine.errors import PlanOutdated
from mto.engine.port import Basis, Op, Progress, Result, Step, Watcher
from mto.engine.pulumi import cli as verbs
from mto.engine.pulumi.cli import Call, Cli, Outcome
from mto.engine.pulumi.command import GRACE
from mto.engine.pulumi.events import Event, Told
from mto.engine.pulumi.folder import Setting, sealed
from mto.engine.pulumi.messages import EXISTS
from mto.engine.pulumi.prepare import Prepared, prepared
from mto.engine.pulumi.recovery import Recovery
from mto.engine.pulumi.runs import Runs
from mto.engine.pulumi.wire import Job, Look, Looked
from mto.engine.pulumi.words import Words
from mto.local.paths import cache_dir
from mto.plan.resource import NAMESPACE, STACK, Plan
from mto.state.backend import Backend
from mto.state.checkpoint import Checkpoint
from mto.state.secret import Crypter, reveal

WORKERS = 4
"""Programs and CLIs at a time, at most: each takes a processor and some 100 MB."""


@dataclass(frozen=True)
class Ground:
    """What the engine stands on; ``notes`` is where it remembers the processes it has started.

    ``extra`` is what the project adds to a stack, by the stack's name.
    """

    cluster: Reader
    backend: Backend
    setting: Setting
    notes: Path = field(default_factory=lambda: cache_dir() / "pulumi")
    extra: Callable[[str], Extra | None] = lambda _: None


class PulumiEngine:
    """Carries plans out by Pulumi's CLI; ``close`` ends its workers."""

    name = "pulumi"

    def __init__(self, ground: Ground, *, workers: int = WORKERS, grace: float = GRACE) -> None:
        self.stop = asyncio.Event()
        runs = Runs(ground.notes / "runs", ground.setting.backend_url)
        self._backend = ground.backend
        self._cluster = ground.cluster
        self._setting = ground.setting
        self._extra = ground.extra
        self.cli = Cli(ground.setting, size=workers, runs=runs, stop=self.stop, grace=grace)
        self._recovery = Recovery(self.cli, ground.cluster, ground.backend, runs)
        self._vault = Vault(ground.setting.environ)

    async def close(self) -> None:
        await self.cli.close()

    async def look(self, plan: Plan) -> Looked:
        """What the project's own function would add to the plan; nothing where there is none."""
        extra = self._extra(plan.stack)
        return await self.cli.look(Look(plan, extra)) if extra else Looked()

    async def preview(self, plan: Plan, *, deadline: float, refresh: bool = False) -> Result:
        started = time.monotonic()
        ready = self._prepared(plan, self._load(plan.stack))
        verb = (*verbs.PREVIEW, *(("--refresh",) if refresh else ()))
        call = Call(verb, ready.checkpoint, self._job(plan), dry_run=True)
        outcome = await self.cli.call(call, deadline=deadline)
        return self._result(plan, ready, outcome, since=started)

    async def up(
        self,
        plan: Plan,
        *,
        deadline: float,
        watch: Watcher,
        refresh: bool = False,
        basis: Basis | None = None,
    ) -> Result:
        """The CLI takes the lock, so ``basis`` is compared just before: nearly as good."""
        started = time.monotonic()
        if basis is not None and self._backend.mark(plan.stack) != basis.mark:
            raise PlanOutdated(plan.stack)
        ready, told = await self._begin(plan, deadline=deadline)
        verb = (*verbs.UP, *(("--refresh",) if refresh else ()))
        hear = _counting(plan.stack, self._words(plan.stack, ready), watch)
        call = Call(verb, ready.checkpoint, self._job(plan))
        outcome = await self.cli.call(call, deadline=deadline, hear=hear)
        adopted: frozenset[str] = frozenset()
        while existing := await self._adopted(plan, outcome):
            adopted |= existing
            outcome.story.without(existing)
            left = deadline - (time.monotonic() - started)
            outcome = await self.cli.call(call, deadline=left, hear=hear, story=outcome.story)
        outcome = replace(outcome, adopted=adopted)
        return self._result(plan, ready, outcome, since=started, told=told)

    async def _adopted(self, plan: Plan, outcome: Outcome) -> frozenset[str]:
        """URNs of objects that the CLI found in its way, and that are ours: recorded now."""
        errors = (one for one in outcome.story.remarks if one.severity == "error" and one.urn)
        if outcome.ended.stopped or not any(EXISTS.search(one.text) for one in errors):
            return frozenset()
        return await self._recovery.adopted(plan, self._load(plan.stack))

    async def destroy(
        self, stack: str, *, deadline: float, watch: Watcher, dry_run: bool
    ) -> Result:
        started = time.monotonic()
        known = self._backend.load(stack)
        if known is None:
            return Result(stack)
        empty = Plan(stack)
        told: tuple[str, ...] = ()
        if dry_run:
            ready = self._prepared(empty, known)
            call = Call(verbs.DOOM, ready.checkpoint, dry_run=True)
        else:
            ready, told = await self._begin(empty, deadline=deadline)
            call = Call(verbs.DESTROY, ready.checkpoint)
        hear = _counting(stack, self._words(stack, ready), watch)
        outcome = await self.cli.call(call, deadline=deadline, hear=hear)
        return self._result(empty, ready, outcome, since=started, told=told)

    async def refresh(
        self, stack: str, *, deadline: float, dry_run: bool, only: Collection[str] | None = None
    ) -> Result:
        """Everything in any case: next to the start of a process, a look at the rest is nothing."""
        del only
        started = time.monotonic()
        known = self._backend.load(stack)
        if known is None:
            return Result(stack)
        told: tuple[str, ...] = ()
        if not dry_run:
            known, told = await self._recovered(stack, deadline=deadline)
        checkpoint = sealed(known, Plan(stack), self._setting, extra=False)
        verb = verbs.DRIFT if dry_run else verbs.REFRESH
        outcome = await self.cli.call(Call(verb, checkpoint, dry_run=dry_run), deadline=deadline)
        if (problem := outcome.problem(stack)) is not None:
            raise problem
        steps = Words(_recorded(checkpoint)).drift(outcome.story)
        return Result(stack, steps, diagnostics=told, seconds=time.monotonic() - started)

    async def _recovered(
        self, stack: str, *, deadline: float
    ) -> tuple[Checkpoint, tuple[str, ...]]:
        await self.cli.ready()
        unlocked = await self._recovery.unlocked(stack, deadline=deadline)
        known = self._load(stack)
        extra = self._extra(stack) is not None
        checkpoint = sealed(known, Plan(stack), self._setting, extra=extra)
        settled, told = await self._recovery.settled(
            checkpoint, self._crypter(checkpoint), deadline=deadline
        )
        return settled, (*unlocked, *told)

    async def _begin(self, plan: Plan, *, deadline: float) -> tuple[Prepared, tuple[str, ...]]:
        """The record in order, marked as decided and with whatever the CLI needs in it."""
        _, told = await self._recovered(plan.stack, deadline=deadline)
        with self._backend.lock(plan.stack):
            known = self._load(plan.stack)
            ready = self._prepared(plan, known)
            await self._check(ready)
            if ready.checkpoint != self._backend.load(plan.stack):
                self._backend.save(ready.checkpoint)
        return ready, told

    def _job(self, plan: Plan) -> Job:
        return Job(plan, self._extra(plan.stack))

    def _words(self, stack: str, ready: Prepared) -> Words:
        extra = self._extra(stack)
        return Words(ready.steps, extra.shown if extra else "")

    def _prepared(self, plan: Plan, known: Checkpoint) -> Prepared:
        extra = bool(plan.resources) and self._extra(plan.stack) is not None
        checkpoint = sealed(known, plan, self._setting, extra=extra)
        crypter = self._crypter(checkpoint)
        return prepared(plan, checkpoint, reveal=lambda value: reveal(value, crypter))

    async def _check(self, ready: Prepared) -> None:
        """Raises Relabelled for a namespace that was handed on since."""
        for one in ready.checkpoint.resources:
            step = ready.steps.get(one.urn)
            if one.type == NAMESPACE and step is not None and step.op is Op.DELETE:
                await check_marks(self._cluster, one)

    def _load(self, stack: str) -> Checkpoint:
        return self._backend.load(stack) or Checkpoint(stack)

    def _crypter(self, checkpoint: Checkpoint) -> Crypter:
        provider = checkpoint.secrets_provider
        return Crypter(provider, settings=self._vault.settings, stack=checkpoint.stack)

    def _result(
        self,
        plan: Plan,
        ready: Prepared,
        outcome: Outcome,
        *,
        since: float,
        told: tuple[str, ...] = (),
    ) -> Result:
        """Raises what is wrong with the whole; what is wrong with single resources is told."""
        words = self._words(plan.stack, ready)
        problem = outcome.problem(plan.stack)
        went = not outcome.broken and outcome.story.summary is not None
        failures = words.failures(outcome.story, ended=problem is not None and went)
        alone = all(one.skipped for one in failures)
        if problem is not None and alone and not outcome.ended.stopped:
            raise problem
        return Result(
            plan.stack,
            tuple(_made(one, outcome.adopted) for one in words.steps(outcome.story)),
            failures,
            (*told, *_warnings(outcome)),
            outputs=plan.outputs,
            seconds=time.monotonic() - since,
            interrupted=outcome.ended.stopped,
        )


def _made(step: Step, adopted: frozenset[str]) -> Step:
    """What was found instead of made counts as made, as with the direct engine."""
    found = step.urn in adopted and step.op in (Op.SAME, Op.UPDATE)
    return replace(step, op=Op.CREATE, changes=()) if found else step


def _warnings(outcome: Outcome) -> tuple[str, ...]:
    said = (one.text for one in outcome.story.remarks if one.severity == "warning")
    return tuple(dict.fromkeys(text for text in said if text and "from $PATH at" not in text))


def _recorded(checkpoint: Checkpoint) -> dict[str, Step]:
    return {
        one.urn: Step(Op.SAME, one.urn, address(one.type, one.inputs, one.name))
        for one in checkpoint.resources
        if one.type != STACK
    }


def _counting(stack: str, words: Words, watch: Watcher) -> Callable[[Event], None]:
    """Tell the watcher of every object that is done, among those that were to be touched."""
    quiet = (Op.SAME, Op.FORGET)
    total = sum(
        "kubernetes:" in one.urn.split("::")[2] and one.op not in quiet and not one.deleted_with
        for one in words.known.values()
    )
    done: set[str] = set()

    def hear(event: Event) -> None:
        if not isinstance(event, Told) or event.op in quiet:
            return
        if not event.type.startswith("kubernetes:"):
            return
        if (event.done or event.failed) and event.urn not in done:
            done.add(event.urn)
            step = replace(words.step(event), changes=())
            watch(Progress(stack, step, len(done), max(total, len(done))))

    return hear
