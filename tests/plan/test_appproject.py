"""What a tenant has in Argo CD; a whole AppProject stands in ``golden/argocd.yaml``."""

from __future__ import annotations

from typing import Any

import pytest

from mto.plan.appproject import home
from mto.plan.observed import ArgoCD, Observed
from mto.plan.resource import Plan
from mto.spec.world import World
from tests.support import manifests, plans

ARGOCD = "integrations: {argocd: {namespace: argocd}}"
OPEN = "integrations: {argocd: {namespace: argocd, allowOwnNamespace: true}}"
LISTS = """\
integrations:
  argocd:
    namespace: argocd
    clusterResourceWhitelist: [{group: a.example.org, kind: A}]
    namespaceResourceBlacklist: [{group: "", kind: ResourceQuota}]
"""
PRESENT = ArgoCD(kind=True, namespace=True)


def world(
    extension: str = "argoCD: {}", *, config: str = ARGOCD, spec: str = plans.ANNA + plans.DEV
) -> World:
    texts = (
        f"{manifests.TENANT}spec:\n  quota: small\n{_in(spec)}",
        f"{manifests.QUOTA}spec: {{resourcequota: {{hard: {{pods: 10}}}}}}",
        f"{manifests.EXTENSIONS}spec:\n  tenantName: blue\n{_in(extension)}",
        f"{manifests.CONFIG}spec:\n{_in(config)}",
    )
    found, problems = manifests.world("\n---\n".join(texts))
    assert problems == []
    return found


def _in(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def plan(found: World, argocd: ArgoCD = PRESENT) -> Plan:
    return plans.plan(found, Observed(argocd=argocd))


def project(found: World) -> dict[str, Any]:
    (one,) = plans.kinds(plan(found), "AppProject").values()
    spec: dict[str, Any] = one.inputs["spec"]
    return spec


def roles(found: World) -> dict[str, list[str]]:
    return {one["name"]: one["groups"] for one in project(found)["roles"]}


def test_every_namespace_of_the_tenant_is_a_destination_and_argo_cd_s_own_is_not() -> None:
    spec = """\
accessControl: {owners: {users: [anna@example.org]}}
namespaces: {withTenantPrefix: [dev], withoutTenantPrefix: [old], sandboxes: {enabled: true}}
"""
    observed = Observed(
        {"blue-own": plans.live("blue-own", managed=False), "old-one": plans.live("old-one")},
        argocd=PRESENT,
    )
    made = plans.plan(world(spec=spec), observed)
    (one,) = plans.kinds(made, "AppProject").values()
    where = [place["namespace"] for place in one.inputs["spec"]["destinations"]]
    assert where == [*made.outputs["namespaces"]]
    assert set(where) == {"blue-dev", "old", "blue-anna-example-sandbox", "blue-own", "old-one"}
    assert {place["server"] for place in one.inputs["spec"]["destinations"]} == {
        "https://kubernetes.default.svc"
    }


def test_argo_cd_s_own_namespace_is_a_destination_where_the_platform_allows_it() -> None:
    spec = "namespaces: {withTenantPrefix: [dev]}"
    found = world(spec=spec, config=OPEN)
    where = [one["namespace"] for one in project(found)["destinations"]]
    assert where == ["blue-dev", "argocd"]


def test_argo_cd_s_namespace_is_named_once_where_it_is_the_tenant_s() -> None:
    spec = "namespaces: {withoutTenantPrefix: [argocd]}"
    found = world(spec=spec, config=OPEN)
    assert [one["namespace"] for one in project(found)["destinations"]] == ["argocd"]


def test_roles_are_bound_to_the_platform_s_groups_and_the_tenant_s_each_once() -> None:
    spec = """\
accessControl:
  owners: {users: [anna@example.org], groups: [leads]}
  editors: {groups: [devs, admins]}
"""
    config = f"{ARGOCD}\naccessControl: {{privileged: {{groups: [admins], users: [root]}}}}"
    assert roles(world(spec=spec, config=config)) == {
        "blue-owner": ["admins", "leads"],
        "blue-edit": ["admins", "devs"],
        "blue-view": ["admins"],
    }


def test_viewers_only_look_and_nobody_registers_a_cluster() -> None:
    policies = {one["name"]: one["policies"] for one in project(world())["roles"]}
    seen = [one.split(", ")[2:] for one in policies["blue-view"]]
    assert {(verb, objects, effect) for _, verb, objects, effect in seen} == {
        ("get", "blue/*", "allow")
    }
    assert "p, proj:blue:blue-edit, applications, *, blue/*, allow" in policies["blue-edit"]
    assert not [one for role in policies.values() for one in role if "clusters" in one]


@pytest.mark.parametrize(
    ("extension", "allowed", "denied"),
    [
        pytest.param("argoCD: {}", ["A"], ["ResourceQuota"], id="the platform's lists"),
        pytest.param(
            "argoCD: {appProject: {clusterResourceWhitelist: [{group: b, kind: B}]}}",
            ["B"],
            ["ResourceQuota"],
            id="one of the tenant's own",
        ),
        pytest.param(
            "argoCD: {appProject: {namespaceResourceBlacklist: []}}", ["A"], [], id="an empty one"
        ),
    ],
)
def test_lists_of_the_extensions_override_the_platform_s(
    extension: str, allowed: list[str], denied: list[str]
) -> None:
    spec = project(world(extension, config=LISTS))
    assert [one["kind"] for one in spec["clusterResourceWhitelist"]] == allowed
    assert [one["kind"] for one in spec["namespaceResourceBlacklist"]] == denied


@pytest.mark.parametrize(
    ("extension", "config"),
    [
        pytest.param("", ARGOCD, id="the Extensions do not ask"),
        pytest.param("argoCD: {}", "metadata: {}", id="the platform has no Argo CD"),
        pytest.param(
            "argoCD: {}",
            "integrations: {argocd: {enabled: false, namespace: argocd}}",
            id="it is switched off",
        ),
    ],
)
def test_without_either_side_there_is_none_and_nobody_looks_for_argo_cd(
    extension: str, config: str
) -> None:
    found = world(extension, config=config)
    assert plans.kinds(plan(found), "AppProject") == {}
    assert plan(found, ArgoCD()).warnings == ()
    assert home(found) is None
    assert home(world()) == "argocd"


def test_without_the_kind_nothing_is_planned_and_a_warning_says_so() -> None:
    made = plan(world(), ArgoCD(kind=False, namespace=True))
    assert plans.kinds(made, "AppProject") == {}
    assert made.warnings == (
        (
            "tenant 'blue' asks for an AppProject (t.yaml:20 spec.argoCD), but the cluster has no "
            "such kind (appprojects.argoproj.io): none is made; the next update after Argo CD is "
            "installed makes it"
        ),
    )


def test_without_argo_cd_s_namespace_nothing_is_planned_and_a_warning_says_so() -> None:
    made = plan(world(), ArgoCD(kind=True, namespace=False))
    assert plans.kinds(made, "AppProject") == {}
    assert made.warnings == (
        (
            "tenant 'blue' asks for an AppProject (t.yaml:20 spec.argoCD), but namespace 'argocd', "
            "where t.yaml:27 spec.integrations.argocd.namespace has Argo CD, does not exist: none "
            "is made; the next update after it exists makes it"
        ),
    )


def test_it_stays_when_the_tenant_goes_unless_it_is_to_be_purged() -> None:
    kept = plan(world())
    gone = plan(world("argoCD: {onDeletePurgeAppProject: true}"))
    options = [
        [one.retain_on_delete for one in plans.kinds(made, "AppProject").values()]
        for made in (kept, gone)
    ]
    assert options == [[True], [False]]


def test_it_waits_for_the_limits_of_every_namespace() -> None:
    made = plan(world(spec="namespaces: {withTenantPrefix: [dev, prod]}"))
    (one,) = plans.kinds(made, "AppProject").values()
    assert [key.name for key in one.depends_on] == ["blue-dev/policy", "blue-prod/policy"]
    assert one.deleted_with is None


def test_another_argo_cd_is_another_resource() -> None:
    """So that the old one is left or deleted as the tenant says, by either engine."""
    moved = world(config="integrations: {argocd: {namespace: gitops}}")
    names = [list(plans.kinds(plan(one), "AppProject")) for one in (world(), moved)]
    assert names == [["argocd/blue"], ["gitops/blue"]]
