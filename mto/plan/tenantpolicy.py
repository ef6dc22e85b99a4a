"""The parameters that admission reads, one object in each namespace of a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.tenant import Tenant
from mto.spec.tenantpolicy import MAX_NAMESPACES, NAME
from mto.spec.workloads import Pods, Services

_CLASSES: Final = (
    "storage_classes",
    "ingress_classes",
    "pod_priority_classes",
    "runtime_classes",
    "gateway_classes",
)
_FIELDS: Final = (
    *_CLASSES,
    "service_accounts",
    "image_registries",
    "host_validation_config",
)
_DOCKER_HUB: Final = ("docker.io", "index.docker.io")
"""Two names of one registry (``distribution/reference`` makes the second the first)."""


def manifest(
    tenant: Tenant, config: IntegrationConfig, namespace: str, *, namespaces: Iterable[str] = ()
) -> dict[str, Any]:
    """A field absent here is a rule switched off, as in the Tenant; the platform's switches add.

    ``namespaces`` are all those of the tenant. Beyond so many each knows only itself, since the
    lists would grow with the square of their number.
    """
    spec, everywhere = tenant.spec, list(namespaces)
    rules = spec.model_dump(include=set(_FIELDS), by_alias=True, mode="json", exclude_none=True)
    if spec.image_registries is not None:
        rules["imageRegistries"] = {"allowed": _registries(spec.image_registries.allowed)}
    if spec.host_validation_config is not None:
        hosts = rules["hostValidationConfig"]
        hosts["allowed"] = list(dict.fromkeys(host.lower() for host in hosts["allowed"]))
    network = config.spec.tenant_policies.network
    return {
        "apiVersion": "mto.stakater.com/v1alpha1",
        "kind": "TenantPolicy",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {
            "tenant": tenant.metadata.name,
            "members": _members(tenant),
            "namespaces": everywhere if len(everywhere) <= MAX_NAMESPACES else [namespace],
            **rules,
            "network": {
                "disableNodePortServices": network.disable_node_port_services,
                "disableHostPorts": network.disable_host_ports or spec.pods.disable_host_ports,
            },
            "alwaysPullImages": config.spec.tenant_policies.always_pull_images,
            **_services(spec.services, config.spec.tenant_policies.services),
            **_placement(spec.pods),
        },
    }


def _members(tenant: Tenant) -> dict[str, list[str]]:
    """Everybody once, whatever their roles."""
    everybody = [members for _, members in tenant.roles()]
    return {
        "users": sorted({name for one in everybody for name in one.users}),
        "groups": sorted({name for one in everybody for name in one.groups}),
    }


def _placement(pods: Pods) -> dict[str, Any]:
    found = pods.model_dump(include={"tolerations"}, by_alias=True, mode="json", exclude_none=True)
    if pods.node_selector:
        found["nodeSelector"] = [
            {"key": key, "values": list(values)} for key, values in pods.node_selector.items()
        ]
    return {"pods": found} if found else {}


def _services(own: Services, everybody: Services) -> dict[str, Any]:
    """What either of the two switches off is off."""
    both = own.model_dump(by_alias=True).items() | everybody.model_dump(by_alias=True).items()
    found = {switch: True for switch, on in sorted(both) if on}
    return {"services": found} if found else {}


def _registries(allowed: Iterable[str]) -> list[str]:
    """As admission compares them: in lower case, Docker Hub under both of its names."""
    found: dict[str, None] = {}
    for name in map(str.lower, allowed):
        found.update(dict.fromkeys(_DOCKER_HUB if name in _DOCKER_HUB else (name,)))
    return list(found)
