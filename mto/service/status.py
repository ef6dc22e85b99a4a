"""How an environment stands: each tenant against its declaration, and what belongs to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mto.cluster.observe import cluster_quotas, ingresses
from mto.errors import MtoError
from mto.plan import clusterquota
from mto.plan.hosts import Duplicate, duplicates
from mto.plan.observed import ClusterQuota, Namespace, Quota
from mto.plan.request import mistaken
from mto.plan.sandbox import untold
from mto.service import custom
from mto.service.home import lost
from mto.service.survey import Survey
from mto.service.workspace import Workspace


@dataclass(frozen=True)
class NamespaceStatus:
    """A live namespace of a tenant, with what its quota allows (hard) and what is used."""

    name: str
    made: str
    hard: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TenantStatus:
    """How one tenant stands.

    ``state``: Ready, Pending (``mto up`` would change something), Missing (never provisioned),
    Vanished (no manifest any more), InCluster (declared with kubectl, which the service follows)
    or Failed.
    """

    name: str
    state: str
    quota: str
    namespaces: tuple[NamespaceStatus, ...]
    objects: int
    pending: int = 0
    message: str = ""


@dataclass(frozen=True)
class Orphan:
    """A namespace with the label of a tenant that nobody declares."""

    namespace: str
    tenant: str


async def status(workspace: Workspace, names: tuple[str, ...] = ()) -> tuple[TenantStatus, ...]:
    """The named tenants, or all that are declared or still have a stack."""
    live = await workspace.survey()
    whole = await cluster_quotas(workspace.cluster) if live.around.cluster_quotas else {}
    live = replace(live, quotas={**live.quotas, **_spread(whole, live)})
    stacks = workspace.stacks()
    chosen = workspace.tenants(names)
    gone = () if names else workspace.vanished()
    elsewhere = await custom.declared(workspace.cluster) if gone else frozenset()
    declared = [await _declared(workspace, name, live, has_stack=name in stacks) for name in chosen]
    left = (_undeclared(workspace, name, live, elsewhere=name in elsewhere) for name in gone)
    return tuple(_with_whole(one, whole.get(one.name)) for one in (*declared, *left))


def _spread(whole: Mapping[str, ClusterQuota], live: Survey) -> dict[str, Quota]:
    """What each namespace uses, against what all of the tenant's have together."""
    return {
        namespace: Quota(spec=one.hard, used=one.inside.get(namespace, {}))
        for tenant, one in whole.items()
        for namespace in live.of(tenant)
    }


def _with_whole(status: TenantStatus, whole: ClusterQuota | None) -> TenantStatus:
    if whole is None:
        return status
    use = ", ".join(f"{key} {whole.used.get(key, '0')}/{hard}" for key, hard in whole.hard.items())
    told = f"one {clusterquota.KIND} for all namespaces together: {use}"
    return replace(status, message="; ".join(filter(None, (status.message, told))))


async def orphans(workspace: Workspace) -> tuple[Orphan, ...]:
    """Namespaces whose tenant is neither declared nor recorded."""
    live = await workspace.survey()
    known = workspace.world.tenants.keys() | workspace.stacks().keys()
    return tuple(
        Orphan(name, one.tenant or "")
        for name, one in sorted(live.namespaces.items())
        if one.tenant not in known
    )


async def hosts(workspace: Workspace) -> tuple[Duplicate, ...]:
    """Hosts that several tenants serve at once."""
    live, found = await asyncio.gather(workspace.survey(), ingresses(workspace.cluster))
    return duplicates(found, live.namespaces)


async def _declared(
    workspace: Workspace, name: str, live: Survey, *, has_stack: bool
) -> TenantStatus:
    quota = workspace.world.tenants[name].value.spec.quota
    namespaces = namespaces_of(live.of(name), live.quotas)
    try:
        plan = workspace.tenant(name, await workspace.observe(name, live))
        refresh = lost(workspace.backend.load(plan.stack), live.namespaces)
        result = await workspace.engine.preview(plan, deadline=workspace.deadline, refresh=refresh)
    except MtoError as error:
        return TenantStatus(name, "Failed", quota, namespaces, 0, message=str(error))
    changes = len(result.changes)
    objects = sum(one.kubernetes for one in plan)
    if not has_stack:
        return TenantStatus(name, "Missing", quota, namespaces, 0, changes, "not provisioned yet")
    untold_groups = untold(workspace.world.tenants[name].value, workspace.world.groups)
    told = (*plan.warnings, *plan.unsettled, untold_groups, *_mistaken(workspace, name, live))
    message = "; ".join(dict.fromkeys(filter(None, told)))
    state = "Pending" if changes else "Ready"
    return TenantStatus(name, state, quota, namespaces, objects, changes, message)


def _mistaken(workspace: Workspace, name: str, live: Survey) -> Iterator[str]:
    """Requests for a part of the budget that nobody understands."""
    budget = workspace.world.quotas[workspace.world.tenants[name].value.spec.quota].value
    for _, one in sorted(live.of(name).items()):
        yield mistaken(one, budget.spec.resourcequota.hard.keys())


def _undeclared(workspace: Workspace, name: str, live: Survey, *, elsewhere: bool) -> TenantStatus:
    """A tenant that no file declares: the cluster does, or nobody."""
    checkpoint = workspace.backend.load(workspace.settings.stack(name))
    objects = (
        sum(one.type.startswith("kubernetes:") for one in checkpoint.resources) if checkpoint else 0
    )
    state, message = "Vanished", f"no longer declared: `mto destroy {name}`, or `mto up --prune`"
    if elsewhere:
        state, message = "InCluster", "declared in the cluster: `mto status -w` shows how it stands"
    namespaces = namespaces_of(live.of(name), live.quotas)
    return TenantStatus(name, state, "", namespaces, objects, message=message)


def namespaces_of(
    own: Mapping[str, Namespace], quotas: Mapping[str, Quota]
) -> tuple[NamespaceStatus, ...]:
    """A tenant's namespaces, by name."""
    return tuple(_namespace(one, quotas.get(name, Quota())) for name, one in sorted(own.items()))


def _namespace(live: Namespace, quota: Quota) -> NamespaceStatus:
    made = "terminating" if live.terminating else "by MTO" if live.managed else "by an owner"
    return NamespaceStatus(live.name, made, quota.spec, quota.used)
