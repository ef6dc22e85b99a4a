"""The manifests of the service: accepted by the API server, and rights that are enough."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.local.cluster import Cluster as ControlPlane
from mto.plan.enginerole import RULES
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.service import Looks, serving, soon

SAMPLES = Path(__file__).parents[3] / "tenants"
DEPLOY = Path(__file__).parents[3] / "deploy" / "service"
HOME = "multi-tenant-operator"


def manifests(*files: str) -> list[dict[str, Any]]:
    return [one for file in files for one in yaml.safe_load_all((DEPLOY / file).read_text()) if one]


@pytest.fixture
def installed(spare_admin: Kubectl) -> Kubectl:
    """Everything but the pods, which nothing here can run."""
    namespace = spare_admin("apply", "--server-side", "-f", str(DEPLOY / "namespace.yaml"))
    assert namespace.code == 0, namespace.stderr
    answer = spare_admin("apply", "-n", HOME, "-f", str(DEPLOY / "rbac.yaml"))
    assert answer.code == 0, answer.stderr
    return spare_admin


def test_every_object_is_accepted_where_pod_security_is_restricted(installed: Kubectl) -> None:
    for file in ("deployment.yaml", "poddisruptionbudget.yaml", "networkpolicy.yaml"):
        answer = installed("apply", "-n", HOME, "--dry-run=server", "-f", str(DEPLOY / file))
        assert answer.code == 0, answer.stderr
        assert "Warning" not in answer.stderr
    (deployment,) = manifests("deployment.yaml")
    template = deployment["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "try"}, "spec": template["spec"]}
    answer = installed("create", "-n", HOME, "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
    assert answer.code == 0, answer.stderr


def test_no_right_is_a_wildcard_but_to_read_our_own_group_and_none_gives_more() -> None:
    rules = [rule for one in manifests("rbac.yaml") for rule in one.get("rules", ())]
    assert [rule for rule in rules if "*" in str(rule)] == [
        {"apiGroups": ["mto.stakater.com"], "resources": ["*"], "verbs": ["get"]}
    ]
    assert [rule for rule in rules if "escalate" in rule["verbs"]] == []
    (bound,) = (rule for rule in rules if "bind" in rule["verbs"])
    assert bound["resourceNames"] == ["admin", "edit", "view", "mto:namespace-owner"]


def test_the_role_that_mto_makes_for_itself_says_the_same() -> None:
    (service,) = (
        one
        for one in manifests("rbac.yaml")
        if (one["kind"], one["metadata"]["name"]) == ("ClusterRole", "mto:service")
    )
    assert service["rules"] == list(RULES)


def test_with_the_role_that_it_made_for_itself_mto_makes_and_removes_a_tenant(
    installed: Kubectl, spare: ControlPlane, tmp_path: Path
) -> None:
    token = installed("create", "token", "mto", "-n", HOME).stdout.strip()
    project = Project(tmp_path / "project", account(spare, token, tmp_path))
    for name in ("integrationconfig", "quotas", "payments"):
        shutil.copy(SAMPLES / f"{name}.yaml", project.root / "tenants")
    assert (first := project("up", "--yes")).code == 0, first.stderr
    engine = ("--clusterrole=mto:engine", f"--serviceaccount={HOME}:mto")
    assert installed("create", "clusterrolebinding", "test-engine", *engine).code == 0
    assert installed("delete", "clusterrolebinding", "mto:service").code == 0
    try:
        for command in (("up", "--refresh"), ("destroy", "payments")):
            done = project(*command, "--yes")
            assert done.code == 0, done.stderr
    finally:
        installed("delete", "clusterrolebinding", "test-engine")


def test_with_these_rights_the_service_can_do_its_work(
    installed: Kubectl, spare: ControlPlane, tmp_path: Path, look: Looks
) -> None:
    token = installed("create", "token", "mto", "-n", HOME).stdout.strip()
    project = Project(tmp_path / "project", account(spare, token, tmp_path))
    name = unique("blue")
    access = members(owners=["ann"], viewers=["kim"])
    project.declare(
        quota(name),
        tenant(name, "dev", quota=name, accessControl=access, storageClasses={"allowed": ["fast"]}),
    )
    with serving(project) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert service.said("a former leader would not be refused") == []
        look.admin("-n", f"{name}-dev", "delete", "rolebinding", "mto-viewer-view")
        soon(lambda: look.subjects(f"{name}-dev", "mto-viewer-view") == {"kim"})
        soon(lambda: look.events(f"{name}-dev", "DriftRestored") != set())


def account(plane: ControlPlane, token: str, folder: Path) -> Path:
    """A kubeconfig of the service's own account."""
    known = yaml.safe_load(plane.kubeconfig.read_text())
    cluster = dict(known["clusters"][0]["cluster"])
    if authority := cluster.pop("certificate-authority", None):
        content = Path(authority).read_bytes()
        cluster["certificate-authority-data"] = base64.b64encode(content).decode()
    path = folder / "account.kubeconfig"
    context = {"cluster": "c", "user": "u"}
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": {"token": token}}],
                "contexts": [{"name": "c", "context": context}],
                "current-context": "c",
            }
        )
    )
    return path
