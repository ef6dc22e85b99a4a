"""Holes that were published of this field's programs, tried here; each test bears their number."""

from __future__ import annotations

import pytest

from tests.support.caller import MERGE, Way, ways
from tests.support.guarded import NAMESPACES, TENANT, Guarded, fresh, namespace, refused
from tests.support.mto import until

ALL_WAYS = tuple(ways("/status", "/finalize"))
EACH = pytest.mark.parametrize("way", ALL_WAYS, ids=lambda way: way.name)
OWNER = "ownerReferences"


@EACH
def test_cve_2022_46167_a_member_with_patch_on_its_namespace_can_not_detach_it(
    guarded: Guarded, way: Way
) -> None:
    """Capsule: without its owner reference or label a namespace belonged to no tenant any more."""
    path = f"{NAMESPACES}/a-prod"
    live = guarded.admin.get(path)
    gone = {"labels": {TENANT: None if way.kind != "application/apply-patch+yaml" else ""}}
    said = way(guarded.person("mallory"), path, live, gone)
    assert (said.status, said.policy) == (403, "mto-namespaces"), said.body


@EACH
@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "strays"])
def test_cve_2024_39690_and_cve_2025_55205_no_unowned_or_system_namespace_is_pulled_in(
    guarded: Guarded, way: Way, name: str
) -> None:
    """Capsule: an owner with patch on namespaces took those of nobody, kube-system among them."""
    guarded.space("strays")
    path = f"{NAMESPACES}/{name}"
    said = way(guarded.person("mallory"), path, guarded.admin.get(path), {"labels": {TENANT: "a"}})
    assert (said.status, said.policy) == (403, "mto-namespaces"), said.body


@pytest.mark.parametrize(
    "field",
    [
        pytest.param({OWNER: None}, id="none"),
        pytest.param(
            {
                OWNER: [
                    {
                        "apiVersion": "tenantoperator.stakater.com/v1beta3",
                        "kind": "Tenant",
                        "name": "a",
                        "uid": "0b9d9b5d-2b38-4e3c-8f3f-0123456789ab",
                    }
                ]
            },
            id="one of a tenant",
        ),
    ],
)
def test_cve_2025_55205_owner_references_make_nobody_an_owner(
    guarded: Guarded, field: dict[str, object]
) -> None:
    guarded.space("strays")
    mallory = guarded.person("mallory")
    said = mallory("PATCH", f"{NAMESPACES}/strays", {"metadata": field}, kind=MERGE)
    if field[OWNER] is None:
        refused(said, "namespaces")
        return
    refused(said, "namespaces")
    own = {"metadata": field}
    refused(
        mallory("PATCH", f"{NAMESPACES}/a-dev", own, kind=MERGE),
        "namespaces",
        "Finalizers and ownerReferences of namespace a-dev stay as they are: they decide when it "
        "is deleted",
    )


@pytest.mark.parametrize("subresource", ["status", "finalize"])
def test_ghsa_2ww6_hf35_mfjm_status_and_finalize_are_no_way_in(
    guarded: Guarded, subresource: str
) -> None:
    """Capsule: the webhook looked at namespaces, but labels can be changed on subresources too."""
    guarded.space("strays")
    mallory = guarded.person("mallory")
    for name in ("strays", "a-b-dev", "a-dev"):
        live = guarded.admin.get(f"{NAMESPACES}/{name}")
        live["metadata"]["labels"] |= {TENANT: "a", "x": "y"}
        refused(
            mallory("PUT", f"{NAMESPACES}/{name}/{subresource}", live),
            "namespaces",
            f"Cannot change {subresource} of namespace {name}: it is written by Kubernetes alone. "
            "User: mallory",
        )


def test_cve_2026_22872_no_controller_is_a_deputy_for_cluster_scoped_objects(
    guarded: Guarded,
) -> None:
    """Capsule: a tenant's object made the controller create what the tenant may not.

    Whatever a tenant puts into its namespace, names and labels of MTO's own included, the next
    update makes and changes nothing outside of it.
    """
    ann, name = guarded.person("ann"), guarded.own()
    guarded.up()
    before = outside(guarded)
    hostile = {"stakater.com/kind": "sandbox", TENANT: "a-b", "stage": "play"}
    configmap = {"metadata": {"name": "mto-owner-admin", "labels": hostile}}
    until(lambda: ann.create(f"{NAMESPACES}/{name}/configmaps", configmap).ok)
    notes = {"example.org/role": "cluster-admin", "mto.stakater.com/request-quota": "pods=999"}
    merge = {"metadata": {"labels": {"team": "system-masters"}, "annotations": notes}}
    assert ann("PATCH", f"{NAMESPACES}/{name}", merge, kind=MERGE).ok
    guarded.up("--refresh")
    assert outside(guarded) == before


def outside(guarded: Guarded) -> dict[str, object]:
    """Cluster-scoped objects of ours, by kind and name, without what changes by itself."""
    found = {}
    for path in (
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "/apis/tenantoperator.stakater.com/v1beta3/tenants",
        "/apis/tenantoperator.stakater.com/v1beta1/quotas",
    ):
        for one in guarded.admin.get(path)["items"]:
            found[f"{path}/{one['metadata']['name']}"] = one["metadata"]["resourceVersion"]
    return dict(found)


@pytest.mark.parametrize("level", ["privileged", "baseline", None])
@pytest.mark.parametrize("mode", ["enforce", "audit", "warn"])
@pytest.mark.parametrize("way", tuple(ways()), ids=lambda way: way.name)
def test_cve_2026_41052_an_owner_can_not_loosen_pod_security(
    guarded: Guarded, level: str | None, mode: str, way: Way
) -> None:
    """Rancher: owners of a project could change the level of their namespaces."""
    key = f"pod-security.kubernetes.io/{mode}"
    path = f"{NAMESPACES}/a-prod"
    strict = {"metadata": {"labels": {key: "restricted"}}}
    assert guarded.admin("PATCH", path, strict, kind=MERGE).ok
    if level is None and way.kind == "application/apply-patch+yaml":
        return  # what is not applied stays
    said = way(guarded.person("ann"), path, guarded.admin.get(path), {"labels": {key: level}})
    assert (said.status, said.policy) == (403, "mto-namespaces"), said.body


def test_cve_2021_36775_rights_end_with_membership(guarded: Guarded) -> None:
    """Rancher: a role that was taken away in the project stayed in its namespaces."""
    project, files = guarded.project, guarded.project.root / "tenants" / "all.yaml"
    text = files.read_text()
    gus, name = guarded.person("gus"), fresh()
    assert gus("GET", f"{NAMESPACES}/a-dev/pods").status == 403
    files.write_text(text.replace("- mallory", "- mallory\n      - gus"))
    guarded.up("a")
    until(lambda: gus("GET", f"{NAMESPACES}/a-dev/pods").ok)
    assert gus.create(NAMESPACES, namespace(name, tenant="a")).ok
    guarded.up("a")
    until(lambda: gus("GET", f"{NAMESPACES}/{name}/pods").ok)
    files.write_text(text)
    guarded.up("a")
    for space in ("a-dev", "a-prod", name):
        until(lambda space=space: gus("GET", f"{NAMESPACES}/{space}/pods").status == 403)  # type: ignore[misc]
        assert gus("GET", f"{NAMESPACES}/{space}").status == 403
        assert gus.delete(f"{NAMESPACES}/{space}").status == 403
    made = gus.create(NAMESPACES, namespace(fresh(), tenant="a"))
    assert (made.status, made.policy) == (403, "")
    assert project.data("explain", "--user", "gus") == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("A", id="case"),
        pytest.param("a-", id="a dash at the end"),
        pytest.param("a.b", id="a dot"),
        pytest.param("a-b", id="the longer of two similar names"),
        pytest.param("x" * 63, id="63 characters"),
        pytest.param("*", id="a wildcard of RBAC"),
    ],
)
def test_similar_names_give_no_right(guarded: Guarded, name: str) -> None:
    made = namespace(fresh("similar"), tenant=name)
    said = guarded.person("ann").create(NAMESPACES, made, dry_run=True)
    assert said.status in {403, 422}, said.body
    short = guarded.person("bob").create(NAMESPACES, namespace(fresh(), tenant="a"), dry_run=True)
    refused(short, "namespaces")
