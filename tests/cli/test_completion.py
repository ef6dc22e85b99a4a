"""What a shell is offered: the protocol of typer's scripts, spoken with the real program."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.state.checkpoint import Checkpoint, ResourceState
from mto.state.filebackend import FileBackend

SPACE = "kubernetes:core/v1:Namespace"
HEAVY = ("aiohttp", "cryptography", "psycopg", "pulumi", "pydantic")
"""What only running commands need."""


def tenant(name: str, *, version: str = "v1beta3", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"tenantoperator.stakater.com/{version}",
        "kind": "Tenant",
        "metadata": {"name": name},
        "spec": {"quota": "small", **spec},
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two tenants, one in the older version; stacks of these and of one that is gone."""
    for folder in ("stacks", "tenants/teams"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").write_text("name: mto\n")
    for name in ("dev", "prod"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {mto:kubeconfig: k}\n")
    anna = {"owners": {"users": ["anna@example.org"], "groups": ["leads"]}}
    manifests = [
        tenant("blue", accessControl=anna),
        tenant("bleu", version="v1beta2", editors={"users": ["erik@example.org"]}),
    ]
    (tmp_path / "tenants/teams/all.yaml").write_text(yaml.safe_dump_all(manifests))
    backend = FileBackend(f"file://{tmp_path}/.state")
    for stack, *names in (("dev.blue", "blue-dev", "blue-old"), ("dev.gone", "gone-dev")):
        backend.save(Checkpoint(stack, resources=tuple(space(stack, one) for one in names)))
    return tmp_path


def space(stack: str, name: str) -> ResourceState:
    inputs = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    urn = f"urn:pulumi:{stack}::mto::{SPACE}::{name}"
    return ResourceState(urn, SPACE, id=name, inputs=inputs)


def asked(folder: Path, shell: str, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The program's answer to the script that it installs for a shell."""
    words = line.split(" ")
    asking = {
        "_MTO_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    ours = ("MTO_", "PULUMI_")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "mto.cli.main"],
        cwd=folder,
        env=inherited | asking | {"MTO_CACHE_DIR": str(folder / "cache")} | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def offered(folder: Path, line: str, **environ: str) -> list[str]:
    answer = asked(folder, "bash", line, **environ)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("mto up -e dev ", ["bleu", "blue"], id="tenants"),
        pytest.param("mto up -e dev blu", ["blue"], id="that begin so"),
        pytest.param("mto preview -e dev blue ", ["bleu"], id="not named yet"),
        pytest.param("mto destroy -e dev ", ["bleu", "blue", "gone"], id="recorded ones as well"),
        pytest.param("mto state export -e dev g", ["gone"], id="whose record is asked for"),
        pytest.param("mto status -e ", ["dev", "prod"], id="environments"),
        pytest.param(
            "mto up -e dev --delete-namespace ",
            ["blue-dev", "blue-old", "gone-dev"],
            id="recorded namespaces",
        ),
        pytest.param(
            "mto up -e dev blue --delete-namespace blue-o", ["blue-old"], id="of one tenant"
        ),
        pytest.param(
            "mto explain -e dev --user ", ["anna@example.org", "erik@example.org"], id="users"
        ),
        pytest.param("mto explain -e dev --group ", ["leads"], id="groups"),
        pytest.param("mto up --ref", ["--refresh"], id="options"),
        pytest.param("mto loc", ["local"], id="commands"),
    ],
)
def test_names_of_the_project_are_offered(project: Path, line: str, words: list[str]) -> None:
    assert offered(project, line) == words


def test_each_shell_is_answered_in_its_own_way(project: Path) -> None:
    answers = {one: asked(project, one, "mto up -e dev ") for one in ("bash", "zsh", "fish")}
    assert {(one.returncode, one.stderr) for one in answers.values()} == {(0, "")}
    assert answers["bash"].stdout == "bleu\nblue\n"
    assert answers["zsh"].stdout == '_arguments \'*: :(("bleu"\n"blue"))\'\n'
    assert answers["fish"].stdout == "bleu\nblue\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_completes_with_the_script_that_is_installed(project: Path) -> None:
    line = """
        eval "$(mto --show-completion bash)"
        COMP_WORDS=(mto up -e dev "") COMP_CWORD=4
        _mto_completion mto
        echo "${COMPREPLY[@]}"
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=project,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "bleu blue\n", "")


def test_manifests_elsewhere_are_read_where_the_command_would_read_them(project: Path) -> None:
    other = project / "elsewhere.yaml"
    other.write_text(yaml.safe_dump(tenant("red")))
    assert offered(project, f"mto up -f {other} ") == ["red"]


def test_the_environment_may_come_from_a_variable(project: Path) -> None:
    assert offered(project, "mto up ", MTO_ENVIRONMENT="dev") == ["bleu", "blue"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("stacks/Pulumi.dev.yaml", "config: [", id="broken settings"),
        pytest.param("stacks/Pulumi.dev.yaml", "config: {mto:no: x}", id="unknown settings"),
        pytest.param("tenants/teams/all.yaml", "kind: Tenant\n  x: [", id="broken manifests"),
        pytest.param("tenants/teams/all.yaml", "kind: Tenant\nspec: " + "[" * 5000, id="hostile"),
    ],
)
def test_whatever_is_wrong_with_the_project_is_not_told_here(
    project: Path, file: str, text: str
) -> None:
    (project / file).write_text(text)
    assert offered(project, "mto up -e dev ") == []


def test_outside_of_a_project_nothing_is_offered(tmp_path: Path) -> None:
    assert offered(tmp_path, "mto up ") == []
    assert offered(tmp_path, "mto up -e nowhere ") == []


def test_state_behind_a_network_is_not_asked(project: Path) -> None:
    url = "postgres://nobody@192.0.2.1/state"
    line = "mto up -e dev --delete-namespace "
    assert offered(project, line, PULUMI_BACKEND_URL=url) == []


def test_a_broken_record_is_not_told_here(project: Path) -> None:
    for one in (project / ".state").rglob("dev.*.json"):
        one.write_text("{")
    assert offered(project, "mto up -e dev --delete-namespace ") == []


def test_nothing_is_written(project: Path) -> None:
    before = sorted(project.rglob("*"))
    offered(project, "mto destroy -e dev ")
    assert sorted(project.rglob("*")) == before


LOADED = """
import json, sys, typer
from mto.cli.main import app

def parameters(command):
    for one in getattr(command, "commands", {}).values():
        yield from parameters(one)
    yield from command.params

options = [name for one in parameters(typer.main.get_command(app)) for name in one.opts]
print(json.dumps([options, sorted(sys.modules)]))
"""


def loaded(**environ: str) -> tuple[list[str], set[str]]:
    """All options of all commands, and the modules that it took to know them."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    options, modules = json.loads(done.stdout)
    return options, set(modules)


def test_every_command_is_known_without_what_only_its_running_needs() -> None:
    options, modules = loaded(_MTO_COMPLETE="complete_bash")
    everything, whole = loaded()
    assert options == everything
    assert len(options) > 50
    assert modules.isdisjoint(HEAVY)
    assert not whole.isdisjoint(HEAVY)


def test_an_answer_takes_less_than_half_a_second_of_work(project: Path) -> None:
    """Of the processor's time: how long a busy machine lets it wait says nothing of us."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    many = [tenant(f"team-{number}") for number in range(300)]
    (project / "tenants" / "many.yaml").write_text(yaml.safe_dump_all(many))
    before = spent()
    assert "team-7" in offered(project, "mto up -e dev ")
    assert spent() - before < 0.5
