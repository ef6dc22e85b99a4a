"""The parameters that admission reads, one object in each namespace of a tenant."""

from __future__ import annotations

from typing import Any

from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.tenant import Tenant

NAME = "tenant-policy"
FIELDS = (
    "storage_classes",
    "ingress_classes",
    "pod_priority_classes",
    "service_accounts",
    "image_registries",
    "host_validation_config",
)


def manifest(tenant: Tenant, config: IntegrationConfig, namespace: str) -> dict[str, Any]:
    """A field absent here is a rule switched off, as in the Tenant."""
    rules = tenant.spec.model_dump(
        include=set(FIELDS), by_alias=True, mode="json", exclude_none=True
    )
    network = config.spec.tenant_policies.network
    return {
        "apiVersion": "mto.stakater.com/v1alpha1",
        "kind": "TenantPolicy",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {
            "tenant": tenant.metadata.name,
            **rules,
            "network": {
                "disableNodePortServices": network.disable_node_port_services,
                "disableHostPorts": network.disable_host_ports,
            },
        },
    }
