"""Tenants that are declared in the cluster itself; the service follows them, and no file does."""

from __future__ import annotations

from typing import Final

from mto.cluster.client import Cluster
from mto.cluster.errors import UnknownKind
from mto.plan.labels import is_copy
from mto.service.workspace import Workspace
from mto.spec.kinds import KINDS

_TENANT: Final = next(kind for kind in KINDS if kind[1] == "Tenant")


async def declared(cluster: Cluster) -> frozenset[str]:
    """Names of the tenants that somebody declared with kubectl."""
    try:
        live = await cluster.list(*_TENANT, metadata_only=True)
    except UnknownKind:
        return frozenset()
    return frozenset(one["metadata"]["name"] for one in live if not is_copy(one))


async def vanished(workspace: Workspace) -> tuple[str, ...]:
    """Tenants with a stack that neither a file nor the cluster declares any more.

    Beside a service the world of a run is but the files: what people declared in the cluster must
    not look like a tenant that nobody wants.
    """
    found = workspace.vanished()
    if not found:
        return ()
    elsewhere = await declared(workspace.cluster)
    return tuple(name for name in found if name not in elsewhere)
