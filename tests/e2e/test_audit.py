"""What exists and breaks the rules, in force or proposed; nothing is changed by looking."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.mto import Project, members, quota, tenant, unique, until

SCRATCH = (
    "validatingadmissionpolicies,validatingadmissionpolicybindings,tenantpolicies.mto.stakater.com"
)


@dataclass(frozen=True)
class Place:
    """A tenant that may use images of one registry, with objects that an administrator made."""

    project: Project
    tenant: str
    budget: str

    @property
    def namespace(self) -> str:
        return f"{self.tenant}-dev"

    def manifests(self, *registries: str) -> list[dict[str, Any]]:
        owner = members(owners=[f"ann-{self.tenant}@example.org"])
        return [
            quota(self.budget, pods=50),
            tenant(
                self.tenant,
                "dev",
                quota=self.budget,
                accessControl=owner,
                imageRegistries={"allowed": list(registries)},
                serviceAccounts={"denied": ["builder"]},
            ),
        ]


@pytest.fixture
def place(project: Project) -> Place:
    found = Place(project, unique("audit"), unique("small"))
    project.declare(*found.manifests("registry.example.org"))
    answer = project("up", "--yes")
    assert answer.code == 0, answer.stderr
    return found


def deployment(name: str, image: str, replicas: int = 1, account: str = "default") -> str:
    labels = {"app": name}
    spec = {"containers": [{"name": "main", "image": image}], "serviceAccountName": account}
    return yaml.safe_dump(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        }
    )


def make(admin: Kubectl, place: Place, *manifests: str) -> None:
    for one in manifests:
        answer = admin("-n", place.namespace, "apply", "-f", "-", stdin=one)
        assert answer.code == 0, answer.stderr


def found(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (one["subject"]["kind"], one["subject"]["name"], one["rule"]) for one in report["findings"]
    }


def test_objects_that_break_a_rule_in_force_are_found_and_no_others(
    place: Place, admin: Kubectl
) -> None:
    make(
        admin,
        place,
        deployment("good", "registry.example.org/a:1"),
        deployment("bad", "elsewhere.example.org/a:1", 0),
        deployment("worse", "elsewhere.example.org/a:1", 0, "builder"),
    )

    report = place.project.data("audit", place.tenant, code=3)

    assert found(report) == {
        ("Deployment", "bad", "images"),
        ("Deployment", "worse", "images"),
        ("Deployment", "worse", "service-accounts"),
    }
    assert report["complete"]
    assert "elsewhere.example.org" in report["findings"][0]["message"]


def test_what_a_controller_made_is_judged_at_its_owner_unless_asked_for(
    place: Place, admin: Kubectl
) -> None:
    """Made while the registry was allowed: today the API server would refuse the ReplicaSet too."""
    place.project.declare(*place.manifests("registry.example.org", "elsewhere.example.org"))
    assert place.project("up", "--yes").code == 0
    make(admin, place, deployment("bad", "elsewhere.example.org/a:1", 0))
    until(lambda: "bad" in admin("-n", place.namespace, "get", "rs", "-o", "name").stdout)
    place.project.declare(*place.manifests("registry.example.org"))
    assert place.project("up", "--yes").code == 0

    report = place.project.data("audit", place.tenant, code=3)
    with_owned = place.project.data("audit", place.tenant, "--owned", code=3)

    assert {kind for kind, _, _ in found(report)} == {"Deployment"}
    assert report["skipped"]["made by a controller out of another one"] == 1
    assert "made by a controller out of another one" not in with_owned["skipped"]
    assert {kind for kind, _, _ in found(with_owned)} == {"Deployment", "ReplicaSet"}


def test_a_proposed_set_is_judged_by_and_changes_nothing(
    place: Place, admin: Kubectl, kubectl: KubectlAs, tmp_path: Path
) -> None:
    make(admin, place, deployment("web", "registry.example.org/a:1", 0))
    proposal = tmp_path / "proposal"
    proposal.mkdir()
    (proposal / "all.yaml").write_text(yaml.safe_dump_all(place.manifests("other.example.org")))

    now = place.project.data("audit", place.tenant)
    then = place.project.data("audit", place.tenant, "--with", str(proposal), code=3)

    assert now["findings"] == []
    assert found(then) == {("Deployment", "web", "images")}
    assert "other.example.org" in then["findings"][0]["message"]
    ann = kubectl(f"ann-{place.tenant}@example.org")
    manifest = deployment("next", "registry.example.org/a:1", 0)
    answer = ann("-n", place.namespace, "create", "-f", "-", stdin=manifest)
    assert answer.code == 0, answer.stderr
    left = admin("get", SCRATCH, "-A", "-l", "mto.stakater.com/scratch", "-o", "name")
    assert left.stdout == ""


def test_a_full_quota_and_pod_security_have_no_say(place: Place, admin: Kubectl) -> None:
    make(admin, place, deployment("bad", "elsewhere.example.org/a:1", 0))
    space = place.namespace
    admin("label", "namespace", space, "pod-security.kubernetes.io/enforce=restricted")
    hard = '{"spec":{"hard":{"count/deployments.apps":"0"}}}'
    admin("-n", space, "create", "quota", "full", "--hard=count/deployments.apps=0")
    admin("-n", space, "patch", "quota", "full", "-p", hard)

    report = place.project.data("audit", place.tenant, code=3)

    assert found(report) == {("Deployment", "bad", "images")}


def test_an_object_that_an_administrators_webhook_would_refuse_is_said_not_to_be_judged(
    place: Place, admin: Kubectl
) -> None:
    """Nothing listens there, and its failure policy is Fail: every update of a ConfigMap…"""
    make(admin, place, deployment("web", "registry.example.org/a:1", 0))
    name = f"{place.tenant}-dead"
    rule = {
        "apiGroups": ["apps"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["deployments"],
    }
    hook = {
        "name": "dead.example.org",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": place.namespace}},
    }
    made = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [hook],
    }
    assert admin("create", "-f", "-", stdin=yaml.safe_dump(made)).code == 0
    try:
        patch = ("-n", place.namespace, "label", "deployment", "web", "a=b", "--overwrite")
        until(lambda: admin(*patch, "--dry-run=server").code == 1)

        report = place.project.data("audit", place.tenant, code=4)
    finally:
        admin("delete", "mutatingwebhookconfiguration", name)

    assert not report["complete"]
    (only,) = report["findings"]
    assert only["result"] == "error"
    assert only["message"].startswith("the API server refuses any update of it: ")


def test_an_interrupted_audit_cleans_up_and_says_what_is_missing(
    place: Place, admin: Kubectl
) -> None:
    make(admin, place, *(deployment(f"web-{n}", "registry.example.org/a:1", 0) for n in range(3)))
    running = place.project.begin("audit", place.tenant, "-o", "json")
    until(lambda: "mto-audit" in admin("get", SCRATCH, "-o", "name").stdout, pause=0.01)

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert running.returncode in {0, 4}
    left = admin("get", SCRATCH, "-A", "-l", "mto.stakater.com/scratch", "-o", "name")
    assert left.stdout == "", said


REPORTS = Path(__file__).parents[1] / "fixtures" / "policyreports.yaml"


def test_policy_reports_are_printed_and_written_where_the_kind_is_served(
    place: Place, admin: Kubectl
) -> None:
    make(admin, place, deployment("bad", "elsewhere.example.org/a:1", 0))

    printed = place.project("audit", place.tenant, "-o", "policyreport")
    written = place.project("audit", place.tenant, "--apply")

    cluster, inside = yaml.safe_load_all(printed.stdout)
    assert printed.code == 3
    assert cluster["kind"] == "ClusterPolicyReport"
    assert inside["metadata"]["namespace"] == place.namespace
    assert inside["summary"]["fail"] == 1
    assert written.code == 1
    assert "the server knows no kind ClusterPolicyReport" in written.stderr

    assert admin("apply", "-f", str(REPORTS)).code == 0
    try:
        assert_reports_follow_what_is_found(place, admin)
    finally:
        admin("delete", "-f", str(REPORTS))


def assert_reports_follow_what_is_found(place: Place, admin: Kubectl) -> None:
    def results(*where: str) -> list[tuple[str, str, str]]:
        found = admin("get", *where, "mto-audit", "-o", "json").json["results"]
        return [(one["policy"], one["result"], one["resources"][0]["name"]) for one in found]

    inside = ("-n", place.namespace, "policyreport")
    until(lambda: place.project("audit", place.tenant, "--apply").code == 3, seconds=60)
    assert results(*inside) == [("images", "fail", "bad")]
    assert results("clusterpolicyreport") == []
    assert place.project("audit", place.tenant, "--apply").code == 3  # written again
    assert admin("-n", place.namespace, "delete", "deployment", "bad").code == 0
    assert admin("create", "namespace", f"{place.tenant}-near").code == 0

    assert place.project("audit", place.tenant, "--apply").code == 0

    assert admin("get", *inside, "mto-audit").code != 0
    assert results("clusterpolicyreport") == [("namespaces", "warn", f"{place.tenant}-near")]
    summary = admin("get", "clusterpolicyreport", "mto-audit", "-o", "json").json["summary"]
    assert summary == {"pass": 0, "fail": 0, "warn": 1, "error": 0, "skip": 0}
    admin("delete", "namespace", f"{place.tenant}-near", "--wait=false")


FORGED = """
apiVersion: v1
kind: ConfigMap
metadata: {name: hidden, labels: {mto.stakater.com/managed: "true"}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: mto-own}
---
apiVersion: mto.stakater.com/v1alpha1
kind: TenantPolicy
metadata: {name: tenant-policy-0123abcd}
spec: {tenant: other}
"""


def test_traces_of_acts_that_rules_forbid_are_found(place: Place, admin: Kubectl) -> None:
    make(admin, place, FORGED)
    near = f"{place.tenant}-near"
    assert admin("create", "namespace", near).code == 0

    report = place.project.data("audit", place.tenant, code=3)

    assert found(report) == {
        ("ConfigMap", "hidden", "managed"),
        ("Namespace", near, "namespaces"),
        ("Role", "mto-own", "reserved-names"),
        ("TenantPolicy", "tenant-policy-0123abcd", "declarations"),
    }
    assert {"managed", "namespaces", "reserved-names", "declarations"} <= set(report["rules"])
    assert report["complete"]
    admin("delete", "namespace", near, "--wait=false")
