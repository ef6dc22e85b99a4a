"""What MTO made in a tenant's namespace, against owners who may do everything in it by RBAC."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.caller import APPLY, MERGE, STRATEGIC, Way, ways
from tests.support.guarded import NAMESPACES, RBAC, Guarded, refused

DEV = f"{NAMESPACES}/a-dev"
RULES = "/apis/rbac.authorization.k8s.io/v1/namespaces/a-dev"
NET = "/apis/networking.k8s.io/v1/namespaces/a-dev/networkpolicies"
MADE = {
    "quota": f"{DEV}/resourcequotas/mto",
    "binding": f"{RULES}/rolebindings/mto-owner-admin",
    "network policy": f"{NET}/disable-intra-tenant-networking-a",
    "parameters": "/apis/mto.stakater.com/v1alpha1/namespaces/a-dev/tenantpolicies/tenant-policy",
}
MANAGED = "mto.stakater.com/managed"
EVERYTHING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "everything"},
    "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "cluster-admin",
    },
    "subjects": [{"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"}],
}


@pytest.fixture(scope="module", autouse=True)
def _ann_may_do_everything_in_dev(guarded: Guarded) -> None:
    """By an administrator's mistake: so that what holds is admission and not RBAC."""
    assert guarded.admin.create(f"{RULES}/rolebindings", EVERYTHING).status in {201, 409}


CHANGES = [
    pytest.param(path, way, id=f"{what}, {way.name}")
    for what, path in MADE.items()
    for way in ways(*(["/status"] if what == "quota" else []))
    if not (what == "parameters" and way.kind == STRATEGIC)  # which custom resources don't know
]


@pytest.mark.parametrize(("path", "way"), CHANGES)
def test_no_way_changes_it_or_takes_its_marker_off(guarded: Guarded, path: str, way: Way) -> None:
    live = guarded.admin.get(path)
    for value in ("false", None, "true"):
        if way.kind == APPLY and value is None:
            continue
        said = way(guarded.person("ann"), path, live, {"labels": {MANAGED: value, "x": "y"}})
        assert said.status == 403, said.body
        assert said.policy in {"mto-managed", "mto-declarations"}, said.body
    assert guarded.admin.get(path)["metadata"]["uid"] == live["metadata"]["uid"]


@pytest.mark.parametrize("path", MADE.values(), ids=list(MADE))
def test_it_can_not_be_deleted_one_by_one_or_all_at_once(guarded: Guarded, path: str) -> None:
    ann, collection = guarded.person("ann"), path.rpartition("/")[0]
    kind, name = path.split("/")[-2:]
    assert ann.delete(path).message in {
        (
            f"Cannot DELETE {kind} {name}: MTO made it, and puts it back. Change the manifest that "
            "declares it, or ask an administrator. User: ann"
        ),
        (
            f"Cannot DELETE {kind} {name}: it belongs to the platform, and privileged users alone "
            "write it; change the manifest that declares it. User: ann"
        ),
    }
    marked = "labelSelector=mto.stakater.com%2Fmanaged%3Dtrue"
    assert ann.delete(collection, query=marked).policy.startswith("mto-")
    assert ann.delete(collection, dry_run=True).policy.startswith("mto-")
    assert guarded.admin("GET", path).ok


@pytest.mark.parametrize("kind", ["configmaps", "secrets", "serviceaccounts"])
def test_the_marker_is_not_forged(guarded: Guarded, kind: str) -> None:
    ann, path = guarded.person("ann"), f"{DEV}/{kind}"
    metadata: dict[str, Any] = {"name": f"plain-{kind}"}
    assert ann.create(path, {"metadata": metadata}).ok
    told = (
        "The label mto.stakater.com/managed marks what MTO made, and only MTO sets it; leave it out"
    )
    patch = {"metadata": {"labels": {MANAGED: "true"}}}
    refused(ann("PATCH", f"{path}/plain-{kind}", patch, kind=MERGE), "managed", told)
    forged = {"metadata": {"name": "forged", "labels": {MANAGED: "true"}}}
    refused(ann.create(path, forged), "managed", told)
    refused(ann.create(path, forged, dry_run=True), "managed", told)


def test_helms_marker_is_nobodys_business(guarded: Guarded) -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    made = {"metadata": {"name": "helms", "labels": labels}}
    assert guarded.person("ann").create(f"{DEV}/configmaps", made).ok


@pytest.mark.parametrize(
    ("path", "manifest"),
    [
        pytest.param(f"{DEV}/limitranges", {"spec": {"limits": []}}, id="limit range"),
        pytest.param(f"{DEV}/resourcequotas", {"spec": {"hard": {"pods": "1"}}}, id="quota"),
        pytest.param(f"{RULES}/roles", {"rules": []}, id="role"),
        pytest.param(NET, {"spec": {"podSelector": {}}}, id="network policy"),
    ],
)
def test_nobody_takes_names_of_ours_and_all_others_are_free(
    guarded: Guarded, path: str, manifest: dict[str, Any]
) -> None:
    ann = guarded.person("ann")
    for name in ("mto", "mto-more", "disable-intra-tenant-networking-x"):
        if name == "mto" and "quotas" in path:
            continue  # is there already
        said = ann.create(path, {**manifest, "metadata": {"name": name}})
        refused(
            said,
            "reserved-names",
            f"The name {name} is reserved: mto, and names that begin with mto- or "
            "disable-intra-tenant-networking-, are for what MTO makes; choose another name",
        )
    assert ann.create(path, {**manifest, "metadata": {"name": "my-mto"}}, dry_run=True).ok


def test_a_generated_name_is_judged_like_a_chosen_one(guarded: Guarded) -> None:
    made = {"metadata": {"generateName": "mto-"}, "rules": []}
    refused(guarded.person("ann").create(f"{RULES}/roles", made), "reserved-names")


# ---- network policies ----------------------------------------------------------------------------

TENANT = "stakater.com/tenant"
IN = {"key": TENANT, "operator": "In"}
OPEN: dict[str, dict[str, Any]] = {
    "no from": {},
    "empty from": {"from": []},
    "every namespace": {"from": [{"namespaceSelector": {}}]},
    "every pod of every namespace": {"from": [{"namespaceSelector": {}, "podSelector": {}}]},
    "another tenant": {"from": [{"namespaceSelector": {"matchLabels": {TENANT: "a-b"}}}]},
    "two tenants": {
        "from": [{"namespaceSelector": {"matchExpressions": [{**IN, "values": ["a", "a-b"]}]}}]
    },
    "all others": {
        "from": [
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": TENANT, "operator": "NotIn", "values": ["x"]}]
                }
            }
        ]
    },
    "any tenant": {
        "from": [
            {"namespaceSelector": {"matchExpressions": [{"key": TENANT, "operator": "Exists"}]}}
        ]
    },
    "by name": {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a-b-dev"}}}]
    },
    "every address": {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]},
    "addresses of pods": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
    "more than the allowed block": {"from": [{"ipBlock": {"cidr": "203.0.112.0/23"}}]},
    "the second peer": {"from": [{"podSelector": {}}, {"namespaceSelector": {}}]},
}
CLOSED: dict[str, dict[str, Any]] = {
    "the own namespace": {"from": [{"podSelector": {"matchLabels": {"app": "x"}}}]},
    "the own tenant": {"from": [{"namespaceSelector": {"matchLabels": {TENANT: "a"}}}]},
    "the own tenant, by expression": {
        "from": [{"namespaceSelector": {"matchExpressions": [{**IN, "values": ["a"]}]}}]
    },
    "namespaces of nobody": {
        "from": [
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": TENANT, "operator": "DoesNotExist"}]
                }
            }
        ]
    },
    "an allowed block": {"from": [{"ipBlock": {"cidr": "203.0.113.64/26"}}]},
}


def network_policy(rule: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "mine"}, "spec": {"podSelector": {}, "ingress": [rule]}}


@pytest.mark.parametrize("rule", OPEN.values(), ids=list(OPEN))
def test_a_network_policy_can_not_open_what_ours_closes(
    guarded: Guarded, rule: dict[str, Any]
) -> None:
    refused(
        guarded.person("ann").create(NET, network_policy(rule), dry_run=True),
        "network-policies",
        "NetworkPolicy mine would let traffic of other tenants in, which is closed on this "
        "platform: ingress may come from pods of the namespace itself, from a namespaceSelector "
        "with stakater.com/tenant: a or with stakater.com/tenant DoesNotExist, and from ipBlocks "
        "within 203.0.113.0/24",
    )


@pytest.mark.parametrize("rule", CLOSED.values(), ids=list(CLOSED))
def test_a_network_policy_may_open_the_rest(guarded: Guarded, rule: dict[str, Any]) -> None:
    assert guarded.person("ann").create(NET, network_policy(rule), dry_run=True).ok


def test_egress_is_the_tenants_own_business(guarded: Guarded) -> None:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
    made = {"metadata": {"name": "out"}, "spec": spec}
    assert guarded.person("ann").create(NET, made, dry_run=True).ok


def test_a_network_policy_is_not_opened_afterwards(guarded: Guarded) -> None:
    ann = guarded.person("ann")
    made = network_policy(CLOSED["the own namespace"]) | {"metadata": {"name": "later"}}
    assert ann.create(NET, made).ok
    patch: dict[str, Any] = {"spec": {"ingress": [{}]}}
    refused(ann("PATCH", f"{NET}/later", patch, kind=MERGE), "network-policies")
    assert ann("PATCH", f"{NET}/later", {"metadata": {"labels": {"x": "y"}}}, kind=MERGE).ok


def test_cluster_scoped_objects_of_ours_are_guarded_as_well(guarded: Guarded) -> None:
    """Petra's twin without privilege, who may write every ClusterRole."""
    rule = {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["*"], "verbs": ["*"]}
    role = {"metadata": {"name": "all-roles"}, "rules": [rule]}
    guarded.admin.create(f"{RBAC}/clusterroles", role)
    subject = {"kind": "User", "name": "rob", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "all-roles",
    }
    guarded.admin.create(
        f"{RBAC}/clusterrolebindings",
        {"metadata": {"name": "all-roles"}, "roleRef": reference, "subjects": [subject]},
    )
    rob = guarded.person("rob")
    assert rob.create(f"{RBAC}/clusterroles", {"metadata": {"name": "robs"}}, dry_run=True).ok
    refused(rob.delete(f"{RBAC}/clusterroles/mto:guards"), "managed")
    refused(rob.delete(f"{RBAC}/clusterrolebindings/mto:a:namespaces"), "managed")
