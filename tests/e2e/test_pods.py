"""Ports of hosts, nodes and taints, on every kind that makes pods, as the API server judges "
"them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import unique, until
from tests.support.tenancy import SPEC, Tenancy, pod, tenancies, workloads

KINDS = sorted(workloads(SPEC))
PLACED = {**SPEC, "nodeSelector": {"pool": "blue", "zone": "a"}}
PORTS_ASK = (
    "; ask an administrator to change spec.pods.disableHostPorts of Tenant 'TENANT' or "
    "spec.tenantPolicies.network.disableHostPorts of the IntegrationConfig"
)
HOST_PORT = (
    f"pods: tenant 'TENANT' may not use ports of the host; remove hostPort '8080'{PORTS_ASK}"
)
HOST_NETWORK = (
    "pods: tenant 'TENANT' may not use hostNetwork, which opens every port of a pod on its host"
    f"{PORTS_ASK}"
)
NODE_NAME = (
    "pods: tenant 'TENANT' may not set nodeName, which passes over nodeSelector and taints; "
    "remove 'node-1'; ask an administrator to change spec.pods of Tenant 'TENANT'"
)


def selector(*missing: str) -> str:
    return (
        "pods: tenant 'TENANT' must say on which nodes its pods run; set nodeSelector with "
        f"{', '.join(missing)}; ask an administrator to change spec.pods.nodeSelector of Tenant "
        "'TENANT'"
    )


def taint(shown: str) -> str:
    return (
        f"pods: tenant 'TENANT' may not tolerate taint '{shown}'; allowed: "
        "'dedicated=blue:NoSchedule', 'spot:*'; ask an administrator to change "
        "spec.pods.tolerations of Tenant 'TENANT'"
    )


POOL, ZONE = "'pool in (blue, spare)'", "'zone in (a)'"


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    dedicated = {"key": "dedicated", "value": "blue", "effect": "NoSchedule"}
    specs: dict[str, Any] = {
        "portless": {"pods": {"disableHostPorts": True}},
        "placed": {"pods": {"nodeSelector": {"pool": ["blue", "spare"], "zone": ["a"]}}},
        "tainted": {"pods": {"tolerations": {"allowed": [dedicated, {"key": "spot"}]}}},
        "untainted": {"pods": {"tolerations": {}}},
        "everywhere": {"pods": {"tolerations": {"allowed": [{}]}}},
        "free": {},
    }
    folder = tmp_path_factory.mktemp("pods")
    with tenancies(control_plane, user_kubeconfig, folder, **specs) as found:
        until(lambda: found["placed"].create(pod(SPEC)) != [""])
        yield found


def with_port(field: str = "containers", **port: int) -> dict[str, Any]:
    one = {"name": "open", "image": "none", "ports": [{"containerPort": 8080, **port}]}
    return {**SPEC, field: [*SPEC.get(field, []), one]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("tenant", "spec", "answer"),
    [
        pytest.param("portless", with_port(), "", id="a port"),
        pytest.param("portless", with_port(hostPort=8080), HOST_PORT, id="a host port"),
        pytest.param(
            "portless",
            with_port("initContainers", hostPort=8080),
            HOST_PORT,
            id="a host port at first",
        ),
        pytest.param(
            "portless", {**SPEC, "hostNetwork": True}, HOST_NETWORK, id="the host's network"
        ),
        pytest.param("placed", PLACED, "", id="placed"),
        pytest.param("placed", SPEC, selector(POOL, ZONE), id="not placed"),
        pytest.param(
            "placed",
            {**SPEC, "nodeSelector": {"pool": "spare", "zone": "b"}},
            selector(ZONE),
            id="placed elsewhere",
        ),
        pytest.param("placed", {**PLACED, "nodeName": "node-1"}, NODE_NAME, id="on a node"),
        pytest.param("tainted", {**SPEC, "nodeName": "node-1"}, NODE_NAME, id="past taints"),
        pytest.param(
            "tainted",
            {**SPEC, "tolerations": [{"key": "master", "operator": "Exists"}]},
            taint("master:*"),
            id="a taint",
        ),
    ],
)
def test_every_kind_is_judged(
    tenants: dict[str, Tenancy], kind: str, tenant: str, spec: dict[str, Any], answer: str
) -> None:
    assert tenants[tenant].create(workloads(spec)[kind]) == [answer]
    assert tenants["free"].create(workloads(spec)[kind]) == [""]


@pytest.mark.parametrize(
    ("toleration", "answer"),
    [
        ({"key": "dedicated", "value": "blue", "effect": "NoSchedule"}, ""),
        (
            {"key": "dedicated", "value": "red", "effect": "NoSchedule"},
            taint("dedicated=red:NoSchedule"),
        ),
        ({"key": "dedicated", "value": "blue"}, taint("dedicated=blue:*")),
        (
            {"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"},
            taint("dedicated:NoSchedule"),
        ),
        ({"key": "spot", "operator": "Exists"}, ""),
        ({"key": "spot", "value": "any", "effect": "NoExecute"}, ""),
        ({"key": "spotty", "operator": "Exists"}, taint("spotty:*")),
        ({"operator": "Exists"}, taint("*:*")),
        ({"operator": "Exists", "effect": "NoSchedule"}, taint("*:NoSchedule")),
        ({"key": "node.kubernetes.io/not-ready", "operator": "Exists"}, ""),
        (
            {"key": "node.kubernetes.io/out-of-service", "operator": "Exists"},
            taint("node.kubernetes.io/out-of-service:*"),
        ),
    ],
)
def test_a_toleration_is_no_wider_than_an_allowed_one(
    tenants: dict[str, Tenancy], toleration: dict[str, str], answer: str
) -> None:
    asked = pod(SPEC, tolerations=[toleration])
    assert tenants["tainted"].create(asked) == [answer]
    assert tenants["everywhere"].create(asked) == [""]


def test_an_empty_list_of_tolerations_allows_those_of_kubernetes_only(
    tenants: dict[str, Tenancy],
) -> None:
    untainted = tenants["untainted"]
    assert untainted.create(pod(SPEC)) == [""]
    assert untainted.create(pod(SPEC, tolerations=[{"operator": "Exists"}])) == [
        (
            "pods: tenant 'TENANT' may not tolerate taint '*:*'; allowed: none; ask an "
            "administrator "
            "to change spec.pods.tolerations of Tenant 'TENANT'"
        )
    ]


@pytest.mark.parametrize(
    ("tenant", "spec", "worse", "answer"),
    [
        pytest.param(
            "portless",
            with_port(hostPort=80),
            with_port(hostPort=8080),
            HOST_PORT,
            id="another port",
        ),
        pytest.param(
            "placed",
            SPEC,
            {**SPEC, "nodeSelector": {"zone": "a"}},
            selector(POOL),
            id="another selector",
        ),
        pytest.param(
            "tainted",
            {**SPEC, "tolerations": [{"operator": "Exists"}]},
            {**SPEC, "tolerations": [{"operator": "Exists"}, {"key": "x", "operator": "Exists"}]},
            taint("x:*"),
            id="another taint",
        ),
    ],
)
def test_what_was_there_before_can_be_scaled(
    tenants: dict[str, Tenancy],
    tenant: str,
    spec: dict[str, Any],
    worse: dict[str, Any],
    answer: str,
) -> None:
    named = {"metadata": {"name": unique("old")}}
    made = tenants[tenant].given({**workloads(spec)["Deployment"], **named})
    made["spec"]["replicas"] = 2
    assert tenants[tenant].update(made) == ""
    made["spec"]["template"]["spec"] = worse
    assert tenants[tenant].update(made) == answer


def test_the_largest_pod_stays_within_the_budget_of_cost(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    allowed = [{"key": f"key-{number}", "value": "v" * 60} for number in range(50)]
    nodes = {
        f"label-{number}": [f"{number}-{value}" for value in range(50)] for number in range(20)
    }
    rules = {"disableHostPorts": True, "tolerations": {"allowed": allowed}, "nodeSelector": nodes}
    containers = [
        {
            "name": f"c{number}",
            "image": "none",
            "ports": [
                {"containerPort": port, "hostPort": 1000 + 10 * number + port}
                for port in range(1, 11)
            ],
        }
        for number in range(100)
    ]
    tolerations = [{"key": "key-49", "value": f"{number}"} for number in range(100)]
    folder = tmp_path_factory.mktemp("large")
    with tenancies(control_plane, user_kubeconfig, folder, large={"pods": rules}) as found:
        until(lambda: found["large"].create(pod(SPEC)) != [""])
        (answer,) = found["large"].create(pod({"containers": containers}, tolerations=tolerations))
    assert answer.startswith("pods: tenant 'TENANT' may not use ports of the host; remove hostPort")
