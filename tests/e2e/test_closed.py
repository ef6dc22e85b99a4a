"""Admission fails closed, and yet nothing is locked up for good. No process of MTO runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mto.local import cluster as planes
from mto.local.paths import Home
from mto.local.processes import kill
from tests.support.caller import MERGE, Caller
from tests.support.guarded import NAMESPACES, RBAC, Guarded, namespace
from tests.support.guarded import guarded as make_guarded
from tests.support.mto import until

POLICY = "/apis/mto.stakater.com/v1alpha1/namespaces/{}/tenantpolicies/tenant-policy"
MISSING = "no params found for policy binding with `Deny` parameterNotFoundAction"
POD: dict[str, Any] = {
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "web", "image": "none.example.org/web"}]},
}
CLAIM = {
    "metadata": {"name": "data"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
}


def job(*finalizers: str) -> dict[str, Any]:
    template = {"spec": {**POD["spec"], "restartPolicy": "Never"}}
    return {
        "metadata": {"name": "once", "finalizers": list(finalizers)},
        "spec": {"template": template, "parallelism": 2, "completions": 2},
    }


def test_a_namespace_that_is_not_provisioned_yet_admits_no_workload_whoever_asks(
    guarded: Guarded,
) -> None:
    path = f"{NAMESPACES}/{guarded.own()}"
    until(lambda: guarded.admin("GET", f"{path}/serviceaccounts/default").ok)
    for collection, manifest in (
        (f"{path}/pods", POD),
        (f"{path.replace('/api/v1', '/apis/batch/v1')}/jobs", job()),
    ):
        said = guarded.admin.create(collection, manifest)
        assert said.status >= 400
        assert MISSING in said.message


def test_without_its_parameters_a_namespace_admits_nothing_new_until_the_next_update(
    guarded: Guarded,
) -> None:
    space = guarded.own()
    guarded.up("a")
    ann = guarded.person("ann")
    until(lambda: ann.create(f"{NAMESPACES}/{space}/pods", POD, dry_run=True).ok)
    assert guarded.admin.delete(POLICY.format(space)).ok
    until(lambda: MISSING in ann.create(f"{NAMESPACES}/{space}/pods", POD, dry_run=True).message)
    guarded.up("a", "--refresh")
    until(lambda: ann.create(f"{NAMESPACES}/{space}/pods", POD, dry_run=True).ok)


def test_broken_parameters_refuse(guarded: Guarded) -> None:
    space = guarded.own()
    guarded.up("a")
    ann, path = guarded.person("ann"), POLICY.format(space)
    bindings = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/rolebindings"
    view = {
        "metadata": {"name": "vic"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "User", "name": "vic", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    until(lambda: ann.create(bindings, view, dry_run=True).ok)
    assert guarded.admin("PATCH", path, {"spec": {"members": None}}, kind=MERGE).ok
    until(lambda: "no such key: members" in ann.create(bindings, view, dry_run=True).message)


def test_every_namespace_can_be_deleted_with_claims_jobs_and_finalizers(guarded: Guarded) -> None:
    """The TenantPolicy goes first; what holds the rest must still be taken off by controllers."""
    space = guarded.own()
    guarded.up("a")
    ann, path = guarded.person("ann"), f"{NAMESPACES}/{space}"
    batch, apps = (path.replace("/api/v1", f"/apis/{one}/v1") for one in ("batch", "apps"))
    until(lambda: ann.create(f"{path}/persistentvolumeclaims", CLAIM).ok)
    using = {
        **POD["spec"],
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    }
    assert ann.create(f"{path}/pods", {**POD, "spec": using}).ok
    assert ann.create(f"{batch}/jobs", job("foregroundDeletion")).ok
    labels = {"matchLabels": {"app": "x"}}
    template = {"metadata": {"labels": {"app": "x"}}, "spec": POD["spec"]}
    deployment = {"metadata": {"name": "web"}, "spec": {"selector": labels, "template": template}}
    assert ann.create(f"{apps}/deployments", deployment).ok
    until(lambda: len(_pods(guarded.admin, path, "batch.kubernetes.io/job-tracking")) == 2)
    assert ann.delete(path).ok
    until(lambda: guarded.admin("GET", path).status == 404, seconds=90)


def test_parameters_outlive_pods_so_that_what_holds_one_can_be_taken_off(guarded: Guarded) -> None:
    """Kubernetes ends a namespace's pods before the rest (ordered deletion, since 1.33)."""
    space = guarded.own()
    guarded.up("a")
    ann, path = guarded.person("ann"), f"{NAMESPACES}/{space}"
    held = {**POD, "metadata": {"name": "web", "finalizers": ["example.org/hold"]}}
    until(lambda: ann.create(f"{path}/pods", held).ok)
    assert ann.delete(path).ok
    until(lambda: "deletionTimestamp" in guarded.admin.get(f"{path}/pods/web")["metadata"])
    assert guarded.admin("GET", POLICY.format(space)).ok
    free = {"metadata": {"finalizers": None}}
    said = guarded.admin("PATCH", f"{path}/pods/web", free, kind=MERGE)
    assert said.ok, said.body
    until(lambda: guarded.admin("GET", path).status == 404, seconds=90)


def _pods(caller: Caller, path: str, finalizer: str) -> list[str]:
    pods = caller.get(f"{path}/pods")["items"]
    return [
        one["metadata"]["name"]
        for one in pods
        if finalizer in one["metadata"].get("finalizers", ())
    ]


def test_the_control_plane_starts_again_with_all_policies_on(
    another_name: str, tmp_path: Path
) -> None:
    """All its programs are killed; they come up, and kube-system, MTO's and tenants' work on."""
    plane = planes.up(another_name)
    made = make_guarded(plane, tmp_path)
    assert kill(Home(another_name).root, deadline=30) == ()
    assert planes.status(another_name).state == "stopped"
    assert planes.up(another_name).server == plane.server
    ann, admin = made.person("ann"), made.admin
    until(lambda: admin("GET", "/api").ok)
    lease = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
    assert admin.create(lease, {"metadata": {"name": "after-restart"}, "spec": {}}).ok
    assert admin.create(f"{NAMESPACES}/kube-system/configmaps", {"metadata": {"name": "x"}}).ok
    # Policies hold from the first request on; ordinary work goes on.
    stray = ann.create(NAMESPACES, namespace("stray"))
    assert (stray.status, stray.policy) == (403, "mto-namespaces"), stray.body
    # A server that has just begun doesn't know the parameters' kind yet, and refuses.
    until(lambda: ann.create(f"{NAMESPACES}/a-dev/pods", POD).ok)
    until(lambda: _scheduled(admin, "a-dev"), seconds=60)
    made.up()
    assert ann.delete(f"{NAMESPACES}/a-dev/pods/web").ok


def _scheduled(caller: Caller, space: str) -> bool:
    """The controllers and the scheduler do their part; the simulated kubelet isn't ours to try."""
    pod = caller.get(f"{NAMESPACES}/{space}/pods/web")
    return bool(pod["spec"].get("nodeName"))


def test_the_controllers_that_the_policies_must_not_stop_hold_their_right(guarded: Guarded) -> None:
    for name in ("namespace-controller", "generic-garbage-collector", "resourcequota-controller"):
        review = guarded.admin.create(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            {
                "spec": {
                    "user": f"system:serviceaccount:kube-system:{name}",
                    "resourceAttributes": {
                        "group": "mto.stakater.com",
                        "resource": "guards",
                        "verb": "bypass",
                    },
                }
            },
        )
        assert review.body["status"]["allowed"] is True
    assert guarded.admin("GET", f"{RBAC}/clusterroles/mto:guards").ok
