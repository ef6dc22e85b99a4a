"""What a plan must know of the cluster: tenants' namespaces, our quotas, what a namespace holds.

Listings are made once for all tenants and then shared out. Whatever could not be listed is said,
never left out: what is incomplete must not delete anything.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mto.cluster.client import Cluster
from mto.cluster.errors import NotFound, RequestFailed, UnknownKind
from mto.cluster.kinds import Discovered, Served
from mto.cluster.listing import Object, Objects
from mto.cluster.ref import Ref
from mto.plan import appproject, clusterquota
from mto.plan.observed import ArgoCD, ClusterQuota, Contents, Namespace, Quota
from mto.plan.role import RBAC_VERSION
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL

QUOTA_NAME = "mto"
GROUP = ("user.openshift.io/v1", "Group")
"""OpenShift's kind for groups and who is in them."""
NOT_OURS = f"{MANAGED_LABEL}!=true"
SERVICE_ACCOUNT_OF = "kubernetes.io/service-account.name"

# Made by Kubernetes about other objects, not by people: gone with those, or made again.
DERIVED = frozenset(
    {
        "controllerrevisions.apps",
        "endpoints",
        "endpointslices.discovery.k8s.io",
        "events",
        "events.events.k8s.io",
        "leases.coordination.k8s.io",
    }
)
# Made by Kubernetes (and OpenShift) in every namespace.
EVERYWHERE: Mapping[str, frozenset[str]] = {
    "configmaps": frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"}),
    "serviceaccounts": frozenset({"default", "builder", "deployer"}),
}


def namespace_of(metadata: Mapping[str, Any]) -> Namespace:
    """What plans need of a live namespace."""
    return Namespace(
        name=metadata["name"],
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        uid=metadata["uid"],
        terminating="deletionTimestamp" in metadata,
        created=metadata.get("creationTimestamp") or "",
    )


def quota_of(live: Mapping[str, Any]) -> Quota:
    """What plans need of a live ResourceQuota."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    return Quota(
        spec=spec.get("hard") or {},
        status=status.get("hard") or {},
        used=status.get("used") or {},
        tenant=(live["metadata"].get("labels") or {}).get(TENANT_LABEL, ""),
    )


async def namespaces(cluster: Cluster) -> dict[str, Namespace]:
    """All that carry a tenant's label, by name, in one listing."""
    live = await cluster.list("v1", "Namespace", label_selector=TENANT_LABEL, metadata_only=True)
    return {one["metadata"]["name"]: namespace_of(one["metadata"]) for one in live}


async def namespace(cluster: Cluster, name: str) -> Namespace | None:
    """One namespace, whosever it is; None where there is none."""
    try:
        live = await cluster.get(Ref("v1", "Namespace", name), metadata_only=True)
    except NotFound:
        return None
    return namespace_of(live["metadata"])


async def quotas(cluster: Cluster, tenant: str | None = None) -> dict[str, Quota]:
    """Our ResourceQuota of each namespace, by the namespace's name, in one listing."""
    own = f",{TENANT_LABEL}={tenant}" if tenant else ""
    live = await cluster.list(
        "v1",
        "ResourceQuota",
        label_selector=f"{MANAGED_LABEL}=true{own}",
        field_selector=f"metadata.name={QUOTA_NAME}",
    )
    return {one["metadata"]["namespace"]: quota_of(one) for one in live}


async def cluster_roles(cluster: Cluster) -> frozenset[str]:
    """Names of those that MTO did not make, in one listing."""
    live = await cluster.list(
        RBAC_VERSION, "ClusterRole", label_selector=NOT_OURS, metadata_only=True
    )
    return frozenset(one["metadata"]["name"] for one in live)


def cluster_quota_of(live: Mapping[str, Any]) -> ClusterQuota:
    """What is to be known of a live ClusterResourceQuota."""
    status = live.get("status") or {}
    total = status.get("total") or {}
    inside = {
        one["namespace"]: (one.get("status") or {}).get("used") or {}
        for one in status.get("namespaces") or ()
    }
    hard = (live["spec"].get("quota") or {}).get("hard") or {}
    return ClusterQuota(hard, total.get("used") or {}, inside)


async def cluster_quotas(cluster: Cluster) -> dict[str, ClusterQuota]:
    """Ours, by tenant, in one listing."""
    live = await cluster.list(
        clusterquota.VERSION, clusterquota.KIND, label_selector=f"{MANAGED_LABEL}=true"
    )
    return {one["metadata"]["labels"].get(TENANT_LABEL, ""): cluster_quota_of(one) for one in live}


async def serves(cluster: Cluster, api_version: str, kind: str) -> bool:
    """Whether the cluster has such a kind."""
    try:
        await cluster.served(api_version, kind)
    except UnknownKind:
        return False
    return True


async def groups(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """Members of OpenShift's Groups, in one listing."""
    live = await cluster.list(*GROUP)
    return {
        one["metadata"]["name"]: tuple(dict.fromkeys(filter(None, one.get("users") or ())))
        for one in live
    }


async def ingresses(cluster: Cluster) -> Objects:
    """Of all namespaces, in one listing."""
    return await cluster.list("networking.k8s.io/v1", "Ingress")


async def argocd(cluster: Cluster, place: str) -> ArgoCD:
    """Whether the cluster has Argo CD's kind, and the namespace ``place``."""
    kind, found = await asyncio.gather(
        serves(cluster, appproject.VERSION, appproject.KIND), namespace(cluster, place)
    )
    return ArgoCD(kind, found is not None and not found.terminating)


async def contents(
    cluster: Cluster, namespace: str, *, discovered: Discovered | None = None
) -> Contents:
    """What a namespace holds besides what MTO and Kubernetes put there.

    An object that another one in the namespace controls (the pods of a Deployment) is not
    counted by itself. Kinds that nobody can delete (metrics) are not looked at. ``discovered``
    spares the question what kinds there are, where several namespaces are looked at.
    """
    served = discovered or await cluster.discover()
    kinds = [one for one in served.preferred if _counts(one)]
    listings = await asyncio.gather(*(_listing(cluster, namespace, one) for one in kinds))
    missing = [*served.stale]
    foreign: list[tuple[str, Object]] = []
    for kind, listing in zip(kinds, listings, strict=True):
        if listing is None:
            missing.append(kind.readable)
        else:
            foreign += ((kind.readable, one["metadata"]) for one in listing)
    return Contents(counts=_counted(foreign), missing=tuple(sorted(missing)))


def _counts(served: Served) -> bool:
    return (
        served.namespaced and served.verbs >= {"list", "delete"} and served.readable not in DERIVED
    )


def _counted(foreign: Sequence[tuple[str, Object]]) -> dict[str, int]:
    present = {metadata["uid"] for _, metadata in foreign}
    counts = Counter(
        kind
        for kind, metadata in foreign
        if not _given(kind, metadata) and _controller(metadata) not in present
    )
    return dict(sorted(counts.items()))


async def _listing(cluster: Cluster, namespace: str, served: Served) -> Objects | None:
    """None where it can't be had. Unreachable is for the caller: then nothing is known at all."""
    try:
        return await cluster.list(
            served.api_version,
            served.kind,
            namespace=namespace,
            label_selector=NOT_OURS,
            metadata_only=True,
        )
    except RequestFailed as error:
        if not error.status:
            raise
        return None


def _given(kind: str, metadata: Mapping[str, Any]) -> bool:
    """Kubernetes puts it into every namespace."""
    if kind == "secrets":
        account = (metadata.get("annotations") or {}).get(SERVICE_ACCOUNT_OF)
        return account in EVERYWHERE["serviceaccounts"]
    return metadata["name"] in EVERYWHERE.get(kind, ())


def _controller(metadata: Mapping[str, Any]) -> str | None:
    owners = metadata.get("ownerReferences") or ()
    return next((one["uid"] for one in owners if one.get("controller")), None)
