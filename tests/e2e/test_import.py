"""A manifest of the operator that MTO replaces, taken over as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.mto import Project, members, quota, steps, tenant, unique, until
from tests.support.snapshot import everything

FIXTURE = Path(__file__).parents[1] / "fixtures" / "import.yaml"


@dataclass(frozen=True)
class Imported:
    """The fixture under names of this run, and every object that carries its tenant's label."""

    project: Project
    name: str
    objects: dict[str, Any]

    def rules(self, kind: str) -> Any:
        return self.objects[f"ClusterRole/mto:{self.name}:{kind}"]["rules"]

    def subjects(self, namespace: str) -> dict[str, list[str]]:
        """Who is bound in a namespace, by the binding's name."""
        place = f"RoleBinding/{namespace}/"
        return {
            address.removeprefix(place): [subject["name"] for subject in one["subjects"]]
            for address, one in self.objects.items()
            if address.startswith(place)
        }


@pytest.fixture(scope="module")
def imported(
    control_plane: ControlPlane, admin: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Imported:
    project = Project(tmp_path_factory.mktemp("import"), control_plane.kubeconfig)
    name = unique("t1")
    text = FIXTURE.read_text().replace("t1", name).replace("q1", f"q-{name}")
    (project.root / "tenants" / "import.yaml").write_text(text)
    answer = project("up")
    assert answer.code == 0, answer.stderr
    return Imported(project, name, everything(admin, "-l", f"stakater.com/tenant={name}"))


def test_the_import_fixture_makes_the_namespaces_that_it_promises(imported: Imported) -> None:
    t1 = imported.name
    spaces = {
        address.removeprefix("Namespace/"): one["metadata"]
        for address, one in imported.objects.items()
        if address.startswith("Namespace/")
    }
    sandboxes = {f"{t1}-{one}-example-sandbox": f"{one}@example.org" for one in "oe"}
    assert spaces.keys() == {f"{t1}-dev", f"shared-{t1}", *sandboxes}
    assert {one["labels"]["stakater.com/tenant"] for one in spaces.values()} == {t1}
    assert spaces[f"{t1}-dev"]["labels"]["a"] == "s"
    assert spaces[f"shared-{t1}"]["labels"]["a"] == "c"
    assert {one["annotations"]["n"] for one in spaces.values()} == {"c"}
    for namespace, person in sandboxes.items():
        assert spaces[namespace]["annotations"]["user"] == person
        assert spaces[namespace]["labels"]["stakater.com/kind"] == "sandbox"


def test_the_import_fixture_binds_members_and_sandboxes_to_their_person(
    imported: Imported,
) -> None:
    t1 = imported.name
    for namespace in (f"{t1}-dev", f"shared-{t1}"):
        assert imported.subjects(namespace) == {
            "mto-owner-admin": ["o@example.org", "g-own"],
            "mto-owner-mto:namespace-owner": ["o@example.org", "g-own"],
            "mto-editor-edit": ["e@example.org", "g-ed"],
            "mto-viewer-view": ["v@example.org", "g-view"],
        }
    assert imported.subjects(f"{t1}-o-example-sandbox") == {
        "mto-owner-admin": ["o@example.org"],
        "mto-owner-mto:namespace-owner": ["o@example.org"],
    }
    assert imported.subjects(f"{t1}-e-example-sandbox") == {"mto-editor-edit": ["e@example.org"]}


def test_the_import_fixture_shares_the_budget_out(imported: Imported) -> None:
    hard = [
        one["spec"]["hard"]
        for address, one in imported.objects.items()
        if address.startswith("ResourceQuota/")
    ]
    assert hard == [{"pods": "5", "requests.cpu": "1", "requests.memory": "2Gi"}] * 4


def test_the_import_fixture_hands_its_rules_to_admission(imported: Imported) -> None:
    t1 = imported.name
    policies = {
        address: one["spec"]
        for address, one in imported.objects.items()
        if address.startswith("TenantPolicy/")
    }
    assert len(policies) == 4
    found = policies[f"TenantPolicy/{t1}-dev/tenant-policy"]
    assert found["members"] == {
        "users": ["e@example.org", "o@example.org", "v@example.org"],
        "groups": ["g-ed", "g-own", "g-view"],
    }
    assert len(found["namespaces"]) == 4
    rules = {
        "tenant": t1,
        "storageClasses": {"allowed": ["fast"]},
        "ingressClasses": {"allowed": ["nginx", ""]},
        "podPriorityClasses": {"allowed": [""]},
        "serviceAccounts": {"denied": ["default"]},
        "imageRegistries": {"allowed": ["ghcr.io", ""]},
        "hostValidationConfig": {
            "allowed": ["*.x.example.org"],
            "allowedRegex": r"^[a-z0-9-]+\.y\.example\.org$",
            "denyWildcards": False,
        },
        "network": {"disableNodePortServices": False, "disableHostPorts": False},
    }
    assert {key: found[key] for key in rules} == rules


def test_the_import_fixture_lets_members_see_their_classes_only(imported: Imported) -> None:
    storage, ingress = imported.rules("storageclasses"), imported.rules("ingressclasses")
    assert storage == [
        {
            "apiGroups": ["storage.k8s.io"],
            "resources": ["storageclasses"],
            "resourceNames": ["fast"],
            "verbs": ["get"],
        }
    ]
    assert (ingress[0]["resourceNames"], ingress[0]["verbs"]) == (["nginx"], ["get"])
    assert f"ClusterRole/mto:{imported.name}:priorityclasses" not in imported.objects


def test_the_import_fixture_is_shown_in_the_cluster_as_it_was_written(imported: Imported) -> None:
    shown = imported.objects[f"Tenant/{imported.name}"]
    assert shown["metadata"]["labels"]["stakater.com/mattermost"] == "true"
    assert shown["metadata"]["annotations"]["mto.stakater.com/declared-in"] == "import.yaml"
    assert shown["spec"]["desc"] == "all fields"
    assert steps(imported.project.data("up", "--refresh", imported.name)) == {}


@pytest.mark.parametrize(
    ("classes", "rules"),
    [
        pytest.param(None, [], id="absent: not governed, no right"),
        pytest.param({}, ["get", "list", "watch"], id="{}: all, with the right to list them"),
        pytest.param({"allowed": []}, ["get", "list", "watch"], id="an empty list: the same"),
    ],
)
def test_an_absent_field_of_classes_gives_no_right_and_an_empty_one_gives_all(
    project: Project, kubectl: KubectlAs, classes: Any, rules: list[str]
) -> None:
    name = unique("classy")
    user = f"{name}@example.org"
    given = {} if classes is None else {"storageClasses": classes}
    one = tenant(name, "dev", quota=name, accessControl=members(owners=[user]), **given)
    project.declare(quota(name), one)
    assert project("up").code == 0
    report = project.data("explain", "--user", user)
    cluster_wide = [one["cluster_role"] for one in report if not one["namespace"]]
    classes_of = [f"mto:{name}:storageclasses"] if rules else []
    assert cluster_wide == [f"mto:{name}:namespaces", *classes_of]
    person = kubectl(user)
    until(lambda: person("-n", f"{name}-dev", "get", "pods").code == 0)
    assert person("get", "storageclasses").code == (0 if rules else 1)
    assert person("get", "ingressclasses").code == 1


def test_a_namespace_of_another_tenant_is_refused_and_that_tenant_named(project: Project) -> None:
    project.declare(
        quota("q1"),
        tenant("blue", "dev", quota="q1", accessControl=members(owners=["anna"])),
        tenant(
            "red",
            quota="q1",
            accessControl=members(owners=["rosa"]),
            namespaces={"withoutTenantPrefix": ["blue-dev"]},
        ),
    )
    answer = project("check")
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr == (
        "tenants/all.yaml:33: spec.namespaces.withoutTenantPrefix[0]: namespace 'blue-dev' is "
        "taken by tenant 'blue' (tenants/all.yaml:18 spec.namespaces.withTenantPrefix[0])\n"
    )
    refused = project("up")
    assert (refused.code, refused.stderr) == (2, answer.stderr)
    assert not (project.root / ".state").exists()
