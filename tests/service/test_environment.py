from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from mto.local.paths import Home
from mto.service.environment import Environment, Overrides, find_root, load
from mto.service.errors import DottedEnvironment, SettingsError, UnknownEnvironment

KEYS = (
    "mto:tenants, mto:kubeconfig, mto:context, mto:inCluster, mto:localCluster, mto:resources, "
    "mto:service, mto:members, mto:prune"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: mto\n")
    return tmp_path


def read(
    root: Path,
    text: str,
    name: str = "dev",
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Overrides | None = None,
) -> Environment:
    (root / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    return load(name, root=root, environ=environ or {}, overrides=overrides)


# ---- settings ------------------------------------------------------------------------------------


def test_paths_are_relative_to_the_project(root: Path) -> None:
    found = read(root, "config: {mto:tenants: teams, mto:kubeconfig: k8s/config, mto:context: a}")
    assert found == Environment(
        "dev",
        root,
        root / "teams",
        f"file://{root}/.state",
        kubeconfig=root / "k8s/config",
        context="a",
    )


def test_a_path_may_begin_at_home_or_be_absolute(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    text = "config: {mto:tenants: /etc/mto/tenants, mto:kubeconfig: ~/.kube/config}"
    found = read(root, text)
    assert found.kubeconfig == Path("/somewhere/.kube/config")
    assert found.tenants == Path("/etc/mto/tenants")


def test_tenants_are_named_as_a_person_in_the_folder_would_write_them(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert read(root, "config: {mto:inCluster: true}").tenants == Path("tenants")


def test_settings_of_other_programs_are_none_of_ours(root: Path) -> None:
    found = read(root, "config: {kubernetes:context: x, mto:inCluster: 'true', other: [1]}")
    assert found.kubeconfig is None
    assert found.context is None


def test_inside_a_cluster_no_kubeconfig_is_looked_for(root: Path) -> None:
    found = read(root, "config: {mto:inCluster: true, mto:kubeconfig: x}")
    assert found.kubeconfig is None


def test_the_salt_and_pruning_are_read(root: Path) -> None:
    text = "encryptionsalt: v1:abc\nconfig: {mto:inCluster: true, mto:prune: true}"
    found = read(root, text)
    assert (found.salt, found.prune) == ("v1:abc", True)


def test_the_state_lies_where_pulumi_s_own_variable_says(root: Path) -> None:
    environ = {"PULUMI_BACKEND_URL": "file:///var/lib/mto"}
    found = read(root, "config: {mto:inCluster: true}", environ=environ)
    assert found.backend_url == "file:///var/lib/mto"


def test_the_command_line_wins(root: Path) -> None:
    over = Overrides(Path("/etc/other"), "b", Path("here"))
    text = "config: {mto:tenants: teams, mto:kubeconfig: k8s/config, mto:context: a}"
    found = read(root, text, overrides=over)
    assert (found.kubeconfig, found.context) == (Path("/etc/other"), "b")
    assert found.tenants == Path("here")


def test_a_kubeconfig_on_the_command_line_is_enough(root: Path) -> None:
    found = read(root, "config: {}", overrides=Overrides(Path("/etc/other")))
    assert found.kubeconfig == Path("/etc/other")


def test_the_local_environment_takes_the_local_control_plane(root: Path) -> None:
    assert read(root, "", "local").kubeconfig == Home("mto").kubeconfig
    named = read(root, "", "local", environ={"MTO_LOCAL_NAME": "mine"})
    assert named.kubeconfig == Home("mine").kubeconfig
    chosen = read(root, "config: {mto:localCluster: other}")
    assert chosen.kubeconfig == Home("other").kubeconfig


def test_plans_know_what_was_consented_to(root: Path) -> None:
    found = read(root, "config: {mto:kubeconfig: k8s/config}")
    settings = found.settings(frozenset({"blue-old"}))
    assert settings.environment == "dev"
    assert settings.kubeconfig == str(root / "k8s/config")
    assert settings.delete_namespaces == {"blue-old"}
    assert read(root, "config: {mto:inCluster: true}").settings().kubeconfig is None


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("[]", None, id="an empty list is as good as an empty file"),
        pytest.param("[a]", "must hold a mapping with the key 'config'", id="a list"),
        pytest.param("config: [a]", "config must be a mapping", id="config is a list"),
        pytest.param(
            "config: {mto:kubecfg: x}",
            f"config.mto:kubecfg: unknown setting; did you mean 'kubeconfig'?; allowed: {KEYS}",
            id="a misspelt setting",
        ),
        pytest.param(
            "config: {mto:colour: x}",
            f"config.mto:colour: unknown setting; allowed: {KEYS}",
            id="an unknown setting",
        ),
        pytest.param(
            "config: {mto:context: 5, mto:inCluster: true}",
            "config.mto:context: 5 is no text",
            id="a number for a text",
        ),
        pytest.param(
            "config: {mto:prune: maybe, mto:inCluster: true}",
            "config.mto:prune: 'maybe' is neither true nor false",
            id="no flag",
        ),
        pytest.param(
            "config: {mto:prune: 1, mto:inCluster: true}",
            "config.mto:prune: 1 is neither true nor false",
            id="a number for a flag",
        ),
        pytest.param(
            "config: {}",
            "no cluster: set mto:kubeconfig (and mto:context), mto:inCluster or "
            "mto:localCluster, or give --kubeconfig",
            id="no cluster",
        ),
        pytest.param(
            "config: {mto:kubeconfig: {secure: v1:abc}}",
            "config.mto:kubeconfig: {'secure': 'v1:abc'} is no text",
            id="a sealed setting",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_setting(
    root: Path, text: str, problem: str | None
) -> None:
    with pytest.raises(SettingsError) as error:
        read(root, text)
    expected = problem or (
        "no cluster: set mto:kubeconfig (and mto:context), mto:inCluster or mto:localCluster, "
        "or give --kubeconfig"
    )
    assert str(error.value) == f"stacks/Pulumi.dev.yaml: {expected}"


def test_a_file_that_is_no_yaml_is_said_with_its_line(root: Path) -> None:
    with pytest.raises(SettingsError) as error:
        read(root, "config: {\n")
    assert str(error.value).startswith("stacks/Pulumi.dev.yaml: can't be read: ")
    assert "line 2" in str(error.value)


def test_an_environment_without_a_file_is_told_with_those_that_have_one(root: Path) -> None:
    read(root, "config: {mto:inCluster: true}")
    with pytest.raises(UnknownEnvironment) as error:
        load("prod", root=root, environ={})
    assert str(error.value) == (
        "environment 'prod' has no file stacks/Pulumi.prod.yaml; known environments: dev"
    )


# ---- the project ---------------------------------------------------------------------------------


def test_the_project_is_the_nearest_folder_upwards_that_says_so(root: Path) -> None:
    inner = root / "tenants" / "blue"
    inner.mkdir(parents=True)
    assert find_root(inner) == root
    assert find_root(root) == root


def test_without_one_it_is_where_we_are(tmp_path: Path) -> None:
    assert find_root(tmp_path) == tmp_path


def test_other_manifests_than_the_environment_s_prune_nothing_unasked(root: Path) -> None:
    text = "config: {mto:inCluster: true, mto:prune: true}"
    assert not read(root, text, overrides=Overrides(tenants=root / "one.yaml")).prune


def test_a_stack_of_a_tenant_is_no_environment(root: Path) -> None:
    with pytest.raises(DottedEnvironment):
        read(root, "config: {mto:inCluster: true}", "dev.blue")


def test_the_project_s_own_functions_must_be_there(root: Path) -> None:
    (root / "own.py").write_text("")
    assert read(root, "config: {mto:localCluster: a, mto:resources: own.py}").resources == "own.py"
    assert read(root, "config: {mto:localCluster: a, mto:resources: own}").resources == "own"
    with pytest.raises(SettingsError) as error:
        read(root, "config: {mto:localCluster: a, mto:resources: other.py}")
    assert str(error.value) == (
        "stacks/Pulumi.dev.yaml: config.mto:resources: there is no file 'other.py'"
    )


# ---- the service ---------------------------------------------------------------------------------

SERVICE = """
config:
  mto:kubeconfig: somewhere
  mto:context: a
  mto:prune: true
  mto:service:
    image: mto:1
    git: {repository: "https://git.example.org/tenants.git", path: live}
    state: {secret: mto-state}
encryptionsalt: v1:x
"""


def test_the_service_gets_the_settings_as_they_are_within_the_cluster(root: Path) -> None:
    found = read(root, SERVICE)
    assert found.service is not None
    assert found.settings().service == found.service
    within = yaml.safe_load(found.service.settings)
    assert within["encryptionsalt"] == "v1:x"
    assert set(within["config"]) == {"mto:prune", "mto:service", "mto:inCluster", "mto:tenants"}
    assert within["config"]["mto:tenants"] == "/manifests/current/live"
    again = read(root, found.service.settings)
    assert again.kubeconfig is None
    assert again.service == found.service


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("yes", "config.mto:service: True is no mapping", id="no mapping"),
        pytest.param(
            "{image: a, git: {repository: b, branch: c}, state: {secret: d}}",
            "config.mto:service.git.branch: unknown field; known here: repository, ref, path, "
            "secret, image",
            id="an unknown field",
        ),
        pytest.param(
            "{git: {repository: b}, state: {secret: d}}",
            "config.mto:service.image: required, but missing",
            id="a missing field",
        ),
    ],
)
def test_what_is_wrong_about_it_is_named(root: Path, given: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(root, f"config: {{mto:kubeconfig: a, mto:service: {given}}}")
    assert str(caught.value) == f"stacks/Pulumi.dev.yaml: {said}"
