"""The end of tenants, and of the platform under them.

What the state records is deleted by the engine. Two things are not in it: the namespaces that
owners made themselves, which go first where the tenant purges; and the label on whatever
namespaces stay, which is taken off last, when no right is left in them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from mto.cluster.errors import NotFound
from mto.cluster.ref import Ref
from mto.engine.port import Failure, Op, Result, Step, Watcher
from mto.errors import MtoError
from mto.plan.labels import KIND_LABEL, MANAGED_BY_LABEL, SANDBOX_OF
from mto.plan.namespace import untouchable
from mto.plan.observed import MANAGED_LABEL, TENANT_LABEL, Contents, Namespace
from mto.plan.resource import Deletion
from mto.service.errors import RecordElsewhere, UnknownTenant
from mto.service.parallel import each
from mto.service.report import PLATFORM, Report, StackReport
from mto.service.survey import Survey
from mto.service.workspace import Workspace
from mto.state.checkpoint import Checkpoint, ResourceState

OURS = (TENANT_LABEL, MANAGED_LABEL, MANAGED_BY_LABEL, KIND_LABEL)
NAMESPACE = "kubernetes:core/v1:Namespace"
TENANTS = ("tenantoperator.stakater.com/v1beta3", "Tenant")


async def destroy(
    workspace: Workspace, names: tuple[str, ...], *, watch: Watcher, dry_run: bool
) -> Report:
    """The named tenants; without names every tenant of the environment, then the platform."""
    started = time.monotonic()
    live = await workspace.survey()
    known = workspace.stacks().keys() | live.by_tenant.keys()
    for name in names:
        if name not in known and name not in workspace.world.tenants:
            raise UnknownTenant(name, known | workspace.world.tenants.keys())
    chosen = names or tuple(sorted(workspace.stacks()))
    reports = await destroyed(workspace, chosen, watch=watch, dry_run=dry_run)
    if not names and all(one.ok for one in reports):
        reports = (*reports, await _platform(workspace, watch=watch, dry_run=dry_run))
    return Report(reports, seconds=time.monotonic() - started)


async def destroyed(
    workspace: Workspace, names: Iterable[str], *, watch: Watcher, dry_run: bool = False
) -> tuple[StackReport, ...]:
    """One report for each tenant; one that is stuck does not keep the others."""
    chosen = tuple(names)
    live = await workspace.survey() if chosen else Survey()

    async def one(name: str) -> StackReport:
        stack = workspace.settings.stack(name)
        try:
            return await _tenant(workspace, name, live, watch=watch, dry_run=dry_run)
        except MtoError as error:
            return StackReport(name, Result(stack), error=str(error))

    return await each(chosen, one, workspace.parallel)


async def _tenant(
    workspace: Workspace, name: str, live: Survey, *, watch: Watcher, dry_run: bool
) -> StackReport:
    stack = workspace.settings.stack(name)
    checkpoint = workspace.backend.load(stack)
    config = workspace.world.config.value
    own = {key: one for key, one in live.of(name).items() if not untouchable(key, config)}
    if checkpoint is None and (governed := sorted(own.keys() & live.quotas.keys())):
        raise RecordElsewhere(stack, governed)
    recorded = _recorded(checkpoint or Checkpoint(stack))
    doomed = _doomed(checkpoint or Checkpoint(stack), own)
    inside = await workspace.contents(sorted(doomed))
    deletions = tuple(_deletion(one, contents) for one, contents in inside.items())
    unrecorded = [own[one] for one in sorted(doomed - recorded.keys())]
    staying = [one for one in own.values() if one.name not in doomed and not one.terminating]
    steps = (*map(_deleting, unrecorded), *map(_unlabelling, staying))
    if dry_run:
        result = await workspace.engine.destroy(
            stack, deadline=workspace.deadline, watch=watch, dry_run=True
        )
    else:
        result = await _carried_out(workspace, stack, watch, going=unrecorded, staying=staying)
    return StackReport(name, replace(result, steps=(*result.steps, *steps)), deletions)


async def _carried_out(
    workspace: Workspace,
    stack: str,
    watch: Watcher,
    *,
    going: list[Namespace],
    staying: list[Namespace],
) -> Result:
    """The record goes only once every deletion has begun: it alone knows that they were to go."""
    failures = await _each(_deleted, workspace, going)
    if failures:
        return Result(stack, failures=failures)
    result = await workspace.engine.destroy(
        stack, deadline=workspace.deadline, watch=watch, dry_run=False
    )
    failures = await _each(_gone, workspace, going)
    if result.ok:
        failures += await _unlabel(workspace, staying)
    return replace(result, failures=(*result.failures, *failures))


def _recorded(checkpoint: Checkpoint) -> Mapping[str, ResourceState]:
    """The namespaces that the record holds, by name."""
    return {
        one.inputs["metadata"]["name"]: one for one in checkpoint.resources if one.type == NAMESPACE
    }


def _doomed(checkpoint: Checkpoint, own: Mapping[str, Namespace]) -> frozenset[str]:
    """Live namespaces that go with the tenant, by what was recorded when it was last updated."""
    recorded = _recorded(checkpoint)
    purge = any(
        one.inputs["spec"].get("namespaces", {}).get("onDeletePurgeNamespaces", False)
        for one in checkpoint.resources
        if one.type == f"kubernetes:{TENANTS[0]}:{TENANTS[1]}"
    )
    return frozenset(
        name for name in own if (not recorded[name].retain_on_delete if name in recorded else purge)
    )


def _deletion(namespace: str, contents: Contents) -> Deletion:
    return Deletion(
        namespace, contents.counts, consented=True, because="onDeletePurgeNamespaces: true"
    )


def _deleting(namespace: Namespace) -> Step:
    made = "not recorded" if namespace.managed else "made by an owner"
    because = f"{made}; the tenant purges its namespaces"
    return Step(Op.DELETE, _urn(namespace), f"Namespace/{namespace.name}", because)


def _unlabelling(namespace: Namespace) -> Step:
    because = "stays, and belongs to no tenant any more"
    return Step(Op.UPDATE, _urn(namespace), f"Namespace/{namespace.name}", because)


def _urn(namespace: Namespace) -> str:
    """No resource of the stack, but told in the same words."""
    return f"::{NAMESPACE}::{namespace.name}"


async def _each(
    work: Callable[[Workspace, Namespace], Awaitable[None]],
    workspace: Workspace,
    namespaces: list[Namespace],
) -> tuple[Failure, ...]:
    """All at once: each takes seconds, and a stuck one must not keep the others."""

    async def one(namespace: Namespace) -> Failure | None:
        try:
            await work(workspace, namespace)
        except MtoError as error:
            return Failure(_deleting(namespace), str(error))
        return None

    failures = await asyncio.gather(*map(one, namespaces))
    return tuple(one for one in failures if one is not None)


async def _deleted(workspace: Workspace, namespace: Namespace) -> None:
    await workspace.cluster.delete(Ref("v1", "Namespace", namespace.name), uid=namespace.uid)


async def _gone(workspace: Workspace, namespace: Namespace) -> None:
    ref = Ref("v1", "Namespace", namespace.name)
    await workspace.cluster.wait_gone(ref, uid=namespace.uid, deadline=workspace.gone_within)


async def _unlabel(workspace: Workspace, namespaces: list[Namespace]) -> tuple[Failure, ...]:
    failures = []
    for one in namespaces:
        labels = {key: None for key in OURS if key in one.labels}
        annotations = {
            key: None
            for key in one.annotations
            if key == SANDBOX_OF or key.startswith("pulumi.com/patch")
        }
        patch = {"metadata": {"uid": one.uid, "labels": labels, "annotations": annotations}}
        try:
            await workspace.cluster.patch(Ref("v1", "Namespace", one.name), patch)
        except NotFound:  # its owner was quicker
            continue
        except MtoError as error:
            failures.append(Failure(_unlabelling(one), str(error)))
    return tuple(failures)


async def _platform(workspace: Workspace, *, watch: Watcher, dry_run: bool) -> StackReport:
    stack = workspace.settings.stack()
    try:
        if not dry_run and (others := await _tenants_left(workspace)):
            problem = (
                f"tenants are left in the cluster that this environment does not know: "
                f"{', '.join(others)}; destroying the platform would delete them. Delete them first"
            )
            return StackReport(PLATFORM, Result(stack), error=problem)
        result = await workspace.engine.destroy(
            stack, deadline=workspace.deadline, watch=watch, dry_run=dry_run
        )
    except MtoError as error:
        return StackReport(PLATFORM, Result(stack), error=str(error))
    return StackReport(PLATFORM, result)


async def _tenants_left(workspace: Workspace) -> list[str]:
    """The definition of a kind takes every object of that kind along."""
    try:
        items = await workspace.cluster.list(*TENANTS, metadata_only=True)
    except NotFound:
        return []
    return sorted(item["metadata"]["name"] for item in items)
