"""Ingress between tenants closed: from the own tenant and from namespaces of no tenant only.

The switch is called ``disableIntraTenantNetworking`` in MTO's manifests and means *between*
tenants. Egress and DNS stay open.
"""

from __future__ import annotations

from typing import Any

from mto.spec.labels import TENANT_LABEL
from mto.spec.names import shorten


def manifest(tenant: str, namespace: str) -> dict[str, Any]:
    """The NetworkPolicy of one namespace."""
    own = {"matchLabels": {TENANT_LABEL: tenant}}
    nobodys = {"matchExpressions": [{"key": TENANT_LABEL, "operator": "DoesNotExist"}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": shorten(f"disable-intra-tenant-networking-{tenant}"),
            "namespace": namespace,
        },
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": nobodys}, {"namespaceSelector": own}]}],
        },
    }
