"""Namespaces that no stack records, or that no stack may change any more: done by ourselves.

Each is told as a step, in the words of the engine's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from mto.cluster.errors import NotFound
from mto.cluster.ref import Ref
from mto.engine.port import Failure, Op, Step
from mto.errors import MtoError
from mto.plan.labels import MANAGED_BY_LABEL, SANDBOX_OF
from mto.plan.observed import Namespace
from mto.plan.resource import NAMESPACE
from mto.service.workspace import Workspace
from mto.spec.labels import KIND_LABEL, MANAGED_LABEL, TENANT_LABEL
from mto.state.checkpoint import Checkpoint, ResourceState

OURS = (TENANT_LABEL, MANAGED_LABEL, MANAGED_BY_LABEL, KIND_LABEL)

Work = Callable[[Workspace, Namespace], Awaitable[None]]


def recorded(checkpoint: Checkpoint | None) -> Mapping[str, ResourceState]:
    """The namespaces that the record holds, by name; none without a record."""
    return {
        one.inputs["metadata"]["name"]: one
        for one in (checkpoint.resources if checkpoint else ())
        if one.type == NAMESPACE
    }


def deleting(namespace: Namespace, because: str) -> Step:
    """The namespace goes, with all that it holds."""
    return Step(Op.DELETE, _urn(namespace), f"Namespace/{namespace.name}", because)


def unlabelling(namespace: Namespace) -> Step:
    """The namespace stays, and is nobody's."""
    because = "stays, and belongs to no tenant any more"
    return Step(Op.UPDATE, _urn(namespace), f"Namespace/{namespace.name}", because)


def _urn(namespace: Namespace) -> str:
    """No resource of a stack, but told in the same words."""
    return f"::{NAMESPACE}::{namespace.name}"


async def all_of(
    work: Work, workspace: Workspace, steps: Iterable[tuple[Namespace, Step]]
) -> tuple[Failure, ...]:
    """All at once: each takes seconds, and a stuck one must not keep the others."""

    async def one(namespace: Namespace, step: Step) -> Failure | None:
        try:
            await work(workspace, namespace)
        except MtoError as error:
            return Failure(step, str(error))
        return None

    failures = await asyncio.gather(*(one(namespace, step) for namespace, step in steps))
    return tuple(one for one in failures if one is not None)


async def delete(workspace: Workspace, namespace: Namespace) -> None:
    """Begin the deletion of this very namespace."""
    await workspace.cluster.delete(Ref("v1", "Namespace", namespace.name), uid=namespace.uid)


async def gone(workspace: Workspace, namespace: Namespace) -> None:
    """Wait for its end; raises StillThere with what holds it."""
    ref = Ref("v1", "Namespace", namespace.name)
    await workspace.cluster.wait_gone(ref, uid=namespace.uid, deadline=workspace.gone_within)


async def unlabel(workspace: Workspace, namespace: Namespace) -> None:
    """Take the tenant's label and our own marks off; whatever else it bears stays."""
    labels = {key: None for key in OURS if key in namespace.labels}
    annotations = {
        key: None
        for key in namespace.annotations
        if key == SANDBOX_OF or key.startswith("pulumi.com/patch")
    }
    marks = {"uid": namespace.uid, "labels": labels, "annotations": annotations}
    try:
        await workspace.cluster.patch(Ref("v1", "Namespace", namespace.name), {"metadata": marks})
    except NotFound:  # its owner was quicker
        return
