"""The built-in engine: no CLI, no plug-in, no process start; the state is Pulumi's own.

An update that changes nothing makes no request and writes nothing. Otherwise the state is written
twice: before the first request with what is about to be done, at the end with what was done.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mto.cluster.client import Cluster
from mto.cluster.live import Live, Singles
from mto.engine.direct.diff import Action, actions
from mto.engine.direct.quota import Enforcing, enforced
from mto.engine.direct.record import Recorder
from mto.engine.direct.refresh import refreshed
from mto.engine.direct.steps import Steps
from mto.engine.direct.update import Update
from mto.engine.errors import DeadlineExceeded, PlanOutdated
from mto.engine.port import Basis, Failure, Op, Progress, Result, Step, Watcher
from mto.plan.resource import PROVIDER, Plan
from mto.state.backend import Backend
from mto.state.checkpoint import Checkpoint
from mto.state.lock import Lock
from mto.state.secret import Crypter, conceal, reveal

GONE_WITHIN = 120.0
"""Seconds that the deletion of one namespace may take before it is reported as stuck."""

FEW = 24
"""So many objects are asked for one by one; more by listings that serve all stacks."""

RENEW_AFTER = 240.0
"""Seconds of work after which the lock is renewed; it lives for 15 minutes."""


@dataclass(frozen=True)
class Vault:
    """How secrets of the state are opened: the environment, and the provider for new stacks."""

    settings: Mapping[str, str]
    provider: Mapping[str, Any] | None = None


class DirectEngine:
    """Carries plans out against one cluster, with the state in one backend.

    ``stop`` ends every operation cleanly: what is under way is finished and recorded.
    """

    name = "direct"

    def __init__(
        self, cluster: Cluster, backend: Backend, *, vault: Vault, gone_within: float = GONE_WITHIN
    ) -> None:
        self._backend = backend
        self._cluster = cluster
        self._vault = vault
        steps = Steps(cluster, gone_within=gone_within)
        self._steps = Enforcing(cluster, steps.carry_out, steps.found)
        self._picture = _Picture(cluster)
        self._singles = Singles(cluster)
        self.stop = asyncio.Event()

    async def preview(self, plan: Plan, *, deadline: float, refresh: bool = False) -> Result:
        started = time.monotonic()
        checkpoint = self._load(plan.stack)
        if refresh:
            _, checkpoint = await self._refreshed(checkpoint, deadline)
        steps = tuple(one.step for one in self._actions(plan, checkpoint))
        return Result(plan.stack, steps, outputs=plan.outputs, seconds=time.monotonic() - started)

    async def up(
        self,
        plan: Plan,
        *,
        deadline: float,
        watch: Watcher,
        refresh: bool = False,
        basis: Basis | None = None,
    ) -> Result:
        if refresh:
            _, basis = await self._refresh(plan.stack, deadline=deadline, basis=basis)
        started = time.monotonic()
        if (steps := self._unchanged(plan)) is not None:
            return Result(
                plan.stack, steps, outputs=plan.outputs, seconds=time.monotonic() - started
            )
        return await self._update(plan, deadline=deadline, watch=watch, basis=basis)

    async def destroy(
        self, stack: str, *, deadline: float, watch: Watcher, dry_run: bool
    ) -> Result:
        if self._backend.load(stack) is None:
            return Result(stack)
        empty = Plan(stack)
        if dry_run:
            return await self.preview(empty, deadline=deadline)
        return await self._update(empty, deadline=deadline, watch=watch, last=True)

    async def refresh(
        self, stack: str, *, deadline: float, dry_run: bool, only: Collection[str] | None = None
    ) -> Result:
        result, _ = await self._refresh(stack, deadline=deadline, dry_run=dry_run, only=only)
        return result

    async def enforce(self, plan: Plan, result: Result) -> tuple[Failure, ...]:
        """Make the quotas count that another engine wrote: at once, as after our own updates."""
        return await enforced(self._cluster, plan, result)

    async def _refresh(
        self,
        stack: str,
        *,
        deadline: float,
        dry_run: bool = False,
        basis: Basis | None = None,
        only: Collection[str] | None = None,
    ) -> tuple[Result, Basis | None]:
        """With the mark that the state has afterwards, where there was one to compare."""
        started = time.monotonic()
        if self._backend.load(stack) is None:
            return Result(stack), basis
        with self._backend.lock(stack) as lock:
            self._check(stack, basis)
            checkpoint = self._load(stack)
            steps, seen = await self._refreshed(checkpoint, deadline, only=only)
            if seen != checkpoint and not dry_run:
                self._save(seen, lock)
            if basis is not None:
                basis = Basis(self._backend.mark(stack))
        return Result(stack, steps, seconds=time.monotonic() - started), basis

    def _check(self, stack: str, basis: Basis | None) -> None:
        if basis is not None and self._backend.mark(stack) != basis.mark:
            raise PlanOutdated(stack)

    async def _refreshed(
        self, checkpoint: Checkpoint, deadline: float, *, only: Collection[str] | None = None
    ) -> tuple[tuple[Step, ...], Checkpoint]:
        crypter = self._crypter(checkpoint)
        try:
            async with asyncio.timeout(deadline):
                if only is not None and len(only) <= FEW:
                    return await refreshed(checkpoint, self._singles, crypter=crypter, only=only)
                with self._picture as live:
                    return await refreshed(checkpoint, live, crypter=crypter, only=only)
        except TimeoutError:
            raise DeadlineExceeded(checkpoint.stack, deadline) from None

    def _load(self, stack: str) -> Checkpoint:
        known = self._backend.load(stack)
        return known or Checkpoint(stack, secrets_provider=self._vault.provider)

    def _crypter(self, checkpoint: Checkpoint) -> Crypter:
        provider = checkpoint.secrets_provider
        return Crypter(provider, settings=self._vault.settings, stack=checkpoint.stack)

    def _actions(self, plan: Plan, checkpoint: Checkpoint) -> tuple[Action, ...]:
        crypter = self._crypter(checkpoint)
        return actions(plan, checkpoint, reveal=lambda value: reveal(value, crypter))

    def _recorder(self, plan: Plan, checkpoint: Checkpoint) -> Recorder:
        crypter = self._crypter(checkpoint)
        known = (one.id for one in checkpoint.resources if one.type == PROVIDER)
        provider_id = next(known, None) or str(uuid.uuid4())
        return Recorder(
            plan,
            checkpoint,
            provider_id,
            lambda value, before: conceal(value, crypter, before=before),
        )

    def _unchanged(self, plan: Plan) -> tuple[Step, ...] | None:
        """The steps, if there is nothing to do and nothing to record; asked without a lock."""
        checkpoint = self._backend.load(plan.stack)
        if checkpoint is None or checkpoint.pending:
            return None
        todo = self._actions(plan, checkpoint)
        idle = all(action.step.op is Op.SAME for action in todo)
        if not idle or not self._recorder(plan, checkpoint).unchanged():
            return None
        return tuple(action.step for action in todo)

    async def _update(
        self,
        plan: Plan,
        *,
        deadline: float,
        watch: Watcher,
        last: bool = False,
        basis: Basis | None = None,
    ) -> Result:
        """``last``: nothing comes after it, so the state goes under the same lock.

        A copy of what was there stays.
        """
        with self._backend.lock(plan.stack) as lock:
            self._check(plan.stack, basis)
            if last:
                self._backend.back_up(plan.stack)
            checkpoint = self._load(plan.stack)
            update = Update(
                plan,
                self._actions(plan, checkpoint),
                self._recorder(plan, checkpoint),
                save=lambda done: self._save(done, lock),
                carry_out=self._steps.carry_out,
            )
            result = await update.run(
                deadline=deadline, watch=_keeping(lock, watch), stop=self.stop
            )
            if last and result.ok:
                lock.check()
                self._backend.remove(plan.stack)
            told = tuple(f"a killed run had left its lock: {one}" for one in lock.broken)
            return replace(result, diagnostics=(*told, *result.diagnostics))

    def _save(self, checkpoint: Checkpoint, lock: Lock) -> None:
        """Unless somebody has taken the lock from us, and may have written since."""
        lock.check()
        self._backend.save(checkpoint)


def _keeping(lock: Lock, watch: Watcher) -> Watcher:
    """The same watcher, which also moves the end of the lock's life while there is progress."""
    renewed = time.monotonic()

    def keep(progress: Progress) -> None:
        nonlocal renewed
        if time.monotonic() - renewed > RENEW_AFTER:
            lock.renew()
            renewed = time.monotonic()
        watch(progress)

    return keep


class _Picture:
    """One picture of the cluster for all refreshes that overlap; the next ones take a new one."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._users = 0
        self._live = Live(cluster)

    def __enter__(self) -> Live:
        if not self._users:
            self._live = Live(self._cluster)
        self._users += 1
        return self._live

    def __exit__(self, *_: object) -> None:
        self._users -= 1
