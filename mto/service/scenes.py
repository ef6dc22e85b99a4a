"""From a cluster to the scenes of the checks: each tenant beside another one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mto.admission.replay import SCRATCH_LABEL
from mto.cluster.client import Cluster
from mto.cluster.errors import UnknownKind
from mto.cluster.kinds import Served
from mto.cluster.listing import Object
from mto.cluster.ref import Ref
from mto.plan.labels import SANDBOX_OF
from mto.service.actors import people
from mto.service.checks.scene import Scene, Who
from mto.service.checks.theft import SYSTEM, UNOWNED
from mto.service.survey import Survey
from mto.service.workspace import Workspace
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL
from mto.spec.tenant import Tenant

MANAGED_KINDS: Final = (
    ("v1", "ResourceQuota"),
    ("v1", "LimitRange"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("mto.stakater.com/v1alpha1", "TenantPolicy"),
)
NO_RIVAL: Final = "mto-verify-rival"
"""The other tenant, where there is only one."""


@dataclass(frozen=True)
class Stage:
    """What all scenes share. ``kinds`` are those that the cluster prefers."""

    workspace: Workspace
    live: Survey
    kinds: tuple[Served, ...]
    run: str

    def namespace(self, tenant: str) -> str:
        """One that MTO made and where every member has their role; empty where there is none."""
        return next(
            (
                name
                for name, one in sorted(self.live.of(tenant).items())
                if one.managed and not one.terminating and SANDBOX_OF not in one.annotations
            ),
            "",
        )

    def rivals(self) -> Mapping[str, str]:
        """Each tenant's rival: the next one by name, the last one's is the first."""
        names = [name for name in self.workspace.tenants() if self.namespace(name)]
        return {
            name: names[(place + 1) % len(names)]
            for place, name in enumerate(names)
            if len(names) > 1
        }


async def scene(stage: Stage, name: str, rival: str | None) -> Scene:
    """Everything that the checks of one tenant need to know."""
    world, cluster = stage.workspace.world, stage.workspace.cluster
    tenant, namespace = world.tenants[name].value, stage.namespace(name)
    other = world.tenants[rival].value if rival else None
    other_namespace = stage.namespace(rival) if rival else UNOWNED
    found, network, spaces = await asyncio.gather(
        _managed(cluster, namespace),
        cluster.list("networking.k8s.io/v1", "NetworkPolicy", namespace=namespace),
        asyncio.gather(
            *(
                cluster.get(Ref("v1", "Namespace", one))
                for one in (namespace, other_namespace, UNOWNED, SYSTEM)
            )
        ),
    )
    return Scene(
        tenant,
        world.config.value,
        namespace,
        rival or NO_RIVAL,
        other_namespace,
        stage.run,
        people(
            tenant,
            other,
            namespace=namespace,
            run=stage.run,
            privileged=world.config.value.spec.access_control.privileged.groups,
        ),
        account=await _account(cluster, tenant, namespace=namespace, run=stage.run),
        managed=tuple(sorted(found, key=Ref.of)),
        live={one["metadata"]["name"]: one for one in spaces},
        network=tuple(network),
        neighbours=_neighbours(stage.live, name),
        hard=frozenset(key for one in _of(found, "ResourceQuota") for key in one["spec"]["hard"]),
        limits=tuple(entry for one in _of(found, "LimitRange") for entry in one["spec"]["limits"]),
        kinds=stage.kinds,
    )


def _neighbours(live: Survey, tenant: str) -> Mapping[str, Mapping[str, str]]:
    """Labels of other tenants' namespaces; where there are none, of one that there could be."""
    others = {name: one.labels for name, one in live.namespaces.items() if one.tenant != tenant}
    return others or {NO_RIVAL: {TENANT_LABEL: NO_RIVAL}}


def _of(found: list[Object], kind: str) -> Iterator[Object]:
    return (one for one in found if one["kind"] == kind)


async def _managed(cluster: Cluster, namespace: str) -> list[Object]:
    async def listed(api_version: str, kind: str) -> list[Object]:
        try:
            return await cluster.list(
                api_version, kind, namespace=namespace, label_selector=f"{MANAGED_LABEL}=true"
            )
        except UnknownKind:
            return []

    return [
        one for some in await asyncio.gather(*(listed(*k) for k in MANAGED_KINDS)) for one in some
    ]


async def _account(cluster: Cluster, tenant: Tenant, *, namespace: str, run: str) -> str:
    """A service account that pods may use, made for this run where the only one is denied."""
    accounts = tenant.spec.service_accounts
    denied = accounts.denied if accounts else ()
    if "default" not in denied:
        return "default"
    name = f"mto-verify-{run}"
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "labels": {SCRATCH_LABEL: run},
    }
    manifest = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    await cluster.apply(manifest, create_only=True)
    return name


def missing(scene: Scene) -> str:
    """Why nothing can be said of a tenant; empty if something can."""
    return "" if Who.OWNER in scene.people else "it declares no owner, so nobody can try anything"
