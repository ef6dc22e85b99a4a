"""What must be known of the cluster before a tenant can be planned: data, filled elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL


@dataclass(frozen=True)
class Namespace:
    """A live namespace that carries a tenant's label."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""
    terminating: bool = False
    created: str = ""
    """As the API server writes it: sorts by time."""

    @property
    def managed(self) -> bool:
        """Made by MTO; otherwise an owner made it, or it was adopted by its label."""
        return self.labels.get(MANAGED_LABEL) == "true"

    @property
    def tenant(self) -> str | None:
        return self.labels.get(TENANT_LABEL)


@dataclass(frozen=True)
class Quota:
    """Our ResourceQuota of one namespace; amounts as Kubernetes writes them (``"500m"``).

    ``tenant`` is the one that the quota itself is marked with.
    """

    spec: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    tenant: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class ClusterQuota:
    """Our ClusterResourceQuota of one tenant; ``inside`` is what is used, by namespace."""

    hard: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """What a namespace holds besides what MTO and Kubernetes put there: number of objects by kind.

    ``missing`` names the kinds that could not be listed; what is incomplete never deletes anything.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArgoCD:
    """What of Argo CD is there: its kind AppProject, and the namespace that it is said to be in."""

    kind: bool = False
    namespace: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What is there besides the tenants' own.

    ``cluster_roles`` are the names of those that MTO did not make; None where nobody looked.
    ``cluster_quotas``: the cluster has OpenShift's kind ClusterResourceQuota.
    """

    cluster_roles: frozenset[str] | None = None
    cluster_quotas: bool = False


@dataclass(frozen=True)
class Observed:
    """One tenant's part of the cluster.

    ``refused`` are amounts by namespace and key that could not be had for want of quota; None where
    nobody watches for that, and parts do not follow use.
    """

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    contents: Mapping[str, Contents] = field(default_factory=dict)
    argocd: ArgoCD = ArgoCD()
    refused: Mapping[str, Mapping[str, str]] | None = None
    around: Surroundings = Surroundings()
