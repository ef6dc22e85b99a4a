"""Random objects of real users: judged as a second statement of the rules says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import Manifest, until
from tests.support.objects_at_random import objects
from tests.support.oracle import refusing
from tests.support.tenancy import SPEC, Tenancy, pod, tenancies

AT_ONCE = 40
EXAMPLES = 15
RULES: dict[str, dict[str, Any]] = {
    "strict": {
        "storageClasses": {"allowed": ["fast"]},
        "ingressClasses": {"allowed": ["nginx"]},
        "podPriorityClasses": {"allowed": ["batch"]},
        "runtimeClasses": {"allowed": ["gvisor"]},
        "serviceAccounts": {"denied": ["default", "deployer"]},
        "imageRegistries": {"allowed": ["ghcr.io"]},
        "hostValidationConfig": {"allowed": ["a.example.org", "*.x.example.org"]},
        "services": {
            "disableNodePorts": True,
            "disableLoadBalancers": True,
            "disableExternalIPs": True,
            "disableExternalNames": True,
        },
        "pods": {
            "nodeSelector": {"pool": ["blue"], "zone": ["a", "b"]},
            "tolerations": {"allowed": [{"key": "spot"}]},
            "disableHostPorts": True,
        },
    },
    "mild": {
        "storageClasses": {"allowed": ["fast", ""]},
        "ingressClasses": {"allowed": ["public", ""]},
        "podPriorityClasses": {"allowed": ["batch", ""]},
        "runtimeClasses": {},
        "serviceAccounts": {"denied": ["deployer"]},
        "imageRegistries": {"allowed": ["Docker.io", "localhost:5000", ""]},
        "hostValidationConfig": {
            "allowedRegex": r"^[a-z*]+\.y\.example\.org$|^\*$",
            "denyWildcards": False,
        },
        "services": {"disableNodePorts": True},
        "pods": {
            "tolerations": {
                "allowed": [{"key": "dedicated", "value": "blue", "effect": "NoSchedule"}]
            }
        },
    },
    "tame": {
        "hostValidationConfig": {
            "allowed": ["*.example.org", "B.example.org"],
            "allowedRegex": r"y\.example\.org",
            "denyWildcards": True,
        },
        "services": {"disableExternalIPs": True},
        "serviceAccounts": {"denied": ["deployer"]},
        "pods": {"disableHostPorts": True},
    },
    "classy": {  # of several refusals the API server shows the first: here it is one of these
        "podPriorityClasses": {"allowed": ["batch"]},
        "runtimeClasses": {"allowed": ["gvisor", ""]},
        "serviceAccounts": {"denied": ["deployer"]},
        "ingressClasses": {"allowed": ["nginx"]},
    },
    "free": {},
}


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    folder = tmp_path_factory.mktemp("random")
    with tenancies(control_plane, user_kubeconfig, folder, **RULES) as found:
        admin = found["free"].admin
        for name, value in (("batch", 100), ("urgent", 1000)):
            admin.ensure(cluster_wide("scheduling.k8s.io/v1", "PriorityClass", name, value=value))
        for name in ("gvisor", "kata"):
            admin.ensure(cluster_wide("node.k8s.io/v1", "RuntimeClass", name, handler=name))
        for tenancy in found.values():
            for name in ("web", "deployer"):
                account = {"apiVersion": "v1", "kind": "ServiceAccount"}
                tenancy.given({**account, "metadata": {"name": name}})
        until(lambda: found["strict"].create(pod(SPEC)) != [""])
        yield found


def cluster_wide(version: str, kind: str, name: str, **fields: Any) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def test_the_api_server_judges_random_objects_as_the_documents_say(
    tenants: dict[str, Tenancy],
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],  # what is shown is one object already; there is nothing to shrink
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(some.lists(objects(), min_size=AT_ONCE // 2, max_size=AT_ONCE))
    def judged(made: list[Manifest]) -> None:
        for name, rules in RULES.items():
            for one, answer in zip(made, tenants[name].create(*made), strict=True):
                expected = refusing(rules, {"metadata": {}, **one})
                rule = answer.partition(":")[0]
                assert (rule in expected) if expected else (answer == ""), (name, one, answer)
                seen[rule or "allowed"] += 1

    judged()
    rules = {"storage-classes", "ingress-classes", "priority-classes", "runtime-classes", "images"}
    rules |= {"service-accounts", "services", "pods", "hosts", "allowed"}
    assert set(seen) == rules, seen
