"""The service deployed by the platform: accepted by the API server, with rights that are enough."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, steps, tenant, unique
from tests.support.service import Looks, serving, soon

SAMPLES = Path(__file__).parents[3] / "tenants"
GENERATED = Path(__file__).parents[3] / "deploy" / "service" / "manifests"
HOME = "multi-tenant-operator"
GIT = {"repository": "https://git.example.org/tenants.git", "ref": "main"}


def service(image: str = "mto:1") -> dict[str, Any]:
    return {"image": image, "git": GIT, "state": {"secret": "mto-state"}}


@pytest.fixture
def deployed(spare: ControlPlane, tmp_path: Path, spare_admin: Kubectl) -> Iterator[Project]:
    """The platform with the service, until the end of the test, which takes it away again."""
    project = Project(tmp_path, spare.kubeconfig, {"service": service()})
    project.declare(quota(unique("blue")))
    answer = project("up", "--yes")
    assert answer.code == 0, answer.stderr
    yield project
    project.configure()
    assert steps(project.data("up"))[f"Deployment/{HOME}/mto"] == "delete"
    assert spare_admin("-n", HOME, "get", "deployment,configmap,role", "-o", "name").stdout == (
        "configmap/kube-root-ca.crt\n"
    )


@pytest.fixture
def installed(spare_admin: Kubectl) -> Iterator[Kubectl]:
    """By kubectl, before there is a plan: the account with its rights."""
    namespace = spare_admin("apply", "--server-side", "-f", str(GENERATED / "namespace.yaml"))
    assert namespace.code == 0, namespace.stderr
    answer = spare_admin("apply", "-f", str(GENERATED / "rights.yaml"))
    assert answer.code == 0, answer.stderr
    yield spare_admin
    spare_admin("delete", "--ignore-not-found", "-f", str(GENERATED / "rights.yaml"))


def image(admin: Kubectl) -> str:
    path = "{.spec.template.spec.containers[0].image}"
    return admin("-n", HOME, "get", "deployment", "mto", "-o", f"jsonpath={path}").stdout


def test_the_platform_deploys_it_where_pod_security_is_restricted(
    deployed: Project, look: Looks
) -> None:
    assert look.labels(HOME)["pod-security.kubernetes.io/enforce"] == "restricted"
    ready = ("-o", "jsonpath={.status.readyReplicas}")  # simulated nodes; admission is real
    soon(lambda: look.admin("-n", HOME, "get", "deployment", "mto", *ready).stdout == "2")
    assert deployed("up", "--expect-no-changes").code == 0
    read = ("-o", "jsonpath={.data.Pulumi\\.dev\\.yaml}")
    text = look.admin("-n", HOME, "get", "configmap", "mto-settings", *read).stdout
    assert yaml.safe_load(text)["config"] == {
        "mto:service": service(),
        "mto:inCluster": True,
        "mto:tenants": "/manifests/current/tenants",
    }
    for file in ("rights.yaml", "service.yaml"):
        path = str(GENERATED / file)
        answer = look.admin("apply", "--server-side", "--dry-run=server", "-f", path)
        assert "Warning" not in answer.stderr
        assert "denied" not in answer.stderr


def test_with_its_own_account_the_service_does_its_work_and_leaves_itself_alone(
    deployed: Project, spare: ControlPlane, tmp_path: Path, look: Looks
) -> None:
    token = look.admin("create", "token", "mto", "-n", HOME).stdout.strip()
    inside = account(spare, token, tmp_path)
    name = unique("blue")
    access = members(owners=["ann"], viewers=["kim"])
    deployed.declare(
        quota(name),
        tenant(name, "dev", quota=name, accessControl=access, storageClasses={"allowed": ["fast"]}),
    )
    with serving(deployed, "--kubeconfig", str(inside)) as running:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert running.said("a former leader would not be refused") == []
        look.admin("-n", f"{name}-dev", "delete", "rolebinding", "mto-viewer-view")
        soon(lambda: look.subjects(f"{name}-dev", "mto-viewer-view") == {"kim"})
        soon(lambda: look.events(f"{name}-dev", "DriftRestored") != set())

        deployed.configure(service=service("mto:2"))
        assert deployed("up", "--yes").code == 0
        assert image(look.admin) == "mto:2"
        other = unique("red")
        deployed.declare(quota(other), file="red.yaml")  # the platform has another turn
        soon(lambda: look.condition("quota", other)[0] == "True")
        assert image(look.admin) == "mto:2"


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
