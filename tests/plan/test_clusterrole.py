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
        ("User", "system:kube-controller-manager"),
    ]
    assert kinds(EMPTY, "ClusterRole")["mto:guards"].inputs["rules"] == [
        {"apiGroups": ["mto.stakater.com"], "resources": ["guards"], "verbs": ["bypass"]}
    ]


def test_names_that_tenants_declare_are_on_record_and_nobody_reads_them_off_their_rights() -> None:
    spec = plans.ANNA + (
        "namespaces: {withTenantPrefix: [dev], allowedNames: [blue-play], "
        "sandboxes: {enabled: true}}\n"
    )
    made = platform.plan(plans.world(spec), settings=plans.SETTINGS)
    (rule,) = kinds(made, "ClusterRole")["mto:reserved-names"].inputs["rules"]
    assert rule["resourceNames"] == ["blue-anna-example-sandbox", "blue-dev", "blue-play"]
    (subject,) = kinds(made, "ClusterRoleBinding")["mto:reserved-names"].inputs["subjects"]
    assert subject == {
        "kind": "ServiceAccount",
        "namespace": "multi-tenant-operator",
        "name": "mto-reserved-names",
    }


def test_without_tenants_no_name_is_reserved() -> None:
    assert "mto:reserved-names" not in kinds(EMPTY, "ClusterRole")
