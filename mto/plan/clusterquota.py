"""The tenant's budget as OpenShift's ClusterResourceQuota: one object over all its namespaces.

OpenShift's API server counts over every namespace that carries the tenant's label, so nothing has
to be shared out there (OpenShift, "Resource quotas across multiple projects").
"""

from __future__ import annotations

from typing import Any, Final

from mto.plan.quota import limits
from mto.spec.labels import TENANT_LABEL
from mto.spec.names import shorten
from mto.spec.quota import Quota

VERSION: Final = "quota.openshift.io/v1"
KIND: Final = "ClusterResourceQuota"
LONGEST_NAME: Final = 253


def name(tenant: str) -> str:
    return shorten(f"mto-{tenant}", LONGEST_NAME)


def manifest(budget: Quota, tenant: str) -> dict[str, Any]:
    """The whole budget, for the namespaces that carry the tenant's label."""
    return {
        "apiVersion": VERSION,
        "kind": KIND,
        "metadata": {"name": name(tenant)},
        "spec": {
            "selector": {"labels": {"matchLabels": {TENANT_LABEL: tenant}}},
            "quota": limits(budget, budget.spec.resourcequota.hard),
        },
    }
