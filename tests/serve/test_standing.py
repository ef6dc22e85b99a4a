from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mto.plan.labels import is_copy
from mto.serve.standing import Standing, combine
from mto.sources.files import FileResult, read_file
from tests.support import manifests

BLUE = manifests.TENANT + "spec: {quota: small}\n"
RED = BLUE.replace("{name: blue}", "{name: red}")
SMALL = manifests.QUOTA + "spec: {resourcequota: {hard: {pods: 10}}}\n"
CONFIG = manifests.CONFIG + "spec: {metadata: {namespaces: {labels: {a: b}}}}\n"
BROKEN = BLUE.replace("quota: small", "quote: small")
NONSENSE = "a: [b\n"


class Files:
    """Files of a folder, written and read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.standing = Standing()
        self.live: list[dict[str, Any]] = []
        self.results: dict[str, FileResult] = {}

    def write(self, **texts: str) -> Standing:
        for name, text in texts.items():
            path = self.folder / f"{name}.yaml"
            path.write_text(text)
            self.results[name] = read_file(path)
        return self.combine()

    def remove(self, name: str) -> Standing:
        del self.results[name]
        return self.combine()

    def combine(self) -> Standing:
        self.standing = combine(self.results.values(), self.live, self.standing)
        return self.standing


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def custom(kind: str, name: str, spec: Any, version: str = "v1beta3", **meta: Any) -> Any:
    return {
        "apiVersion": f"tenantoperator.stakater.com/{version}",
        "kind": kind,
        "metadata": {"name": name, "uid": "1", "generation": 1, **meta},
        "spec": spec,
    }


def copy(kind: str, name: str, spec: Any, file: str, version: str = "v1beta3") -> Any:
    return custom(
        kind,
        name,
        spec,
        version,
        labels={"mto.stakater.com/managed": "true", "stakater.com/tenant": name, "team": "a"},
        annotations={"mto.stakater.com/declared-in": file, "pulumi.com/patchFieldManager": "mto"},
    )


def test_good_files_are_in_force(files: Files) -> None:
    standing = files.write(blue=BLUE, quotas=SMALL)
    assert set(standing.world.tenants) == {"blue"}
    assert (standing.said, standing.loose, standing.frozen) == ({}, (), frozenset())


def test_a_broken_file_affects_its_tenants_only_and_their_last_good_version_stays(
    files: Files,
) -> None:
    good = files.write(blue=BLUE, red=RED, quotas=SMALL).world.tenants["blue"]
    standing = files.write(blue=BROKEN)
    assert standing.world.tenants["blue"] is good
    assert set(standing.said) == {("Tenant", "blue")}
    told = [one.partition("blue.yaml:")[2] for one in standing.said[("Tenant", "blue")]]
    assert told == [
        "4: spec.quota: required, but missing",
        "4: spec.quote: unknown field; did you mean 'quota'?",
    ]


def test_a_mended_file_is_in_force_again(files: Files) -> None:
    files.write(blue=BLUE, quotas=SMALL)
    files.write(blue=BROKEN)
    standing = files.write(blue=BLUE.replace("small}", "small, desc: mended}"))
    assert standing.world.tenants["blue"].value.spec.desc == "mended"
    assert standing.said == {}


def test_a_good_manifest_beside_a_broken_one_counts(files: Files) -> None:
    files.write(both=f"{BLUE}---\n{RED}", quotas=SMALL)
    changed = RED.replace("small}", "small, desc: new}")
    standing = files.write(both=f"{BROKEN}---\n{changed}")
    assert standing.world.tenants["red"].value.spec.desc == "new"
    assert set(standing.world.tenants) == {"blue", "red"}


def test_an_unreadable_file_keeps_everything_that_it_declared(files: Files) -> None:
    files.write(both=f"{BLUE}---\n{RED}", quotas=SMALL)
    standing = files.write(both=NONSENSE)
    assert set(standing.world.tenants) == {"blue", "red"}
    assert set(standing.said) == {("Tenant", "blue"), ("Tenant", "red")}
    assert not standing.unsure


def test_a_tenant_that_never_had_a_good_version_is_frozen_and_not_vanished(files: Files) -> None:
    standing = files.write(blue=BROKEN, red=RED, quotas=SMALL)
    assert set(standing.world.tenants) == {"red"}
    assert standing.frozen == {"blue"}
    assert standing.declares("blue")
    assert not standing.declares("green")


def test_while_a_file_is_a_riddle_nobody_has_vanished(files: Files) -> None:
    standing = files.write(red=RED, quotas=SMALL, config=CONFIG, riddle=NONSENSE)
    assert standing.unsure
    assert standing.declares("green")
    assert set(standing.world.tenants) == {"red"}
    assert "riddle.yaml" in standing.loose[0]


def test_a_removed_manifest_is_gone_and_not_kept_as_the_last_good_one(files: Files) -> None:
    files.write(both=f"{BLUE}---\n{RED}", quotas=SMALL)
    assert not files.write(both=RED).declares("blue")
    assert not files.remove("both").declares("red")


def test_after_a_restart_the_copies_in_the_cluster_are_the_last_good_version(
    files: Files,
) -> None:
    files.live = [copy("Tenant", "blue", {"quota": "small", "desc": "before"}, "blue.yaml")]
    standing = files.write(blue=BROKEN, quotas=SMALL)
    blue = standing.world.tenants["blue"]
    assert blue.value.spec.desc == "before"
    assert blue.value.metadata.labels == {"team": "a"}
    assert blue.value.metadata.annotations == {}
    assert not blue.origin.in_cluster


def test_a_quota_that_can_t_be_read_freezes_its_tenants(files: Files) -> None:
    standing = files.write(blue=BLUE, quotas=SMALL.replace("hard", "hart"))
    assert standing.frozen == {"blue"}
    assert standing.said[("Tenant", "blue")] == ("quota 'small' is declared, but can't be read",)


def test_a_broken_quota_stays_as_it_was(files: Files) -> None:
    files.write(blue=BLUE, quotas=SMALL)
    standing = files.write(quotas=SMALL.replace("hard", "hart"))
    assert standing.world.quotas["small"].value.spec.resourcequota.hard == {"pods": "10"}
    assert set(standing.world.tenants) == {"blue"}


def test_settings_that_can_t_be_read_stop_everybody(files: Files) -> None:
    standing = files.write(
        blue=BLUE, quotas=SMALL, config=CONFIG.replace("metadata: {n", "meta: {n")
    )
    assert standing.frozen == {"blue"}
    assert standing.said[("Tenant", "blue")] == (
        "the IntegrationConfig is declared, but can't be read: nothing is changed until it can",
    )


def test_broken_settings_stay_as_they_were(files: Files) -> None:
    good = files.write(blue=BLUE, quotas=SMALL, config=CONFIG).world.config
    standing = files.write(config=CONFIG.replace("metadata: {n", "meta: {n"))
    assert standing.world.config == good
    assert set(standing.world.tenants) == {"blue"}


def test_an_unknown_quota_leaves_the_tenant_s_last_good_version_in_force(files: Files) -> None:
    files.write(blue=BLUE, quotas=SMALL)
    standing = files.write(blue=BLUE.replace("small", "huge"))
    assert standing.world.tenants["blue"].value.spec.quota == "small"
    (said,) = standing.said[("Tenant", "blue")]
    assert said.endswith("spec.quota: quota 'huge' is not declared; declared quotas: small")


def test_a_newcomer_that_wants_the_namespace_of_another_tenant_is_the_one_that_is_wrong(
    files: Files,
) -> None:
    first = BLUE.replace("small}", "small, namespaces: {withTenantPrefix: [dev]}}")
    files.write(blue=first, quotas=SMALL)
    thief = RED.replace("name: red", "name: aaa").replace(
        "small}", "small, namespaces: {withoutTenantPrefix: [blue-dev]}}"
    )
    standing = files.write(aaa=thief)
    assert set(standing.world.tenants) == {"blue"}
    assert standing.frozen == {"aaa"}
    assert set(standing.said) == {("Tenant", "aaa")}


def test_of_a_tenant_declared_twice_the_first_counts(files: Files) -> None:
    standing = files.write(a=BLUE, b=BLUE.replace("small}", "small, desc: second}"), quotas=SMALL)
    assert standing.world.tenants["blue"].value.spec.desc == ""
    (said,) = standing.said[("Tenant", "blue")]
    assert "Tenant 'blue' is declared twice; first in" in said


def test_custom_resources_are_declarations_too(files: Files) -> None:
    files.live = [custom("Tenant", "blue", {"quota": "small"})]
    standing = files.write(quotas=SMALL)
    assert standing.world.tenants["blue"].origin.in_cluster
    assert standing.world.tenants["blue"].origin.at("spec") == "Tenant blue in the cluster spec"


def test_a_file_wins_over_a_custom_resource(files: Files) -> None:
    files.live = [custom("Tenant", "blue", {"quota": "small", "desc": "theirs"})]
    standing = files.write(blue=BLUE, quotas=SMALL)
    assert standing.world.tenants["blue"].value.spec.desc == ""
    assert not standing.world.tenants["blue"].origin.in_cluster


def test_a_copy_declares_nothing(files: Files) -> None:
    files.live = [copy("Tenant", "blue", {"quota": "small"}, "blue.yaml")]
    assert is_copy(files.live[0])
    assert files.write(quotas=SMALL).world.tenants == {}


def test_a_custom_resource_that_is_going_declares_nothing(files: Files) -> None:
    files.live = [custom("Tenant", "blue", {"quota": "small"}, deletionTimestamp="now")]
    assert files.write(quotas=SMALL).world.tenants == {}


def test_a_broken_custom_resource_keeps_its_last_good_version(files: Files) -> None:
    files.live = [custom("Tenant", "blue", {"quota": "small"})]
    good = files.write(quotas=SMALL).world.tenants["blue"]
    files.live = [custom("Tenant", "blue", {"quote": "small"})]
    standing = files.combine()
    assert standing.world.tenants["blue"] is good
    assert standing.said[("Tenant", "blue")] == (
        "Tenant blue in the cluster: spec.quota: required, but missing",
        "Tenant blue in the cluster: spec.quote: unknown field; did you mean 'quota'?",
    )


def test_settings_in_a_file_win_over_those_in_the_cluster(files: Files) -> None:
    files.live = [
        custom(
            "IntegrationConfig",
            "tenant-operator-config",
            {},
            "v1beta1",
            namespace="multi-tenant-operator",
        )
    ]
    assert files.combine().world.config.origin.in_cluster
    assert not files.write(config=CONFIG).world.config.origin.in_cluster
