"""``mto convert`` on files; what becomes of each field stands in ``tests/spec/convert``."""

from __future__ import annotations

from pathlib import Path

import pytest

from mto.sources.conversion import converted_file
from mto.spec.problem import ManifestErrors

OLD = """\
apiVersion: tenantoperator.stakater.com/v1beta2
kind: Tenant
metadata: {name: blue}
spec:
  quota: small
  owners: {users: [anna@example.org]}
  argocd: {sourceRepos: [https://git.example.org/blue]}
"""
NEW = """\
apiVersion: tenantoperator.stakater.com/v1beta1
kind: Quota
metadata: {name: small}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "t.yaml"
    path.write_text(text)
    return path


def test_old_documents_are_converted_and_the_others_kept_in_order(tmp_path: Path) -> None:
    found = converted_file(write(tmp_path, f"{NEW}---\n{OLD}"))
    assert found.changed
    assert [(one["kind"], one["apiVersion"].rsplit("/")[-1]) for one in found.manifests] == [
        ("Quota", "v1beta1"),
        ("Tenant", "v1beta3"),
        ("Extensions", "v1alpha1"),
    ]
    assert found.manifests[1]["spec"]["accessControl"] == {
        "owners": {"users": ["anna@example.org"]}
    }


def test_warnings_name_the_file_and_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, f"{NEW}---\n{OLD}")
    assert converted_file(path).warnings == (
        f"{path}:5: apiVersion: Tenant v1beta2 is read as v1beta3, with Extensions blue",
        (
            f"{path}:11: spec.argocd: v1beta2 deletes the AppProject with the tenant unless told "
            "otherwise, so the Extensions says onDeletePurgeAppProject: true"
        ),
    )


def test_a_file_of_newer_manifests_stays_as_it_is(tmp_path: Path) -> None:
    found = converted_file(write(tmp_path, NEW))
    assert not found.changed
    assert found.warnings == ()
    assert [one["kind"] for one in found.manifests] == ["Quota"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n- b\n", ":1: is no manifest: a mapping with apiVersion and kind is needed"),
        ("text", ":1: is no manifest: a mapping with apiVersion and kind is needed"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ManifestErrors) as error:
        converted_file(path)
    assert str(error.value) == f"{path}{problem}"


def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a: [\n")
    with pytest.raises(ManifestErrors) as error:
        converted_file(path)
    assert str(error.value).startswith(f"{path}:")


def test_a_file_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    path = tmp_path / "no.yaml"
    with pytest.raises(ManifestErrors) as error:
        converted_file(path)
    assert str(error.value) == f"{path}: can't be read: No such file or directory"


CONFIG = """\
apiVersion: tenantoperator.stakater.com/v1alpha1
kind: IntegrationConfig
metadata: {name: tenant-operator-config}
spec:
  openshift: {clusterAdminGroups: [cluster-admins]}
  provision: {console: false, showback: false}
"""


def test_an_older_config_is_rewritten(tmp_path: Path) -> None:
    path = write(tmp_path, f"{CONFIG}---\n{NEW}")
    found = converted_file(path)
    assert found.changed
    assert found.warnings == (
        f"{path}:1: apiVersion: IntegrationConfig v1alpha1 is read as v1beta1",
    )
    assert found.manifests[0] == {
        "apiVersion": "tenantoperator.stakater.com/v1beta1",
        "kind": "IntegrationConfig",
        "metadata": {"name": "tenant-operator-config"},
        "spec": {
            "accessControl": {"privileged": {"groups": ["cluster-admins"]}},
            "components": {"console": False, "showback": False},
        },
    }
    assert found.manifests[1]["kind"] == "Quota"


def test_what_can_t_be_converted_is_refused_and_nothing_is_rewritten(tmp_path: Path) -> None:
    path = write(tmp_path, CONFIG.replace("openshift", "openShift"))
    with pytest.raises(ManifestErrors) as error:
        converted_file(path)
    assert str(error.value) == (
        f"{path}:5: spec.openShift: unknown field; did you mean 'openshift'?"
    )
