"""What is live of all tenants: two listings, shared out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mto.cluster.client import Cluster
from mto.cluster.observe import namespaces, quotas
from mto.plan.observed import ArgoCD, Contents, Namespace, Observed, Quota, Surroundings


@dataclass(frozen=True)
class Survey:
    """Namespaces that carry a tenant's label, by name and by tenant, and our quotas in them."""

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    by_tenant: Mapping[str, Mapping[str, Namespace]] = field(default_factory=dict)
    marked: Mapping[str, Mapping[str, Quota]] = field(default_factory=dict)
    """Our quotas by the tenant that they are marked with, which outlasts a namespace's label."""
    argocd: ArgoCD = field(default_factory=ArgoCD)
    refused: Mapping[str, Mapping[str, str]] | None = None
    """As in Observed: what could not be had for want of quota, where that is watched for."""
    around: Surroundings = field(default_factory=Surroundings)

    def of(self, tenant: str) -> Mapping[str, Namespace]:
        """The tenant's namespaces, by name."""
        return self.by_tenant.get(tenant, {})

    def observed(self, tenant: str, inside: Mapping[str, Contents]) -> Observed:
        """The tenant's share; ``inside`` is what the namespaces hold that it no longer declares."""
        own = self.of(tenant)
        known = {name: self.quotas[name] for name in own if name in self.quotas}
        quotas = {**self.marked.get(tenant, {}), **known}
        return Observed(own, quotas, inside, self.argocd, self.refused, self.around)

    def undeclared(self, tenant: str, declared: Collection[str]) -> tuple[str, ...]:
        """Namespaces that MTO made for the tenant and that it no longer declares."""
        return tuple(
            sorted(
                name
                for name, one in self.of(tenant).items()
                if one.managed and not one.terminating and name not in declared
            )
        )


async def survey(cluster: Cluster) -> Survey:
    """What is there now."""
    found, shares = await asyncio.gather(namespaces(cluster), quotas(cluster))
    by_tenant: dict[str, dict[str, Namespace]] = {}
    for name, one in found.items():
        by_tenant.setdefault(one.tenant or "", {})[name] = one
    marked: dict[str, dict[str, Quota]] = {}
    for name, share in shares.items():
        marked.setdefault(share.tenant, {})[name] = share
    return Survey(found, shares, by_tenant, marked)
