"""The record brought in line with what was decided, before the CLI reads it. Pure.

Whether an object that leaves the plan is deleted or left is decided in one place for both engines:
``mto.engine.direct.diff``. The CLI decides by what the record says of each resource (retained,
deleted along with another), so these two marks are set as decided; nothing else is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mto.engine.direct.diff import actions, native
from mto.engine.port import Op, Step
from mto.plan.resource import Plan
from mto.spec.labels import MANAGED_LABEL
from mto.state.checkpoint import Checkpoint, ResourceState


@dataclass(frozen=True)
class Prepared:
    """``steps`` are the direct engine's, by URN; ``checkpoint`` is the record with them marked."""

    steps: Mapping[str, Step]
    checkpoint: Checkpoint


def prepared(plan: Plan, checkpoint: Checkpoint, *, reveal: Callable[[Any], Any]) -> Prepared:
    """What users added for other providers is left to the CLI alone."""
    resources = tuple(one for one in checkpoint.resources if native(one.type))
    pending = tuple(one for one in checkpoint.pending if native(one.resource.type))
    ours = replace(checkpoint, resources=resources, pending=pending)
    steps = {one.urn: one.step for one in actions(plan, ours, reveal=reveal)}
    marked = tuple(_marked(one, steps) for one in checkpoint.resources)
    if all(one is other for one, other in zip(marked, checkpoint.resources, strict=True)):
        return Prepared(steps, checkpoint)
    return Prepared(steps, replace(checkpoint, resources=marked))


def _marked(state: ResourceState, steps: Mapping[str, Step]) -> ResourceState:
    step = steps.get(state.urn)
    if step is None or step.op not in (Op.DELETE, Op.FORGET) or not _ours(state):
        return state
    retain = step.op is Op.FORGET
    along = step.deleted_with
    if state.retain_on_delete == retain and state.deleted_with == along:
        return state
    return replace(state, retain_on_delete=retain, deleted_with=along)


def _ours(state: ResourceState) -> bool:
    """Drawn from a plan: users' own objects bear no marker of ours."""
    labels = state.inputs.get("metadata", {}).get("labels") or {}
    return labels.get(MANAGED_LABEL) == "true" or state.type.endswith("Patch")
