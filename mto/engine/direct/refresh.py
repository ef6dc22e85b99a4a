"""What is live, taken into the record: what was deleted leaves it, what was edited is edited there.

Only declared fields count: what other managers add beside them is theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol

from mto.cluster.ref import Ref
from mto.engine.direct.diff import address, compare
from mto.engine.direct.steps import bare
from mto.engine.port import Op, Step
from mto.state.checkpoint import Checkpoint, ResourceState
from mto.state.secret import Crypter, Secret, conceal, reveal


class Source(Protocol):
    """Where live objects come from."""

    async def get(self, ref: Ref) -> Mapping[str, Any] | None: ...


async def refreshed(
    checkpoint: Checkpoint, live: Source, *, crypter: Crypter, only: Collection[str] | None = None
) -> tuple[tuple[Step, ...], Checkpoint]:
    """One step for each recorded object (or those of these URNs), and what the record becomes."""
    objects = [
        one
        for one in checkpoint.resources
        if one.type.startswith("kubernetes:") and (only is None or one.urn in only)
    ]
    refs = [Ref.of(one.inputs) for one in objects]
    found = dict(zip(refs, await asyncio.gather(*map(live.get, refs)), strict=True))
    steps: list[Step] = []
    states: dict[int, ResourceState | None] = {}
    for one in objects:
        step, state = _compared(one, found.get(Ref.of(one.inputs)), crypter)
        steps.append(step)
        states[id(one)] = state
    kept = [
        state for one in checkpoint.resources if (state := states.get(id(one), one)) is not None
    ]
    gone = {one.urn for one in checkpoint.resources} - {one.urn for one in kept}
    resources = tuple(_without(one, gone) for one in kept) if gone else tuple(kept)
    if all(one is other for one, other in zip(resources, checkpoint.resources, strict=False)):
        resources = checkpoint.resources[: len(resources)]
    return tuple(steps), replace(checkpoint, resources=resources)


def _compared(
    state: ResourceState, live: Mapping[str, Any] | None, crypter: Crypter
) -> tuple[Step, ResourceState | None]:
    target = address(state.type, state.inputs, state.name)
    if live is None or _another(state, live):
        return Step(Op.DELETE, state.urn, target, "it is no longer in the cluster"), None
    known = bare(reveal(state.inputs, crypter))
    seen = project(live, known)
    if seen == known:
        return Step(Op.SAME, state.urn, target), state
    hidden = state.inputs != known or state.inputs.get("kind") == "Secret"
    changes = () if hidden else tuple(compare(known, seen))
    inputs = conceal(_sealed(seen, reveal(state.inputs, crypter)), crypter, before=state.inputs)
    uid = {"uid": live["metadata"]["uid"]}
    outputs = {
        **state.outputs,
        **inputs,
        "metadata": {**inputs["metadata"], **uid},
        "__inputs": inputs,
    }
    step = Step(Op.UPDATE, state.urn, target, "it was changed in the cluster", changes)
    return step, replace(state, inputs=inputs, outputs=outputs)


def _another(state: ResourceState, live: Mapping[str, Any]) -> bool:
    """Deleted and made again by somebody: whether it is ours is for the update to find out."""
    return state.uid is not None and state.uid != live["metadata"]["uid"]


def project(live: Any, known: Any) -> Any:
    """The part of ``live`` that ``known`` declares; a list of another length as a whole."""
    if isinstance(known, Mapping) and isinstance(live, Mapping):
        return {key: project(live[key], value) for key, value in known.items() if key in live} | {
            key: value for key, value in known.items() if key not in live and not value
        }
    if isinstance(known, list) and isinstance(live, list) and len(known) == len(live):
        return [project(one, other) for one, other in zip(live, known, strict=True)]
    return live


def _sealed(seen: Any, known: Any) -> Any:
    """Secret again wherever it was."""
    if isinstance(known, Secret):
        return Secret(seen)
    if isinstance(known, Mapping) and isinstance(seen, Mapping):
        return {key: _sealed(value, known.get(key)) for key, value in seen.items()}
    return seen


def _without(state: ResourceState, gone: set[str]) -> ResourceState:
    """The record may not name what it no longer holds."""
    if not gone.intersection((*state.dependencies, state.deleted_with)):
        return state
    return replace(
        state,
        dependencies=tuple(urn for urn in state.dependencies if urn not in gone),
        deleted_with="" if state.deleted_with in gone else state.deleted_with,
    )
