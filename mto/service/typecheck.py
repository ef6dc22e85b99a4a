"""Policies that would not work are refused before anything is written.

What does not compile, a dry run finds. Wrong names of fields are found by Kubernetes' own type
checker alone, and that looks at what is stored: so each policy that changes is made under a scratch
name, bound to nothing, read and deleted. Where the kinds change as well, their old form would be
checked against, so then the dry run is all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mto.admission.replay import SCRATCH_LABEL
from mto.cluster.client import Cluster
from mto.cluster.errors import Forbidden, Invalid, NotFound
from mto.cluster.ref import Ref
from mto.errors import MtoError
from mto.plan.resource import Plan, Resource
from mto.service.scratch import new_run
from mto.state.checkpoint import Checkpoint

SCRATCH: Final = "mto-scratch-"
CHECKED_WITHIN: Final = 10.0
"""Seconds that the type checker may take; it is one of Kubernetes' controllers."""
_PAUSE: Final = 0.1

Warnings = Sequence[Mapping[str, str]]


class UnsoundPolicies(MtoError):
    """Policies of the plan that the API server could not, or not rightly, evaluate."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__(
            "nothing was written, since these policies would not work: " + "; ".join(found)
        )


async def check(cluster: Cluster, plan: Plan, known: Checkpoint | None) -> str:
    """Look at the policies that change; answers with what could not be checked, or nothing.

    Raises:
        UnsoundPolicies: with the server's own words about each.
    """
    before = {one.urn: one.inputs for one in known.resources} if known else {}
    changed = [
        one
        for one in plan
        if one.inputs.get("kind") == "ValidatingAdmissionPolicy" and _differs(one, plan, before)
    ]
    settled = not any(
        one.inputs.get("kind") == "CustomResourceDefinition" and _differs(one, plan, before)
        for one in plan
    )
    if not changed:
        return ""
    try:
        found = await asyncio.gather(*(_one(cluster, one, stored=settled) for one in changed))
    except Forbidden:
        return "policies were not checked: it takes the right to create and delete them"
    if unsound := [said for one in found for said in one or ()]:
        raise UnsoundPolicies(unsound)
    if any(one is None for one in found):
        return (
            f"policies were not type-checked: Kubernetes' controller did not within "
            f"{CHECKED_WITHIN:g} s"
        )
    return ""


def _differs(resource: Resource, plan: Plan, before: Mapping[str, Mapping[str, Any]]) -> bool:
    recorded = before.get(plan.urn(resource.key))
    return recorded is None or recorded.get("spec") != resource.inputs["spec"]


async def _one(cluster: Cluster, policy: Resource, *, stored: bool) -> list[str] | None:
    """What is wrong with one policy; None where nobody looked."""
    name = policy.inputs["metadata"]["name"]
    run = new_run()
    metadata = {"name": SCRATCH + run, "labels": {SCRATCH_LABEL: run}}
    scratch = {**policy.inputs, "metadata": metadata}
    try:
        await cluster.apply(scratch, create_only=True, dry_run=not stored)
    except Invalid as error:
        return [f"{name}: {error.problem}"]
    if not stored:
        return []
    ref = Ref.of(scratch)
    try:
        warnings = await _warnings(cluster, ref)
    finally:
        await asyncio.shield(_gone(cluster, ref))  # else `mto audit` sweeps it away
    if warnings is None:
        return None
    return [f"{name}: {one['fieldRef']}: {one['warning']}" for one in warnings]


async def _warnings(cluster: Cluster, ref: Ref) -> Warnings | None:
    ends = time.monotonic() + CHECKED_WITHIN
    while time.monotonic() < ends:
        live = await cluster.get(ref)
        status = live.get("status") or {}
        if status.get("observedGeneration", 0) >= live["metadata"]["generation"]:
            checking = status.get("typeChecking") or {}
            return tuple(_short(checking.get("expressionWarnings") or ()))
        await asyncio.sleep(_PAUSE)
    return None


def _short(warnings: Warnings) -> Iterator[Mapping[str, str]]:
    """In one line each: the checker draws an arrow under the expression."""
    for one in warnings:
        lines = (line.strip() for line in one["warning"].splitlines())
        told = [line for line in lines if line and not line.startswith("|")]
        yield {**one, "warning": " ".join(told)}


async def _gone(cluster: Cluster, ref: Ref) -> None:
    try:
        await cluster.delete(ref)
    except NotFound:
        return
