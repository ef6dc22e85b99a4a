"""The largest objects against the longest lists: all rules of a policy share one budget of cost.

Whatever is allowed is compared with every entry of a list, and every rule is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from mto.spec.workloads import MAX_NAMES, MAX_NODE_VALUES, MAX_TOLERATIONS
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import until
from tests.support.tenancy import Tenancy, pod, tenancies, workloads

CONTAINERS = 100
"""And as many that only start the pod."""
LONG = "x" * 200


def names(prefix: str, last: str) -> list[str]:
    """As many as a list may have; the last one is compared last."""
    return [f"{prefix}-{number}" for number in range(MAX_NAMES - 1)] + [last]


def taint(number: int) -> dict[str, str]:
    return {"key": f"dedicated-{number}", "value": "tenants", "effect": "NoSchedule"}


SPEC: dict[str, Any] = {
    "storageClasses": {"allowed": names("slow", "fast")},
    "podPriorityClasses": {"allowed": names("class", "")},
    "runtimeClasses": {"allowed": names("class", "")},
    "serviceAccounts": {"denied": names("builder", "deployer")},
    "imageRegistries": {"allowed": [f"{one}.example.org" for one in names("r", "good")]},
    "pods": {
        "nodeSelector": {
            f"pool-{number}": [f"v{value}" for value in range(MAX_NODE_VALUES)]
            for number in range(20)
        },
        "tolerations": {"allowed": [taint(number) for number in range(MAX_TOLERATIONS)]},
        "disableHostPorts": True,
    },
}


@pytest.fixture(scope="module")
def crowded(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Tenancy]:
    folder = tmp_path_factory.mktemp("largest")
    with tenancies(control_plane, user_kubeconfig, folder, largest=SPEC) as found:
        one = found["largest"]
        bad = pod(largest("evil.example.org"))
        until(lambda: one.create(bad)[0].startswith("images: "), seconds=60)
        yield one


def largest(registry: str = "good.example.org") -> dict[str, Any]:
    def container(name: str, first: int) -> dict[str, Any]:
        ports = [{"containerPort": first + port} for port in range(10)]
        return {"name": name, "image": f"{registry}/{name}/{LONG}", "ports": ports}

    def volume(number: int) -> dict[str, Any]:
        claim = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
        }
        return {"name": f"v{number}", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}

    return {
        "containers": [container(f"c{number}", 1000 + 10 * number) for number in range(CONTAINERS)],
        "initContainers": [
            container(f"i{number}", 3000 + 10 * number) for number in range(CONTAINERS)
        ],
        "volumes": [volume(number) for number in range(50)],
        "nodeSelector": {f"pool-{number}": f"v{MAX_NODE_VALUES - 1}" for number in range(20)},
        "tolerations": [
            {**taint(number), "operator": "Equal"} for number in reversed(range(MAX_TOLERATIONS))
        ],
    }


def test_the_largest_pod_that_keeps_all_rules_is_let_through(crowded: Tenancy) -> None:
    assert crowded.create(pod(largest())) == [""]


def test_what_it_breaks_is_told(crowded: Tenancy) -> None:
    (answer,) = crowded.create(pod(largest("evil.example.org")))
    assert answer.startswith("images: tenant 'TENANT' may not run image 'evil.example.org/c0/")


def test_what_was_there_before_is_compared_within_the_budget_too(crowded: Tenancy) -> None:
    """Every image is refused by the list, and looked for among those from before."""
    made = crowded.given(workloads(largest("evil.example.org"))["Deployment"])
    assert crowded.update({**made, "spec": {**made["spec"], "replicas": 3}}) == ""
    made["spec"]["template"]["spec"]["containers"][-1]["image"] = "worse.example.org/web"
    assert crowded.update(made).startswith(
        "images: tenant 'TENANT' may not run image 'worse.example.org/web'; "
    )
