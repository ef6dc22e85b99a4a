"""Policies that would not work are refused before anything is written.

What does not compile, a dry run finds. Wrong names of fields are found by Kubernetes' own type
checker alone, and that looks at what is stored: so of each policy that changes copies are made
under scratch names, bound to nothing, one for each kind that it is about (``mto.admission.typed``),
read and deleted. Where the kinds change as well, their old form would be checked against, so then
the dry run is all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mto.admission.replay import SCRATCH_LABEL
from mto.admission.typed import Kind, copies, problems
from mto.cluster.client import Cluster
from mto.cluster.errors import Forbidden, Invalid, NotFound
from mto.cluster.ref import Ref
from mto.errors import MtoError
from mto.plan.resource import Plan, Resource
from mto.service.scratch import new_run
from mto.state.checkpoint import Checkpoint

SCRATCH: Final = "mto-scratch-"
CHECKED_WITHIN: Final = 30.0
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
        served = await _served(cluster) if settled else None
        found = await asyncio.gather(*(_one(cluster, one, served) for one in changed))
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


async def _served(cluster: Cluster) -> tuple[Kind, ...]:
    preferred = (await cluster.discover()).preferred
    return tuple(
        Kind(one.group, one.api_version.rpartition("/")[2], one.plural, one.kind)
        for one in preferred
    )


async def _one(
    cluster: Cluster, policy: Resource, served: tuple[Kind, ...] | None
) -> list[str] | None:
    """What is wrong with one policy; None where nobody looked at all of it."""
    name = policy.inputs["metadata"]["name"]
    try:
        await cluster.apply(_scratch(policy, policy.inputs["spec"]), create_only=True, dry_run=True)
    except Invalid as error:
        return [f"{name}: {error.problem}"]
    if served is None:
        return []
    checked = list(copies(policy.inputs, served))
    found = await asyncio.gather(*(_checked(cluster, _scratch(policy, one)) for _, one in checked))
    told: dict[str, str] = {}
    for (kind, spec), warnings in zip(checked, found, strict=True):
        for warning in warnings or ():
            for said, place in problems(spec, warning):
                told.setdefault(said, f"{name}: {kind.kind}: {said} in …{place}…")
    if told:
        return list(told.values())
    return None if None in found else []


def _scratch(policy: Resource, spec: Mapping[str, Any]) -> dict[str, Any]:
    run = new_run()
    metadata = {"name": SCRATCH + run, "labels": {SCRATCH_LABEL: run}}
    return {**policy.inputs, "metadata": metadata, "spec": spec}


async def _checked(cluster: Cluster, scratch: dict[str, Any]) -> Warnings | None:
    await cluster.apply(scratch, create_only=True)
    ref = Ref.of(scratch)
    try:
        return await _warnings(cluster, ref)
    finally:
        await asyncio.shield(_gone(cluster, ref))  # else `mto audit` sweeps it away


async def _warnings(cluster: Cluster, ref: Ref) -> Warnings | None:
    ends = time.monotonic() + CHECKED_WITHIN
    while time.monotonic() < ends:
        live = await cluster.get(ref)
        status = live.get("status") or {}
        if status.get("observedGeneration", 0) >= live["metadata"]["generation"]:
            checking = status.get("typeChecking") or {}
            return tuple(checking.get("expressionWarnings") or ())
        await asyncio.sleep(_PAUSE)
    return None


async def _gone(cluster: Cluster, ref: Ref) -> None:
    try:
        await cluster.delete(ref)
    except NotFound:
        return
