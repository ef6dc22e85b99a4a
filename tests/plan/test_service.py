"""The service as objects of the platform."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mto.plan import platform
from mto.plan.build import Settings
from mto.plan.resource import Resource
from mto.plan.rights import manifests as rights
from mto.plan.service import manifests
from mto.spec.service import Deployed, Service
from mto.spec.world import World

GIT = {"repository": "https://git.example.org/tenants.git"}
DATABASE = {"image": "mto:1", "git": GIT, "state": {"secret": "mto-state"}}


def spec(**fields: Any) -> Service:
    return Service.model_validate({**DATABASE, **fields})


def made(**fields: Any) -> dict[str, dict[str, Any]]:
    """By kind; of several of a kind the last."""
    return {one["kind"]: one for one in manifests(Deployed(spec(**fields), "config: {}"), "prod")}


def pod(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = made(**fields)["Deployment"]["spec"]["template"]["spec"]
    return found


def environ(**fields: Any) -> dict[str, Any]:
    return {one["name"]: one for one in pod(**fields)["containers"][0]["env"]}


def planned(*, held: bool) -> dict[str, Resource]:
    settings = Settings("prod", service=Deployed(spec(), "config: {}", held=held))
    found = platform.plan(World(), settings=settings)
    return {one.name: one for one in found if one.type.endswith((":Deployment", ":Namespace"))}


def test_no_right_is_a_wildcard_but_to_read_our_own_group_and_none_gives_more() -> None:
    rules = [rule for one in rights() for rule in one.get("rules", ())]
    assert [rule for rule in rules if "*" in str(rule)] == [
        {"apiGroups": ["mto.stakater.com"], "resources": ["*"], "verbs": ["get"]}
    ]
    assert [rule for rule in rules if "escalate" in rule["verbs"]] == []
    (bound,) = (rule for rule in rules if "bind" in rule["verbs"])
    assert bound["resourceNames"] == ["admin", "edit", "view", "mto:namespace-owner"]


def test_every_container_is_locked_and_none_writes_to_its_root() -> None:
    assert [one["securityContext"] for one in pod()["containers"]] == [
        {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    ] * 2
    assert pod()["securityContext"]["runAsNonRoot"] is True


def test_with_a_database_two_stand_by_each_other() -> None:
    deployment = made()["Deployment"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (2, "RollingUpdate")
    assert environ()["PULUMI_BACKEND_URL"]["valueFrom"] == {
        "secretKeyRef": {"name": "mto-state", "key": "url"}
    }
    assert "PersistentVolumeClaim" not in made()


def test_with_a_volume_for_one_there_is_one() -> None:
    state = {"volume": {"size": "2Gi", "storageClassName": "fast"}}
    found = made(state=state)
    assert found["PersistentVolumeClaim"]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "2Gi"}},
        "storageClassName": "fast",
    }
    assert found["Deployment"]["spec"]["replicas"] == 1
    assert found["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    assert environ(state=state)["PULUMI_BACKEND_URL"]["value"] == "file:///state"
    shared = {"volume": {"accessMode": "ReadWriteMany"}}
    assert made(state=shared)["Deployment"]["spec"]["replicas"] == 2


def test_what_only_some_need_is_there_where_it_is_named() -> None:
    assert "PULUMI_CONFIG_PASSPHRASE" not in environ()
    assert environ(passphraseSecret="p")["PULUMI_CONFIG_PASSPHRASE"]["valueFrom"] == {
        "secretKeyRef": {"name": "p", "key": "passphrase"}
    }
    assert "envFrom" not in pod()["containers"][1]
    login = pod(git={**GIT, "secret": "mto-git"})["containers"][1]
    assert login["envFrom"] == [{"secretRef": {"name": "mto-git"}}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param(
            {"state": {}}, "name either secret (PostgreSQL) or volume", id="no place for the state"
        ),
        pytest.param(
            {"state": {"secret": "a", "volume": {}}},
            "name either secret (PostgreSQL) or volume",
            id="two places",
        ),
        pytest.param(
            {"state": {"volume": {}}, "replicas": 2},
            "replicas: several need a state that all of them reach: PostgreSQL, or a volume with "
            "accessMode ReadWriteMany",
            id="a volume for one and two replicas",
        ),
    ],
)
def test_what_can_t_work_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    assert said in str(caught.value)


def test_new_settings_restart_the_pods() -> None:
    def digest(text: str) -> str:
        *_, last = manifests(Deployed(spec(), text), "prod")
        found: str = last["spec"]["template"]["metadata"]["annotations"][
            "mto.stakater.com/settings"
        ]
        return found

    assert digest("config: {a: 1}") != digest("config: {a: 2}")


def test_the_service_leaves_its_own_objects_as_they_are_recorded() -> None:
    assert planned(held=False)["multi-tenant-operator/mto"].ignore_changes == ()
    own = planned(held=True)["multi-tenant-operator/mto"]
    assert set(own.ignore_changes) == own.inputs.keys() - {"apiVersion", "kind"}


def test_where_pods_run_the_namespace_is_restricted_and_elsewhere_left_alone() -> None:
    labels = planned(held=False)["multi-tenant-operator"].inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    bare = platform.plan(World(), settings=Settings("prod"))
    (home,) = (one for one in bare if one.type.endswith(":Namespace"))
    assert "pod-security" not in str(home.inputs)
    assert [one.name for one in bare if one.type.endswith(":Deployment")] == []
