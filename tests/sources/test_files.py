from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mto.errors import UsageError
from mto.sources.files import join, read_file, read_files, read_world
from mto.sources.yaml import read
from mto.spec.names import namespace_names
from mto.spec.problem import ManifestErrors
from mto.spec.schema import crds
from tests.support.manifests import QUOTA, TENANT

ROOT = Path(__file__).resolve().parents[2]
IMPORT = ROOT / "tests" / "fixtures" / "import.yaml"
OWNER = "accessControl: {owners: {users: [anna]}}"
GOOD = f"{TENANT}spec: {{quota: small, {OWNER}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; ``tenants`` in it holds a valid world."""
    monkeypatch.chdir(tmp_path)
    found = tmp_path / "tenants"
    found.mkdir()
    (found / "blue.yaml").write_text(GOOD)
    (found / "quotas.yml").write_text(f"{QUOTA}spec: {{}}\n")
    return found


def problems(path: Path = Path("tenants")) -> list[str]:
    with pytest.raises(ManifestErrors) as error:
        read_world(path)
    return str(error.value).splitlines()


@pytest.mark.usefixtures("folder")
def test_a_folder_is_read_with_its_paths_as_the_user_gave_them() -> None:
    world = read_world(Path("tenants"))
    assert world.tenants["blue"].origin.at("spec", "quota") == "tenants/blue.yaml:4 spec.quota"
    assert world.warnings == ()


def test_folders_within_are_read_and_hidden_ones_are_not(folder: Path) -> None:
    (folder / "teams" / "a").mkdir(parents=True)
    (folder / "teams" / "a" / "green.yaml").write_text(GOOD.replace("blue", "green"))
    (folder / ".git").mkdir()
    (folder / ".git" / "red.yaml").write_text("nonsense: [")
    (folder / ".hidden.yaml").write_text("nonsense: [")
    (folder / "README.md").write_text("# no manifest")
    assert list(read_world(folder).tenants) == ["blue", "green"]


def test_links_that_lead_back_are_followed_once(folder: Path) -> None:
    (folder / "again").symlink_to(folder)
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    assert list(read_world(folder).tenants) == ["blue"]


def test_files_of_a_mounted_configmap_are_read_once(folder: Path) -> None:
    (folder / "..2026").mkdir()
    (folder / "..2026" / "red.yaml").write_text(GOOD.replace("blue", "red"))
    (folder / "..data").symlink_to("..2026")
    (folder / "red.yaml").symlink_to("..data/red.yaml")
    assert list(read_world(folder).tenants) == ["blue", "red"]


def test_one_file_can_be_read_by_itself() -> None:
    world = read_world(IMPORT)
    assert namespace_names(world.tenants["t1"].value) == (
        "t1-dev",
        "shared-t1",
        "t1-o-example-sandbox",
        "t1-e-example-sandbox",
    )


@pytest.mark.usefixtures("folder")
def test_a_missing_folder_is_told() -> None:
    with pytest.raises(UsageError) as error:
        read_world(Path("tenets"))
    assert str(error.value) == "tenets: no such file or folder; manifests are read from there"


def test_everything_wrong_is_told_at_once_sorted_by_file_and_line(folder: Path) -> None:
    (folder / "a.yaml").write_text(
        f"{TENANT.replace('blue', 'red')}spec:\n  quota: smal\n  {OWNER}\n"
    )
    (folder / "b.yaml").write_text(
        f"{TENANT.replace('blue', 'green')}spec:\n"
        "  accessControl:\n    owner: {}\n  quota: small\n  desc: 5\n"
    )
    assert problems() == [
        "tenants/a.yaml:5: spec.quota: quota 'smal' is not declared; did you mean 'small'?",
        "tenants/b.yaml:6: spec.accessControl.owner: unknown field; did you mean 'owners'?",
        "tenants/b.yaml:8: spec.desc: must be text, not the number 5; put it in quotes",
    ]


def test_what_a_broken_file_may_declare_is_not_missed_elsewhere(folder: Path) -> None:
    (folder / "quotas.yml").write_text("a: [\n")
    assert problems() == ["tenants/quotas.yml:2: no YAML: did not find expected node content"]


def test_an_invalid_quota_is_not_reported_as_a_missing_one_as_well(folder: Path) -> None:
    (folder / "quotas.yml").write_text(f"{QUOTA}spec: {{resources: 1}}\n")
    assert problems() == [
        "tenants/quotas.yml:4: spec.resources: unknown field; did you mean 'resourcequota'?"
    ]


def test_a_foreign_manifest_hides_no_missing_quota(folder: Path) -> None:
    (folder / "quotas.yml").write_text("{apiVersion: v1, kind: Secret, data: {a: c2VjcmV0}}\n")
    assert [line.split(": ")[1:3] for line in problems()] == [
        ["spec.quota", "quota 'small' is not declared; declared quotas"],
        [
            "kind",
            (
                "v1 Secret is none of MTO's kinds (Tenant, Quota, IntegrationConfig, Extensions, "
                "and those of its templates, hibernation, dependencies, auth, finops and "
                "telemetry); "
                "apply it with kubectl, from another folder"
            ),
        ],
    ]
    assert "c2VjcmV0" not in "".join(problems())


def test_a_file_without_manifest_is_a_warning(folder: Path) -> None:
    (folder / "empty.yaml").write_text("")
    (folder / "later.yaml").write_text("# to come\n---\n")
    assert read_world(Path("tenants")).warnings == (
        "tenants/empty.yaml: is empty; nothing is declared here",
        "tenants/later.yaml: holds no manifest; nothing is declared here",
    )


def test_a_folder_without_manifests_is_an_empty_world(tmp_path: Path) -> None:
    assert read_world(tmp_path).tenants == {}


def test_a_file_that_is_too_long_is_not_read(folder: Path) -> None:
    with (folder / "big.yaml").open("wb") as file:
        file.truncate(5_000_000)
    assert problems() == [
        (
            "tenants/big.yaml: 5,000,000 bytes long; a file may have 1,048,576. Split it into "
            "several "
            "files"
        )
    ]


def test_a_link_to_nothing_is_told(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    assert problems() == ["tenants/gone.yaml: can't be read: No such file or directory"]


def test_a_file_that_may_not_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    found = read_file(folder / "blue.yaml")
    assert [one.message for one in found.problems] == ["can't be read: Permission denied"]
    assert found.read is False


def test_a_folder_that_may_not_be_listed_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "locked").mkdir()
    listed = os.scandir

    def scandir(path: Path) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (told,) = problems()
    assert told.startswith("tenants/locked: can't be read: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    assert list(read_world(folder).tenants) == ["blue"]


def test_a_broken_file_is_kept_apart_from_the_others(folder: Path) -> None:
    (folder / "red.yaml").write_text(f"{TENANT.replace('blue', 'red')}spec: {{quota: 5}}\n")
    results = {one.path.name: one for one in read_files(folder)}
    assert [name for name, one in results.items() if one.problems] == ["red.yaml"]
    world, wrong = join(results.values())
    assert wrong == ()
    assert list(world.tenants) == ["blue"]


# ---- the sample world ----------------------------------------------------------------------------


def test_the_sample_world_is_valid_and_warns_only_of_what_comes_later() -> None:
    world = read_world(ROOT / "tenants")
    assert list(world.tenants) == ["bluesky", "datalab", "payments", "shop"]
    assert "bluesky-anna-aurora-sandbox" in namespace_names(world.tenants["bluesky"].value)
    later = ("has no effect yet", "comes later")
    assert [one for one in world.warnings if not one.endswith(later)] == []


def fields(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name)
        yield from fields(inner.get("items", inner), (*path, name))


def used(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, list):
        for one in value:
            yield from used(one, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from used(inner, (*path, name))


OTHER_WAYS = (
    "spec.accessControl.members",  # of groups with sandboxes; here they are for users
    "spec.accessControl.namespaceAccessPolicy.privileged",  # another place of privileged
    "spec.components.dex.values",  # of what is External
    "spec.components.ingress.console.host",  # hosts of their own, instead of the shared one
    "spec.components.ingress.console.tlsSecretName",
    "spec.components.ingress.dex.host",
    "spec.components.ingress.dex.tlsSecretName",
    "spec.components.ingress.finopsGateway.host",
    "spec.components.ingress.finopsGateway.tlsSecretName",
    "spec.components.ingress.gateway.host",
    "spec.components.ingress.gateway.tlsSecretName",
    "spec.components.opencost.external",  # of what is Managed
    "spec.components.postgres.values",
    "spec.components.prometheus.values",
    "spec.components.showbackOpts.cloudIntegrationSecretRef",  # another name
    "spec.components.showbackOpts.custom",  # a list of prices
    "spec.integrations.keycloak",  # ignored
)
"""What one world can't sensibly say together with the rest."""


@pytest.mark.parametrize("kind", ["Tenant", "Quota", "IntegrationConfig", "Extensions"])
def test_the_sample_world_uses_every_field(kind: str) -> None:
    (crd,) = (one for one in crds() if one["spec"]["names"]["kind"] == kind)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    documents = [
        one.data
        for path in (ROOT / "tenants").glob("*.yaml")
        for one in read(path.name, path.read_bytes()).documents
    ]
    seen = {path for one in documents if one["kind"] == kind for path in used(one)}
    unused = {".".join(path) for path in fields(schema) if path[0] == "spec" and path not in seen}
    assert sorted(path for path in unused if not path.startswith(OTHER_WAYS)) == []
