"""A tenant's AppProject, on clusters with and without Argo CD's kind.

They are clusters of their own: the platform's settings name Argo CD here, and a definition is
everybody's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mto.local import cluster as planes
from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl
from tests.support.mto import GROUP, Manifest, Project, part, quota, steps, tenant, unique

DEFINITION = Path(__file__).parents[1] / "fixtures" / "appprojects.yaml"
CONFIG: Manifest = {
    "apiVersion": f"{GROUP}/v1beta1",
    "kind": "IntegrationConfig",
    "metadata": {"name": "tenant-operator-config"},
    "spec": {
        "accessControl": {"privileged": {"groups": ["admins"]}},
        "integrations": {
            "argocd": {
                "namespace": "argocd",
                "namespaceResourceBlacklist": [{"group": "", "kind": "ResourceQuota"}],
            }
        },
    },
}
OURS = ("stakater.com/", "mto.stakater.com/", "app.kubernetes.io/managed-by", "pulumi.com/")


@dataclass
class Team:
    """One tenant and its Extensions, in a project on a cluster of the test's own."""

    project: Project
    admin: Kubectl
    name: str

    def declare(
        self,
        *namespaces: str,
        extension: bool = True,
        config: Manifest = CONFIG,
        **argocd: Any,
    ) -> None:
        access = {"owners": {"users": ["anna@example.org"], "groups": ["leads"]}}
        purge = {"onDeletePurgeNamespaces": True}
        manifests = [
            config,
            quota("small", pods=10),
            tenant(self.name, *namespaces, quota="small", accessControl=access, namespaces=purge),
        ]
        if extension:
            manifests.append(
                {
                    "apiVersion": f"{GROUP}/v1alpha1",
                    "kind": "Extensions",
                    "metadata": {"name": self.name},
                    "spec": {"tenantName": self.name, "argoCD": argocd},
                }
            )
        self.project.declare(*manifests)

    def up(self, code: int = 0) -> dict[str, str]:
        return steps(self.project.data("up", "--yes", code=code))

    def live(self) -> Manifest:
        answer = self.admin("-n", "argocd", "get", "appproject", self.name, "-o", "json")
        assert answer.code == 0, answer.stderr
        found: Manifest = answer.json
        return found

    def marks(self) -> list[str]:
        metadata = self.live()["metadata"]
        keys = (*metadata.get("labels", {}), *metadata.get("annotations", {}))
        return [key for key in keys if key.startswith(OURS)]

    @property
    def object(self) -> str:
        return f"AppProject/argocd/{self.name}"

    def destinations(self) -> list[str]:
        return [one["namespace"] for one in self.live()["spec"]["destinations"]]


def administrator(plane: ControlPlane, folder: Path) -> Kubectl:
    return Kubectl(locate(["kubectl"])["kubectl"], plane.kubeconfig, folder / "kubectl")


def install(admin: Kubectl) -> None:
    assert admin("apply", "-f", str(DEFINITION)).code == 0
    ready = ("wait", "--for=condition=Established", "crd/appprojects.argoproj.io", "--timeout=30s")
    assert admin(*ready).code == 0


@pytest.fixture(scope="module")
def with_argocd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    name = f"{os.environ['MTO_TEST_RUN']}-argocd-{uuid4().hex[:4]}"
    plane = planes.up(name)
    admin = administrator(plane, tmp_path_factory.mktemp("argocd"))
    install(admin)
    assert admin("create", "namespace", "argocd").code == 0
    yield plane
    planes.down(name)


@pytest.fixture
def team(with_argocd: ControlPlane, tmp_path: Path) -> Team:
    project = Project(tmp_path, with_argocd.kubeconfig)
    return Team(project, administrator(with_argocd, tmp_path), unique("team"))


def test_it_is_made_and_follows_the_tenant_s_namespaces(team: Team) -> None:
    team.declare("dev", appProject={"sourceRepos": ["https://git.example.org/deploy"]})
    assert team.up()[team.object] == "create"
    spec = team.live()["spec"]
    assert spec["sourceRepos"] == ["https://git.example.org/deploy"]
    assert spec["namespaceResourceBlacklist"] == [{"group": "", "kind": "ResourceQuota"}]
    assert {one["name"]: one["groups"] for one in spec["roles"]} == {
        f"{team.name}-owner": ["admins", "leads"],
        f"{team.name}-edit": ["admins"],
        f"{team.name}-view": ["admins"],
    }
    assert team.destinations() == [f"{team.name}-dev"]
    assert team.up() == {}

    team.declare("dev", "prod", appProject={"sourceRepos": ["https://git.example.org/deploy"]})
    assert team.up()[team.object] == "update"
    assert team.destinations() == [f"{team.name}-dev", f"{team.name}-prod"]

    own = f"{team.name}-own"
    assert team.admin("create", "namespace", own).code == 0
    assert team.admin("label", "namespace", own, f"stakater.com/tenant={team.name}").code == 0
    assert team.up()[team.object] == "update"
    assert own in team.destinations()


def test_it_stays_without_our_marks_when_the_tenant_goes(team: Team) -> None:
    team.declare("dev")
    team.up()
    before = team.live()
    assert len(team.marks()) == 4

    assert steps(team.project.data("destroy", team.name, "--yes"))[team.object] == "forget"

    after = team.live()
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    assert team.marks() == []
    # Nobody's now: the same tenant, declared again, does not take it over unasked.
    report = team.project.data("up", "--yes", code=1)
    (problem,) = part(report, team.name)["problems"]
    assert problem == (
        f"create {team.object}: AppProject argocd/{team.name} exists and is not MTO's: MTO left "
        "it behind when its tenant was taken away. Choose another name, delete it, or hand it over "
        'by annotating it with mto.stakater.com/adopt: "true"'
    )
    adopt = ("annotate", "appproject", team.name, "mto.stakater.com/adopt=true")
    assert team.admin("-n", "argocd", *adopt).code == 0
    assert team.up()[team.object] == "create"
    assert len(team.marks()) == 4


def test_it_goes_with_the_tenant_where_it_is_to_be_purged(team: Team) -> None:
    team.declare("dev", onDeletePurgeAppProject=True)
    team.up()
    assert steps(team.project.data("destroy", team.name, "--yes"))[team.object] == "delete"
    assert team.admin("-n", "argocd", "get", "appproject", team.name).code == 1


@pytest.mark.parametrize("purge", [True, False])
def test_extensions_that_no_longer_ask_leave_or_delete_it_as_they_said(
    team: Team, *, purge: bool
) -> None:
    team.declare("dev", onDeletePurgeAppProject=purge)
    team.up()
    team.declare("dev", extension=False)
    assert team.up()[team.object] == ("delete" if purge else "forget")
    if purge:
        assert team.admin("-n", "argocd", "get", "appproject", team.name).code == 1
    else:
        assert team.marks() == []
    assert team.up() == {}


def test_a_changed_mind_about_purging_asks_nothing_of_the_cluster(team: Team) -> None:
    team.declare("dev")
    team.up()
    team.declare("dev", onDeletePurgeAppProject=True)
    assert team.up() == {f"Extensions/{team.name}": "update"}
    assert steps(team.project.data("destroy", team.name, "--yes"))[team.object] == "delete"


def test_a_foreign_one_of_that_name_is_refused_and_nothing_else_suffers(team: Team) -> None:
    theirs: Manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": team.name, "namespace": "argocd"},
        "spec": {"description": "theirs"},
    }
    assert team.admin("create", "-f", "-", stdin=str(theirs).replace("'", '"')).code == 0
    team.declare("dev")
    report = team.project.data("up", "--yes", code=1)
    assert part(report, team.name)["problems"] == [
        (
            f"create {team.object}: AppProject argocd/{team.name} exists and is not MTO's: its "
            "fields are managed by kubectl-create. Choose another name, delete it, or hand it over "
            'by annotating it with mto.stakater.com/adopt: "true"'
        )
    ]
    assert team.live()["spec"] == {"description": "theirs"}
    assert team.admin("get", "namespace", f"{team.name}-dev").code == 0


def test_an_older_config_is_carried_out_and_shown_in_the_newest_version(team: Team) -> None:
    older = {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "IntegrationConfig",
        "metadata": {
            "name": "tenant-operator-config",
            "namespace": "stakater-tenant-operator",
        },
        "spec": {
            "openshift": {"clusterAdminGroups": ["old-admins"]},
            "tenantRoles": {"default": {"owner": {"clusterRoles": ["edit"]}}},
            "argocd": {"namespace": "argocd"},
            "nexus": {"enabled": True},
        },
    }
    team.declare("dev", config=older)
    team.up()
    owner = next(one for one in team.live()["spec"]["roles"] if one["name"].endswith("-owner"))
    assert owner["groups"] == ["old-admins", "leads"]
    space = f"{team.name}-dev"
    binding = team.admin("-n", space, "get", "rolebinding", "mto-owner-edit", "-o", "json")
    assert binding.json["roleRef"]["name"] == "edit"
    place = ("-n", "multi-tenant-operator", "get", "integrationconfig", "tenant-operator-config")
    shown = team.admin(*place, "-o", "json").json
    assert shown["apiVersion"] == f"{GROUP}/v1beta1"
    assert shown["spec"]["integrations"] == {"argocd": {"namespace": "argocd"}}
    answer = team.project("check", "tenants")
    assert (
        "spec.nexus: has no place in v1beta1 and is left out: MTO looks after no Nexus any more\n"
    ) in answer.stdout + answer.stderr


def test_drift_is_undone(team: Team) -> None:
    team.declare("dev")
    team.up()
    patch = ("--type=merge", "-p", '{"spec":{"destinations":[{"server":"*","namespace":"*"}]}}')
    assert team.admin("-n", "argocd", "patch", "appproject", team.name, *patch).code == 0
    assert steps(team.project.data("up", "--yes", "--refresh")) == {team.object: "update"}
    assert team.destinations() == [f"{team.name}-dev"]


def test_without_the_kind_or_the_namespace_a_warning_says_so_until_they_appear(
    another_name: str, tmp_path: Path
) -> None:
    plane = planes.up(another_name)
    team = Team(Project(tmp_path, plane.kubeconfig), administrator(plane, tmp_path), "blue")
    team.declare("dev")
    asks = "warning: tenant 'blue' asks for an AppProject (tenants/all.yaml:"
    answer = team.project("up", "--yes")
    assert answer.code == 0, answer.stderr
    assert asks in answer.stderr
    assert (
        " spec.argoCD), but the cluster has no such kind (appprojects.argoproj.io): none is made; "
        "the next update after Argo CD is installed makes it\n"
    ) in answer.stderr

    install(team.admin)
    answer = team.project("up", "--yes")
    assert answer.code == 0, answer.stderr
    assert " spec.argoCD), but namespace 'argocd', where tenants/all.yaml:" in answer.stderr
    assert (
        " spec.integrations.argocd.namespace has Argo CD, does not exist: none is made; the next "
        "update after it exists makes it\n"
    ) in answer.stderr

    assert team.admin("create", "namespace", "argocd").code == 0
    assert team.up() == {team.object: "create"}
    assert team.up() == {}

    # The definition takes every AppProject along; nothing is left to be deleted.
    assert team.admin("delete", "crd", "appprojects.argoproj.io", "--wait").code == 0
    assert team.up() == {team.object: "forget"}
    assert team.up() == {}
