"""Manners of the command line: data alone on stdout, codes that scripts can trust."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mto.local.cluster import Cluster as ControlPlane
from tests.support.mto import Project, members, quota, steps, tenant, unique

OLD_TENANT = """\
apiVersion: tenantoperator.stakater.com/v1beta2
kind: Tenant
metadata: {name: BLUE}
spec:
  quota: BLUE
  owners: {users: [anna@example.org]}
  viewers: {groups: [lookers]}
  namespaces: {withTenantPrefix: [dev]}
  onDelete: {cleanNamespaces: true}
  commonMetadata: {labels: {team: weather}}
"""


@pytest.fixture(scope="module")
def up(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with one tenant that is up; its name is that of the folder."""
    name = unique("manners")
    project = Project(tmp_path_factory.mktemp("manners") / name, control_plane.kubeconfig)
    access = members(owners=[f"{name}@example.org"], editors=["erik@example.org"])
    project.declare(quota(name, pods=10), tenant(name, "dev", quota=name, accessControl=access))
    answer = project("up")
    assert answer.code == 0, answer.stderr
    return project


@pytest.mark.parametrize(
    "command",
    [
        "check",
        "preview",
        "up",
        "refresh BLUE --preview-only",
        "status",
        "status BLUE",
        "status --orphans",
        "explain Namespace/BLUE-dev",
        "explain --user BLUE@example.org",
        "state export BLUE",
        "destroy nobody-of-BLUE --yes",
    ],
)
def test_json_and_yaml_stand_alone_on_standard_output(up: Project, command: str) -> None:
    arguments = command.replace("BLUE", up.root.name).split()
    if command.startswith("destroy"):
        up.declare(tenant(arguments[1], quota=up.root.name), file="nobody.yaml")
    as_json, as_yaml = up(*arguments, "-o", "json"), up(*arguments, "-o", "yaml")
    (up.root / "tenants" / "nobody.yaml").unlink(missing_ok=True)
    assert (as_json.code, as_yaml.code) == (0, 0), as_json.stderr
    one, other = as_json.json, yaml.safe_load(as_yaml.stdout)
    for report in (one, other):
        if isinstance(report, dict):
            report.pop("seconds", None)
    assert one == other


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param(
            "preview -e nowhere",
            "mto: environment 'nowhere' has no file stacks/Pulumi.nowhere.yaml; known "
            "environments: dev\n",
            id="unknown environment",
        ),
        pytest.param(
            "preview nobdy",
            "mto: tenant 'nobdy' is not declared; declared tenants: BLUE\n",
            id="unknown tenant",
        ),
        pytest.param(
            "up BLUEx",
            "mto: tenant 'BLUEx' is not declared; did you mean 'BLUE'?; declared tenants: BLUE\n",
            id="misspelt tenant",
        ),
        pytest.param(
            "up -f nowhere",
            "mto: nowhere: no such file or folder; manifests are read from there\n",
            id="no manifests",
        ),
        pytest.param(
            "explain",
            "mto: name either an object (KIND/NAMESPACE/NAME) or a person (--user, --group)\n",
            id="nothing to explain",
        ),
        pytest.param(
            "explain Namespace/BLUE-dex",
            "mto: nothing called 'Namespace/BLUE-dex' is planned; did you mean "
            "'Namespace/BLUE-dev'?; write KIND/NAME or KIND/NAMESPACE/NAME, for example "
            "Namespace/blue-dev\n",
            id="unknown object",
        ),
        pytest.param(
            "destroy BLUE", "mto: nobody is there to ask; consent with --yes\n", id="no consent"
        ),
        pytest.param(
            "state export nobody",
            "mto: stack 'dev.nobody' does not exist; stacks: dev, dev.BLUE\n",
            id="no such stack",
        ),
        pytest.param(
            "up --kubeconfig nowhere",
            None,
            id="no such kubeconfig",
        ),
    ],
)
def test_a_wrong_request_is_answered_with_one_sentence_and_exit_code_2(
    up: Project, command: str, message: str | None
) -> None:
    name = up.root.name
    before = up.files()
    answer = up(*command.replace("BLUE", name).split())
    assert (answer.code, answer.stdout) == (2, ""), answer.stderr
    assert "Traceback" not in answer.stderr
    if message is not None:
        assert answer.stderr == message.replace("BLUE", name)
    assert up.files() == before


def test_without_an_environment_the_person_is_told_how_to_name_one(up: Project) -> None:
    answer = up("preview", MTO_ENVIRONMENT="", MTO_LOCAL_NAME="no-such-cluster")
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr == (
        "mto: no environment: name one with -e (a file stacks/Pulumi.<environment>.yaml), or start "
        "a local control plane with `mto local up`\n"
    )


def test_an_unknown_setting_is_refused_with_the_nearest_known_one(up: Project) -> None:
    up.configure(tennants="tenants")
    answer = up("preview")
    up.configure()
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(
        "mto: stacks/Pulumi.dev.yaml: config.mto:tennants: unknown setting; did you mean 'tenants'?"
    )


def test_a_wrong_manifest_is_told_with_file_line_and_field_by_every_command(up: Project) -> None:
    path = up.root / "tenants" / "wrong.yaml"
    path.write_text(yaml.safe_dump(tenant("wrong", quota=up.root.name, quotas="x")))
    try:
        for command in ("check", "preview", "up", "status"):
            answer = up(command)
            assert (answer.code, answer.stdout) == (2, "")
            assert answer.stderr.startswith("tenants/wrong.yaml:"), answer.stderr
            assert "spec.quotas: unknown field; did you mean 'quota'?" in answer.stderr
        told = up.data("check", code=2)
        assert told["ok"] is False
        assert told["problems"][0]["field"] == "spec.quotas"
    finally:
        path.unlink()


def test_changes_where_none_are_expected_end_with_exit_code_1(up: Project) -> None:
    assert up("preview", "--expect-no-changes").code == 0
    assert up("up", "--expect-no-changes").code == 0
    name = unique("more")
    up.declare(tenant(name, "dev", quota=up.root.name), file="more.yaml")
    assert up("preview", "--expect-no-changes").code == 1
    answer = up("up", "--expect-no-changes")
    assert answer.code == 1
    assert "mto: changes were made where none were expected" in answer.stderr
    (up.root / "tenants" / "more.yaml").unlink()
    assert up("destroy", name, "--yes").code == 0


def test_an_object_is_explained_by_the_line_that_declares_it(up: Project) -> None:
    name = up.root.name
    told = up("explain", f"namespace/{name}-DEV").stdout
    assert told.startswith(f"Namespace/{name}-dev exists because of tenants/all.yaml:")
    found = up.data("explain", f"RoleBinding/{name}-dev/mto-owner-admin")
    assert found["stack"] == name
    assert found["because"].startswith("tenants/all.yaml:")
    assert found["manifest"]["subjects"][0]["name"] == f"{name}@example.org"


def test_a_person_is_explained_by_every_right_they_hold(up: Project) -> None:
    name = up.root.name
    (right,) = up.data("explain", "--user", "erik@example.org")
    assert (right["tenant"], right["namespace"], right["cluster_role"]) == (
        name,
        f"{name}-dev",
        "edit",
    )
    assert right["through"] == "user erik@example.org"
    nobody = up("explain", "--user", "otto@example.org")
    assert (nobody.code, nobody.stdout, nobody.stderr) == (
        0,
        "",
        "no tenant gives otto@example.org any right\n",
    )


def test_an_exported_state_can_be_imported_again(up: Project) -> None:
    name = up.root.name
    assert up("up").code == 0
    exported = up("state", "export", name)
    assert exported.json["deployment"]["manifest"]
    (up.stacks / f"dev.{name}.json").unlink()
    imported = up("state", "import", name, stdin=exported.stdout)
    assert (imported.code, imported.stdout) == (0, "")
    assert imported.stderr == "imported; `mto preview` shows what it means\n"
    again = up.data("state", "export", name)
    assert again["deployment"]["resources"] == exported.json["deployment"]["resources"]
    assert steps(up.data("preview")) == {}
    broken = up("state", "import", name, stdin="{}")
    assert (broken.code, broken.stderr) == (
        2,
        "mto: standard input is no exported deployment: it has no key 'deployment'\n",
    )


def test_an_older_tenant_is_converted_and_gives_the_same_objects(
    project: Project, tmp_path: Path
) -> None:
    name = unique("old")
    path = tmp_path / "tenants" / "old.yaml"
    path.write_text(OLD_TENANT.replace("BLUE", name))
    project.declare(quota(name), file="quota.yaml")
    before = steps(project.data("preview"))
    printed = project("convert", "tenants/old.yaml")
    (converted,) = yaml.safe_load_all(printed.stdout)
    assert converted["apiVersion"] == "tenantoperator.stakater.com/v1beta3"
    assert converted["spec"]["accessControl"]["owners"] == {"users": ["anna@example.org"]}
    assert converted["spec"]["namespaces"]["onDeletePurgeNamespaces"] is True
    assert project("convert", "--write", "tenants/old.yaml").code == 0
    assert yaml.safe_load(path.read_text()) == converted
    assert project("convert", "--write", "tenants/old.yaml").stderr.endswith(
        "already in the newest version\n"
    )
    assert steps(project.data("preview")) == before
    assert before[f"Namespace/{name}-dev"] == "create"
