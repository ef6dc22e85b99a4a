"""What a killed run left: its lock, and operations of which nobody knows whether they happened.

In this order: prove that the lock's owner is dead, remove the lock, keep a copy of the record, look
at what was under way, and only then go on.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mto.cluster.errors import NotFound
from mto.cluster.reader import Reader
from mto.cluster.ref import Ref
from mto.engine.direct.ownership import is_ours
from mto.engine.direct.steps import bare
from mto.engine.pulumi.cli import CANCEL, REFRESH, Call, Cli
from mto.engine.pulumi.runs import Runs
from mto.plan.labels import FIELD_MANAGER
from mto.state.backend import Backend
from mto.state.checkpoint import Checkpoint, Operation, ResourceState
from mto.state.deployment import exported
from mto.state.errors import StateLocked
from mto.state.secret import Crypter, reveal

CLEAR = (*REFRESH, "--clear-pending-creates")


@dataclass(frozen=True)
class Recovery:
    """Puts one backend's stacks in order before the CLI works on them."""

    cli: Cli
    cluster: Reader
    backend: Backend
    runs: Runs
    backups: Path

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
        backup = self._backup(checkpoint)
        found = [one async for one in self._found(checkpoint, crypter)]
        with self.backend.lock(checkpoint.stack):
            known = {one.urn for one in found}
            open_ = tuple(one for one in checkpoint.pending if one.resource.urn not in known)
            resources = (*checkpoint.resources, *found)
            adopted = replace(checkpoint, resources=resources, pending=open_)
            self.backend.save(adopted)
        outcome = await self.cli.call(Call(CLEAR, adopted), deadline=deadline)
        if (problem := outcome.problem(checkpoint.stack)) is not None:
            raise problem
        lost = [one.resource.urn for one in open_ if not one.resource.type.startswith("kubernetes")]
        told = [f"a killed run was settled; the record as it was: {backup}"]
        told += [f"{urn} may have been created and be unknown: look for it" for urn in lost]
        return self.backend.load(checkpoint.stack) or adopted, tuple(told)

    def _backup(self, checkpoint: Checkpoint) -> Path:
        self.backups.mkdir(parents=True, exist_ok=True)
        path = self.backups / f"{checkpoint.stack}-{uuid.uuid4().hex[:8]}.json"
        path.write_text(json.dumps(exported(checkpoint)))
        return path

    async def _found(self, checkpoint: Checkpoint, crypter: Crypter) -> Any:
        for state in _begun(checkpoint):
            desired = bare(reveal(state.inputs, crypter))
            try:
                live = await self.cluster.get(Ref.of(desired))
            except NotFound:  # also where its kind is gone
                continue
            if is_ours(live, desired, begun=True):
                yield _recorded(state, str(live["metadata"]["uid"]))


def _begun(checkpoint: Checkpoint) -> Iterator[ResourceState]:
    """Creations under way of objects that the record does not hold."""
    known = checkpoint.by_urn
    for one in checkpoint.pending:
        state = one.resource
        fresh = one.type is Operation.CREATING and state.urn not in known
        if fresh and state.type.startswith("kubernetes:") and state.inputs.get("metadata"):
            yield state


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
