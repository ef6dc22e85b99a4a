from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mto.engine.pulumi.errors import CliMissing, CliUnfit, PluginMissing
from mto.engine.pulumi.installation import Installation, Places, installation
from tests.support.fake import program


def places(tmp_path: Path, **environ: str) -> Places:
    return Places({"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), **environ}, tmp_path)


def found(where: Places) -> Installation:
    return asyncio.run(installation(where))


def cli(tmp_path: Path, body: str = "echo v3.260.0") -> Path:
    return program(tmp_path / "bin" / "pulumi", body)


def test_both_on_the_path_are_found(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi-resource-kubernetes", "exit")
    one = found(places(tmp_path)) if cli(tmp_path) else None
    assert one == Installation(tmp_path / "bin" / "pulumi", "3.260.0")


@pytest.mark.parametrize("home", ["", "elsewhere"])
def test_a_plug_in_of_this_version_in_pulumi_s_home_is_found(tmp_path: Path, home: str) -> None:
    cli(tmp_path)
    plugins = tmp_path / (home or ".pulumi") / "plugins"
    (plugins / "resource-kubernetes-v4.34.2").mkdir(parents=True)
    environ = {"PULUMI_HOME": str(tmp_path / home)} if home else {}
    assert found(places(tmp_path, **environ)).version == "3.260.0"


def test_a_plug_in_that_the_project_names_is_found(tmp_path: Path) -> None:
    cli(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(
        "plugins: {providers: [{name: kubernetes, path: own}, {name: random, path: r}]}"
    )
    assert found(places(tmp_path))


def test_no_cli_is_an_error_that_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CliMissing) as error:
        found(places(tmp_path))
    assert f"PATH ({tmp_path}/bin)" in str(error.value)


def test_no_plug_in_is_an_error_that_says_where_it_was_looked_for(tmp_path: Path) -> None:
    cli(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("plugins: {providers: [{name: kubernetes, path: own}]}")
    with pytest.raises(PluginMissing) as error:
        found(places(tmp_path))
    assert str(error.value) == (
        "Pulumi's plug-in for kubernetes 4.34.2 is missing; looked for in "
        f"{tmp_path}/own (Pulumi.yaml), pulumi-resource-kubernetes on the PATH, "
        f"{tmp_path}/.pulumi/plugins/resource-kubernetes-v4.34.2: install it with "
        "`pulumi plugin install resource kubernetes 4.34.2`"
    )


def test_the_path_counts_for_nothing_where_pulumi_is_told_to_ignore_it(tmp_path: Path) -> None:
    cli(tmp_path)
    program(tmp_path / "bin" / "pulumi-resource-kubernetes", "exit")
    with pytest.raises(PluginMissing):
        found(places(tmp_path, PULUMI_IGNORE_AMBIENT_PLUGINS="true"))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param("echo hello", "`pulumi version` printed 'hello'", id="another program"),
        pytest.param("echo v3.205.9", "it is Pulumi v3.205.9", id="too old"),
        pytest.param("exit 3", "`pulumi version` printed ''", id="nothing"),
    ],
)
def test_a_program_that_is_no_fit_cli_is_refused(tmp_path: Path, body: str, problem: str) -> None:
    path = cli(tmp_path, body)
    program(tmp_path / "bin" / "pulumi-resource-kubernetes", "exit")
    with pytest.raises(CliUnfit) as error:
        found(places(tmp_path))
    assert str(error.value) == (
        f"{path} can't be used: {problem}; MTO needs Pulumi 3.206.0 or newer"
    )
