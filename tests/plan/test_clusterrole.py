from __future__ import annotations

from mto.plan import platform
from mto.spec.world import World
from tests.support import plans
from tests.support.plans import kinds

EMPTY = platform.plan(World(), settings=plans.SETTINGS)


def test_the_controllers_that_end_namespaces_get_past_the_guards() -> None:
    binding = kinds(EMPTY, "ClusterRoleBinding")["mto:guards"].inputs
    assert [(one["kind"], one["name"]) for one in binding["subjects"]] == [
        ("ServiceAccount", "namespace-controller"),
        ("ServiceAccount", "generic-garbage-collector"),
        ("ServiceAccount", "resourcequota-controller"),
        ("ServiceAccount", "cluster-quota-reconciliation-controller"),
        ("ServiceAccount", "resourcequota-controller"),
        ("User", "system:kube-controller-manager"),
    ]
    assert kinds(EMPTY, "ClusterRole")["mto:guards"].inputs["rules"] == [
        {"apiGroups": ["mto.stakater.com"], "resources": ["guards"], "verbs": ["bypass"]}
    ]
