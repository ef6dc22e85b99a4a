"""What a killed run left: its lock, and operations of which nobody knows whether they happened.

In this order: prove that the lock's owner is dead, remove the lock, keep a copy of the record, look
at what was under way, and only then go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mto.cluster.errors import NotFound
from mto.cluster.reader import Reader
from mto.cluster.ref import Ref
from mto.engine.direct.ownership import is_ours
from mto.engine.direct.refresh import project
from mto.engine.direct.steps import bare
from mto.engine.pulumi.cli import CANCEL, REFRESH, Call, Cli
from mto.engine.pulumi.runs import Runs
from mto.plan.labels import FIELD_MANAGER
from mto.plan.resource import Plan, Resource
from mto.state.backend import Backend
from mto.state.checkpoint import Checkpoint, Operation, ResourceState
from mto.state.errors import StateLocked
from mto.state.integrity import ordered
from mto.state.secret import Crypter, holds_none, reveal

CLEAR = (*REFRESH, "--clear-pending-creates")


@dataclass(frozen=True)
class Recovery:
    """Puts one backend's stacks in order before the CLI works on them."""

    cli: Cli
    cluster: Reader
    backend: Backend
    runs: Runs

    async def unlocked(self, stack: str, *, deadline: float) -> tuple[str, ...]:
        """Remove the lock of a dead CLI of ours, and say so; raises StateLocked for any other."""
        holder = self._holder(stack)
        if holder is None:
            return ()
        with self.runs.alone(stack):
            holder = self._holder(stack)  # somebody may have been quicker
            if holder is None:
                return ()
            if not self.runs.left(stack, holder.holder):
                raise holder
            call = Call(CANCEL, Checkpoint(stack), mute=True)
            outcome = await self.cli.call(call, deadline=deadline)
        if outcome.ended.code != 0 and (still := self._holder(stack)) is not None:
            raise still
        return (f"a killed run had left its lock: {holder.holder}",)

    def _holder(self, stack: str) -> StateLocked | None:
        try:
            with self.backend.lock(stack):
                return None
        except StateLocked as locked:
            return locked

    async def settled(
        self, checkpoint: Checkpoint, crypter: Crypter, *, deadline: float
    ) -> tuple[Checkpoint, tuple[str, ...]]:
        """The record without open operations, and what there is to tell about that.

        A creation of MTO's own that happened is recorded; whatever else was under way is looked at
        by a refresh. The caller holds no lock.
        """
        if not checkpoint.pending:
            return checkpoint, ()
        found = [one async for one in self._found(checkpoint, crypter)]
        with self.backend.lock(checkpoint.stack):
            backup = self.backend.back_up(checkpoint.stack)
            known = {one.urn for one in found}
            open_ = tuple(one for one in checkpoint.pending if one.resource.urn not in known)
            resources = (*checkpoint.resources, *found)
            adopted = replace(checkpoint, resources=resources, pending=open_)
            self.backend.save(adopted)
        outcome = await self.cli.call(Call(CLEAR, adopted), deadline=deadline)
        if (problem := outcome.problem(checkpoint.stack)) is not None:
            raise problem
        lost = [one.resource.urn for one in open_ if not one.resource.type.startswith("kubernetes")]
        kept = f"; backup {backup.name} holds the record as it was" if backup else ""
        told = [f"what a killed run had begun was looked at{kept}"]
        told += [f"{urn} may have been created and be unknown: look for it" for urn in lost]
        return self.backend.load(checkpoint.stack) or adopted, tuple(told)

    async def adopted(self, plan: Plan, checkpoint: Checkpoint) -> frozenset[str]:
        """Record those of the plan's objects that exist and are ours; answers with their URNs.

        They are there without being recorded where a state was lost. What is recorded of them is
        what they are, so that the next update brings them to what they should be.
        """
        found: list[ResourceState] = []
        for resource in plan:
            urn = plan.urn(resource.key)
            if not resource.kubernetes or urn in checkpoint.by_urn:
                continue
            live = await self._live(bare(resource.inputs))
            if live is not None and is_ours(live, bare(resource.inputs), begun=False):
                found.append(_observed(resource, live, plan=plan, known=checkpoint))
        if not found:
            return frozenset()
        with self.backend.lock(checkpoint.stack):
            known = self.backend.load(checkpoint.stack) or checkpoint
            resources = ordered((*known.resources, *found), stack=checkpoint.stack)
            self.backend.save(replace(known, resources=resources))
        return frozenset(one.urn for one in found)

    async def _live(self, desired: Mapping[str, Any]) -> Mapping[str, Any] | None:
        try:
            return await self.cluster.get(Ref.of(desired))
        except NotFound:  # also where its kind is gone
            return None

    async def _found(self, checkpoint: Checkpoint, crypter: Crypter) -> Any:
        for state in _begun(checkpoint):
            desired = bare(reveal(state.inputs, crypter))
            live = await self._live(desired)
            if live is not None and is_ours(live, desired, begun=True):
                yield _recorded(state, str(live["metadata"]["uid"]))


def _begun(checkpoint: Checkpoint) -> Iterator[ResourceState]:
    """Creations under way of objects that the record does not hold."""
    known = checkpoint.by_urn
    for one in checkpoint.pending:
        state = one.resource
        fresh = one.type is Operation.CREATING and state.urn not in known
        if fresh and state.type.startswith("kubernetes:") and state.inputs.get("metadata"):
            yield state


def _observed(
    resource: Resource, live: Mapping[str, Any], *, plan: Plan, known: Checkpoint
) -> ResourceState:
    """Without secrets, which the next update writes: the CLI seals them."""
    shown = resource.inputs if holds_none(resource.inputs) else {"metadata": {}}
    seen = {**project(live, shown), **{key: live[key] for key in ("apiVersion", "kind")}}
    provider = known.by_urn[plan.urn(plan.provider.key)]
    state = ResourceState(
        plan.urn(resource.key),
        resource.type,
        inputs=seen,
        parent=plan.urn(resource.parent) if resource.parent else plan.root_urn,
        provider=f"{provider.urn}::{provider.id}",
        retain_on_delete=resource.retain_on_delete,
    )
    return _recorded(state, str(live["metadata"]["uid"]))


def _recorded(state: ResourceState, uid: str) -> ResourceState:
    """As the provider records what it has made; the least that it needs to go on."""
    metadata = state.inputs["metadata"]
    namespace, name = metadata.get("namespace"), metadata["name"]
    outputs = {
        **state.inputs,
        "metadata": {**metadata, "uid": uid},
        "__inputs": state.inputs,
        "__fieldManager": FIELD_MANAGER,
    }
    return replace(state, id=f"{namespace}/{name}" if namespace else name, outputs=outputs)
