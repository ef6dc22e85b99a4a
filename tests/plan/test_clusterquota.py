"""One budget over all namespaces, where the cluster itself can count so."""

from __future__ import annotations

from mto.plan.clusterquota import name
from mto.plan.observed import Observed, Quota, Surroundings
from tests.support.plans import ANNA, kinds, live, plan, seen, world

OPENSHIFT = Surroundings(cluster_quotas=True)
TWO = ANNA + "namespaces: {withTenantPrefix: [dev, qa]}"


def test_one_object_holds_the_whole_budget_and_nothing_is_shared_out() -> None:
    made = plan(TWO, Observed(around=OPENSHIFT))
    assert kinds(made, "ResourceQuota") == {}
    (quota,) = kinds(made, "ClusterResourceQuota").values()
    assert quota.inputs["apiVersion"] == "quota.openshift.io/v1"
    assert quota.inputs["spec"] == {
        "selector": {"labels": {"matchLabels": {"stakater.com/tenant": "blue"}}},
        "quota": {"hard": {"pods": "10"}},
    }
    assert quota.because == "t.yaml:12 spec.resourcequota.hard"
    assert made.unsettled == ()


def test_nobody_has_rights_before_the_budget_is_there() -> None:
    made = plan(TWO, Observed(around=OPENSHIFT))
    (quota,) = kinds(made, "ClusterResourceQuota").values()
    for kind in ("RoleBinding", "TenantPolicy"):
        assert all(quota.key in one.depends_on for one in kinds(made, kind).values())


def test_what_was_shared_out_before_does_not_matter_any_more() -> None:
    there = seen(live("blue-dev"), live("blue-qa"))
    quotas = {"blue-dev": Quota({"pods": "9"}, {"pods": "9"}, {"pods": "9"}, tenant="blue")}
    observed = Observed(there.namespaces, quotas, around=OPENSHIFT)
    made = plan(TWO, observed)
    assert kinds(made, "ResourceQuota") == {}
    assert len(kinds(made, "ClusterResourceQuota")) == 1


def test_scopes_of_the_budget_go_along_and_a_budget_of_nothing_makes_nothing() -> None:
    scoped = world(TWO, quota="resourcequota: {hard: {pods: 4}, scopes: [BestEffort]}")
    (quota,) = kinds(plan(scoped, Observed(around=OPENSHIFT)), "ClusterResourceQuota").values()
    assert quota.inputs["spec"]["quota"] == {"hard": {"pods": "4"}, "scopes": ["BestEffort"]}
    empty = world(TWO, quota="limitrange: {limits: [{type: Pod, max: {cpu: 1}}]}")
    assert kinds(plan(empty, Observed(around=OPENSHIFT)), "ClusterResourceQuota") == {}


def test_a_name_fits_whatever_the_tenant_is_called() -> None:
    assert name("blue") == "mto-blue"
    assert len(name("b" * 253)) == 253
