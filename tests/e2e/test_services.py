"""Kinds of Services that are refused, for a tenant and for all, as the API server judges them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import Manifest, unique, until
from tests.support.tenancy import Tenancy, tenancies

ASK = (
    "; ask an administrator to change spec.services.{0} of Tenant 'TENANT' or "
    "spec.tenantPolicies.services.{0} of the IntegrationConfig"
)
NODE_PORTS = (
    "services: tenant 'TENANT' may not open ports on nodes, as Services of type NodePort do, and "
    "those of type LoadBalancer unless allocateLoadBalancerNodePorts is false"
    + ASK.format("disableNodePorts")
)
LOAD_BALANCERS = (
    "services: tenant 'TENANT' may not have Services of type LoadBalancer; use ClusterIP, with an "
    "Ingress in front of it" + ASK.format("disableLoadBalancers")
)
EXTERNAL_IPS = (
    "services: tenant 'TENANT' may not have Services with externalIPs; remove '198.51.100.7'"
    + ASK.format("disableExternalIPs")
)
EXTERNAL_NAMES = (
    "services: tenant 'TENANT' may not have Services of type ExternalName, such as that for "
    "'example.org'" + ASK.format("disableExternalNames")
)


def service(kind: str = "ClusterIP", **spec: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "spec": {"type": kind, "ports": [{"port": 80}], **spec},
    }


NODE_PORT = service("NodePort")
BALANCER = service("LoadBalancer")
UNOPENED = service("LoadBalancer", allocateLoadBalancerNodePorts=False)
ADDRESSED = service(externalIPs=["198.51.100.7"])
NAMED = service("ExternalName", externalName="example.org")
EVERYTHING = (NODE_PORT, BALANCER, UNOPENED, ADDRESSED, NAMED)


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    switches = ("NodePorts", "LoadBalancers", "ExternalIPs", "ExternalNames")
    specs: dict[str, Any] = {
        one.lower(): {"services": {f"disable{one}": True}} for one in switches
    } | {"free": {}}
    folder = tmp_path_factory.mktemp("services")
    with tenancies(control_plane, user_kubeconfig, folder, **specs) as found:
        until(lambda: found["nodeports"].create(NODE_PORT) != [""])
        yield found


@pytest.mark.parametrize(
    ("tenant", "answers"),
    [
        ("free", ["", "", "", "", ""]),
        ("nodeports", [NODE_PORTS, NODE_PORTS, "", "", ""]),
        ("loadbalancers", ["", LOAD_BALANCERS, LOAD_BALANCERS, "", ""]),
        ("externalips", ["", "", "", EXTERNAL_IPS, ""]),
        ("externalnames", ["", "", "", "", EXTERNAL_NAMES]),
    ],
)
def test_a_switch_refuses_its_own_kind_and_no_other(
    tenants: dict[str, Tenancy], tenant: str, answers: list[str]
) -> None:
    assert tenants[tenant].create(*EVERYTHING) == answers
    assert tenants[tenant].create(service()) == [""]


@pytest.mark.parametrize(
    ("tenant", "before", "change", "answer"),
    [
        pytest.param("nodeports", NODE_PORT, {"selector": {"a": "b"}}, "", id="NodePort"),
        pytest.param(
            "nodeports", service(), {"type": "NodePort"}, NODE_PORTS, id="becomes a NodePort"
        ),
        pytest.param(
            "nodeports",
            UNOPENED,
            {"ports": [{"port": 80, "nodePort": 30999}]},
            NODE_PORTS,
            id="a port by hand",
        ),
        pytest.param("loadbalancers", BALANCER, {"selector": {"a": "b"}}, "", id="LoadBalancer"),
        pytest.param(
            "loadbalancers",
            NODE_PORT,
            {"type": "LoadBalancer"},
            LOAD_BALANCERS,
            id="becomes a LoadBalancer",
        ),
        pytest.param("externalips", ADDRESSED, {"selector": {"a": "b"}}, "", id="an address"),
        pytest.param("externalips", ADDRESSED, {"externalIPs": []}, "", id="an address less"),
        pytest.param(
            "externalips",
            service(externalIPs=["198.51.100.1"]),
            {"externalIPs": ["198.51.100.1", "198.51.100.7"]},
            EXTERNAL_IPS,
            id="an address more",
        ),
        pytest.param("externalnames", NAMED, {"selector": {"a": "b"}}, "", id="a name"),
        pytest.param(
            "externalnames",
            service("ExternalName", externalName="other.example.org"),
            {"externalName": "example.org"},
            EXTERNAL_NAMES,
            id="another name",
        ),
    ],
)
def test_an_update_is_judged_by_what_it_changes(
    tenants: dict[str, Tenancy],
    tenant: str,
    before: Manifest,
    change: dict[str, Any],
    answer: str,
) -> None:
    made = tenants[tenant].given({**before, "metadata": {"name": unique("service")}})
    made["spec"] |= change
    assert tenants[tenant].update(made) == answer
