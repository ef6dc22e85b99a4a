from __future__ import annotations

from typing import Any

import pytest

from mto.plan import tenantpolicy
from mto.spec.tenantpolicy import TenantPolicy
from tests.support import plans

OPEN = {"disableNodePortServices": False, "disableHostPorts": False}


def spec(text: str, config: str = "") -> dict[str, Any]:
    world = plans.world(text, config=config)
    tenant = world.tenants["blue"].value
    made = tenantpolicy.manifest(tenant, world.config.value, "blue-dev", namespaces=["blue-dev"])
    assert made["metadata"] == {"name": "tenant-policy", "namespace": "blue-dev"}
    TenantPolicy.model_validate(made)
    found: dict[str, Any] = made["spec"]
    return found


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param("desc: none", {}, id="what the tenant leaves out is off"),
        pytest.param(
            "storageClasses: {}", {"storageClasses": {}}, id="an empty mapping allows every class"
        ),
        pytest.param(
            "ingressClasses: {allowed: []}",
            {"ingressClasses": {"allowed": []}},
            id="so does an empty list",
        ),
        pytest.param(
            'podPriorityClasses: {allowed: [batch, ""]}',
            {"podPriorityClasses": {"allowed": ["batch", ""]}},
            id="a list with the object without class",
        ),
        pytest.param(
            "imageRegistries: {}",
            {"imageRegistries": {"allowed": []}},
            id="no registry is allowed: deny by default",
        ),
        pytest.param(
            "hostValidationConfig: {allowed: [a.example.org]}",
            {"hostValidationConfig": {"allowed": ["a.example.org"], "denyWildcards": False}},
            id="hosts",
        ),
        pytest.param(
            "serviceAccounts: {denied: [default]}",
            {"serviceAccounts": {"denied": ["default"]}},
            id="service accounts",
        ),
        pytest.param(
            "runtimeClasses: {allowed: [gvisor]}",
            {"runtimeClasses": {"allowed": ["gvisor"]}},
            id="runtime classes",
        ),
        pytest.param("gatewayClasses: {}", {"gatewayClasses": {}}, id="classes of gateways"),
        pytest.param(
            "imageRegistries: {allowed: [GHCR.io, Index.Docker.io, docker.io]}",
            {"imageRegistries": {"allowed": ["ghcr.io", "docker.io", "index.docker.io"]}},
            id="registries in lower case, Docker Hub under both of its names",
        ),
        pytest.param(
            "hostValidationConfig: {allowed: [A.example.org, a.example.org], allowedRegex: ^b$}",
            {
                "hostValidationConfig": {
                    "allowed": ["a.example.org"],
                    "allowedRegex": "^b$",
                    "denyWildcards": False,
                }
            },
            id="hosts in lower case, each once",
        ),
    ],
)
def test_the_tenant_s_rules_are_what_admission_reads(text: str, rules: dict[str, Any]) -> None:
    whose = {"members": {"users": [], "groups": []}, "namespaces": ["blue-dev"]}
    assert spec(text) == {
        "tenant": "blue",
        **whose,
        **rules,
        "network": OPEN,
        "alwaysPullImages": False,
    }


def test_members_in_any_role_and_all_namespaces_are_named() -> None:
    text = (
        "accessControl: {owners: {users: [zoe], groups: [leads]}, "
        "editors: {users: [ann, zoe]}, viewers: {groups: [audit]}}"
    )
    found = spec(text)
    assert found["members"] == {"users": ["ann", "zoe"], "groups": ["audit", "leads"]}


def test_the_platform_s_switches_stand_beside_them() -> None:
    config = "tenantPolicies: {network: {disableNodePortServices: true, disableHostPorts: true}}"
    assert spec("desc: x", config)["network"] == {
        "disableNodePortServices": True,
        "disableHostPorts": True,
    }


def test_either_side_switches_services_off() -> None:
    found = spec(
        "services: {disableExternalIPs: true}",
        "tenantPolicies: {services: {disableLoadBalancers: true}}",
    )
    assert found["services"] == {"disableExternalIPs": True, "disableLoadBalancers": True}


def test_a_tenant_of_its_own_may_be_without_host_ports() -> None:
    found = spec("pods: {disableHostPorts: true}")
    assert found["network"] == OPEN | {"disableHostPorts": True}
    assert "pods" not in found


def test_where_pods_may_run_is_passed_on() -> None:
    found = spec(
        "pods: {nodeSelector: {pool: [blue, spare]}, tolerations: {allowed: [{key: blue}]}}"
    )
    assert found["pods"] == {
        "nodeSelector": [{"key": "pool", "values": ["blue", "spare"]}],
        "tolerations": {"allowed": [{"key": "blue"}]},
    }
