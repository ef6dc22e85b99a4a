"""The end of tenants, and of the platform under them.

What the state records is deleted by the engine. Two things are not in it: the namespaces that
owners made themselves, which go first where the tenant purges; and the label on whatever
namespaces stay, which is taken off last, when no right is left in them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mto.cluster.errors import NotFound
from mto.engine.port import Result, Step, Watcher
from mto.errors import MtoError
from mto.plan.namespace import untouchable
from mto.plan.observed import Contents, Namespace
from mto.plan.resource import Deletion
from mto.plan.tenant import COMPONENT
from mto.service.errors import RecordElsewhere, UnknownTenant
from mto.service.home import home
from mto.service.namespace import (
    all_of,
    delete,
    deleting,
    gone,
    recorded,
    unlabel,
    unlabelling,
)
from mto.service.parallel import each
from mto.service.report import PLATFORM, Report, StackReport
from mto.service.survey import Survey
from mto.service.workspace import Workspace
from mto.state.checkpoint import Checkpoint, ResourceState

Steps = list[tuple[Namespace, Step]]
TENANTS = ("tenantoperator.stakater.com/v1beta3", "Tenant")


async def destroy(
    workspace: Workspace, names: tuple[str, ...], *, watch: Watcher, dry_run: bool
) -> Report:
    """The named tenants; without names every tenant of the environment, then the platform."""
    started = time.monotonic()
    await home(workspace)
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
    doomed = _doomed(checkpoint or Checkpoint(stack), own)
    inside = await workspace.contents(sorted(doomed))
    deletions = tuple(_deletion(one, contents) for one, contents in inside.items())
    unrecorded = [own[one] for one in sorted(doomed - recorded(checkpoint).keys())]
    staying = [one for one in own.values() if one.name not in doomed and not one.terminating]
    going = [(one, deleting(one, _why(one))) for one in unrecorded]
    left = [(one, unlabelling(one)) for one in staying]
    if dry_run:
        result = await workspace.engine.destroy(
            stack, deadline=workspace.deadline, watch=watch, dry_run=True
        )
    else:
        result = await _carried_out(workspace, stack, watch, going=going, left=left)
    steps = (step for _, step in (*going, *left))
    return StackReport(name, replace(result, steps=(*result.steps, *steps)), deletions)


def _why(namespace: Namespace) -> str:
    made = "not recorded" if namespace.managed else "made by an owner"
    return f"{made}; the tenant purges its namespaces"


async def _carried_out(
    workspace: Workspace,
    stack: str,
    watch: Watcher,
    *,
    going: Steps,
    left: Steps,
) -> Result:
    """The record goes only once every deletion has begun: it alone knows that they were to go."""
    failures = await all_of(delete, workspace, going)
    if failures:
        return Result(stack, failures=failures)
    result = await workspace.engine.destroy(
        stack, deadline=workspace.deadline, watch=watch, dry_run=False
    )
    failures = await all_of(gone, workspace, going)
    if result.ok:
        failures += await all_of(unlabel, workspace, left)
    return replace(result, failures=(*result.failures, *failures))


def _doomed(checkpoint: Checkpoint, own: Mapping[str, Namespace]) -> frozenset[str]:
    """Live namespaces that go with the tenant, by what was recorded when it was last updated."""
    known = recorded(checkpoint)
    purge = any(_purges(one) for one in checkpoint.resources)
    return frozenset(
        name for name in own if (not known[name].retain_on_delete if name in known else purge)
    )


def _purges(one: ResourceState) -> bool:
    """A tenant that was declared in the cluster has no copy there; the component says it as well.

    Records from before that know the copy only.
    """
    if one.type == COMPONENT:
        return bool(one.outputs.get("purge"))
    spec = one.inputs.get("spec", {}) if one.type == f"kubernetes:{TENANTS[0]}:{TENANTS[1]}" else {}
    return bool(spec.get("namespaces", {}).get("onDeletePurgeNamespaces", False))


def _deletion(namespace: str, contents: Contents) -> Deletion:
    return Deletion(
        namespace, contents.counts, consented=True, because="onDeletePurgeNamespaces: true"
    )


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
