"""Where a kind lives: its plural, and whether it belongs to a namespace.

The kinds that we use, Kubernetes' and our own in tenants' namespaces, are in a table and cost no
request; all others are asked of the API server once a process (aggregated discovery: two
requests for everything), and again when one is not found, since its definition may have been
made a moment ago.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True, slots=True)
class Served:
    """A kind as the API server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def group(self) -> str:
        return self.api_version.partition("/")[0] if "/" in self.api_version else ""

    @property
    def readable(self) -> str:
        """``deployments.apps``; ``pods`` in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def collection(self, namespace: str = "") -> str:
        """Path of all objects, or of those in one namespace."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else "/api/v1"
        if self.namespaced and namespace:
            return f"{root}/namespaces/{segment(namespace)}/{self.plural}"
        return f"{root}/{self.plural}"

    def path(self, name: str, namespace: str = "") -> str:
        return f"{self.collection(namespace)}/{segment(name)}"


def segment(name: str) -> str:
    """A name as part of a path; RBAC's names may hold what a URL may not."""
    return name if _PLAIN.fullmatch(name) else quote(name, safe=":")


Kinds = Mapping[tuple[str, str], Served]

_CLUSTER_WIDE = """
v1 Namespace namespaces
v1 Node nodes
v1 PersistentVolume persistentvolumes
admissionregistration.k8s.io/v1 MutatingAdmissionPolicy mutatingadmissionpolicies
admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy validatingadmissionpolicies
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations
apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions
authentication.k8s.io/v1 SelfSubjectReview selfsubjectreviews
networking.k8s.io/v1 IngressClass ingressclasses
rbac.authorization.k8s.io/v1 ClusterRole clusterroles
rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings
scheduling.k8s.io/v1 PriorityClass priorityclasses
storage.k8s.io/v1 StorageClass storageclasses
"""
_NAMESPACED = """
v1 ConfigMap configmaps
v1 Event events
v1 LimitRange limitranges
v1 PersistentVolumeClaim persistentvolumeclaims
v1 Pod pods
v1 ResourceQuota resourcequotas
v1 Secret secrets
v1 Service services
v1 ServiceAccount serviceaccounts
apps/v1 DaemonSet daemonsets
apps/v1 Deployment deployments
apps/v1 ReplicaSet replicasets
apps/v1 StatefulSet statefulsets
autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers
batch/v1 CronJob cronjobs
batch/v1 Job jobs
coordination.k8s.io/v1 Lease leases
mto.stakater.com/v1alpha1 TenantPolicy tenantpolicies
networking.k8s.io/v1 Ingress ingresses
networking.k8s.io/v1 NetworkPolicy networkpolicies
policy/v1 PodDisruptionBudget poddisruptionbudgets
rbac.authorization.k8s.io/v1 Role roles
rbac.authorization.k8s.io/v1 RoleBinding rolebindings
"""


def _table(text: str, *, namespaced: bool) -> Iterator[Served]:
    for line in text.split("\n"):
        if line:
            api_version, kind, plural = line.split()
            yield Served(api_version, kind, plural, namespaced)


def by_kind(served: Iterable[Served]) -> Kinds:
    return {(one.api_version, one.kind): one for one in served}


WELL_KNOWN: Kinds = by_kind(
    (*_table(_CLUSTER_WIDE, namespaced=False), *_table(_NAMESPACED, namespaced=True))
)


@dataclass(frozen=True)
class Discovered:
    """All kinds that the server serves.

    ``preferred`` holds each kind of a group once, in the version that the server prefers.
    ``stale`` names the group versions whose own server did not answer: their kinds are unknown.
    Groups of which nothing can be deleted (metrics) are not worth that alarm.
    """

    kinds: Kinds
    preferred: tuple[Served, ...]
    stale: tuple[str, ...]


def discovered(*documents: Mapping[str, Any]) -> Discovered:
    """Reads answers of aggregated discovery (``APIGroupDiscoveryList``)."""
    served: list[Served] = []
    preferred: dict[tuple[str, str], Served] = {}
    stale: list[str] = []
    for group in (group for document in documents for group in document["items"]):
        name = group["metadata"].get("name", "")
        for version in group["versions"]:
            api_version = f"{name}/{version['version']}" if name else version["version"]
            found = tuple(_resources(api_version, version.get("resources", ())))
            served += found
            for one in found:
                preferred.setdefault((name, one.plural), one)
            read_only = found and not any("delete" in one.verbs for one in found)
            if version.get("freshness", "Current") != "Current" and not read_only:
                stale.append(api_version)
    return Discovered(by_kind(served), tuple(preferred.values()), tuple(stale))


def _resources(api_version: str, resources: Iterable[Mapping[str, Any]]) -> Iterator[Served]:
    for resource in resources:
        kind = (resource.get("responseKind") or {}).get("kind")
        if kind:
            yield Served(
                api_version,
                kind,
                resource["resource"],
                resource["scope"] == "Namespaced",
                frozenset(resource["verbs"]),
            )
