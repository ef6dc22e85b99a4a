"""`mto state`: what it asks, says and keeps. No cluster is needed."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from mto.cli.main import main
from mto.state.checkpoint import Checkpoint, parse, serialise
from mto.state.errors import StateChanged
from mto.state.filebackend import FileBackend

FIXTURE = Path(__file__).parents[1] / "fixtures" / "checkpoints" / "checkpoint-2-updated.json"
BLUE = parse(FIXTURE.read_bytes(), source="fixture")
UPSIDE_DOWN = replace(BLUE, resources=BLUE.resources[::-1])


class Terminal(io.StringIO):
    """Somebody who answers."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {'mto:kubeconfig': none}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTO_ENVIRONMENT", "dev")
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return tmp_path


@pytest.fixture
def backend(project: Path) -> FileBackend:
    return FileBackend(f"file://{project}/.state", durable=False)


@pytest.fixture
def state(project: Path) -> Path:
    path = project / ".state/.pulumi/stacks/mto/dev.blue.json"
    path.parent.mkdir(parents=True)
    return path


def mto(*arguments: str) -> int:
    try:
        main(["state", *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_state_that_holds_together_needs_no_repair(
    state: Path, backend: FileBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_bytes(FIXTURE.read_bytes())

    assert mto("repair", "blue") == 0

    assert capsys.readouterr().err == (
        "the state of stack 'dev.blue' holds together; there is nothing to repair\n"
    )
    assert state.read_bytes() == FIXTURE.read_bytes()
    assert backend.backups("dev.blue") == []


SHOWN = "- resources stood before what they name: they are put in order\n"


def test_a_repair_is_shown_and_made_with_consent_and_what_was_there_is_kept(
    state: Path, backend: FileBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_bytes(serialise(UPSIDE_DOWN))
    before = state.read_bytes()

    assert mto("repair", "blue", "--yes") == 0

    (kept,) = backend.backups("dev.blue")
    said = capsys.readouterr()
    assert said.out == SHOWN
    assert said.err == (
        f"what was there is kept as {kept.name}; `mto state restore` brings it back\n"
        "repaired; `mto preview` shows what it means\n"
    )
    found = backend.load("dev.blue")
    assert found is not None
    assert {one.urn: one for one in found.resources} == BLUE.by_urn
    folder = state.parents[2] / "backups" / "mto" / "dev.blue"
    assert (folder / kept.name).read_bytes() == before


def test_where_nobody_can_be_asked_a_repair_is_shown_only(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state.write_bytes(serialise(UPSIDE_DOWN))
    monkeypatch.setattr("sys.stdin", io.StringIO())

    assert mto("repair", "blue") == 2

    said = capsys.readouterr()
    assert said.out == SHOWN
    assert "nobody is there to ask; consent with --yes" in said.err
    assert state.read_bytes() == serialise(UPSIDE_DOWN)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1)])
def test_whoever_is_asked_decides(
    state: Path, monkeypatch: pytest.MonkeyPatch, *, answer: str, code: int
) -> None:
    state.write_bytes(serialise(UPSIDE_DOWN))
    monkeypatch.setattr("sys.stdin", Terminal(answer))

    assert mto("repair", "blue") == code

    assert (state.read_bytes() == serialise(UPSIDE_DOWN)) is (code == 1)


def test_a_state_that_is_written_while_somebody_thinks_is_not_repaired(
    state: Path,
    backend: FileBackend,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state.write_bytes(serialise(UPSIDE_DOWN))

    class Slow(Terminal):
        @override
        def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
            backend.save(Checkpoint("dev.blue"))
            return "y\n"

    monkeypatch.setattr("sys.stdin", Slow())

    assert mto("repair", "blue") == 1

    assert str(StateChanged("dev.blue")) == (
        "the state of stack 'dev.blue' was changed since it was shown; nothing was written. "
        "Run again"
    )
    assert f"mto: {StateChanged('dev.blue')}" in capsys.readouterr().err
    found = backend.load("dev.blue")
    assert found is not None
    assert found.resources == ()


def test_a_state_that_can_t_be_repaired_ends_with_what_to_do(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, tenant, provider, namespace = BLUE.resources[:4]
    circle = replace(tenant, parent=namespace.urn)
    state.write_bytes(serialise(replace(BLUE, resources=(root, provider, circle, namespace))))

    assert mto("repair", "blue", "--yes") == 1

    said = capsys.readouterr().err
    assert "the state of stack 'dev.blue' can't be repaired: a circle of dependencies" in said
    assert "`mto state backups` lists what `mto state restore` can bring back" in said


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", ["repair", "export"])
def test_a_stack_that_is_not_there_is_named_with_those_that_are(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mto(command, "blue") == 2
    assert "stack 'dev.blue' does not exist; stacks: none" in capsys.readouterr().err


def test_backups_are_listed_and_one_is_restored(
    state: Path, project: Path, backend: FileBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_bytes(FIXTURE.read_bytes())
    cli = project / ".state/.pulumi/backups/mto/dev.blue/dev.blue.1000000000000000000.json"
    cli.parent.mkdir(parents=True)
    cli.write_bytes(serialise(Checkpoint("dev.blue", metadata={"from": "the CLI"})))
    empty = json.dumps({"version": 3, "deployment": {}})
    (project / "empty.json").write_text(empty)

    assert mto("import", "blue", "--file", "empty.json") == 0
    assert mto("backups", "blue", "-o", "json") == 0
    ours, theirs = json.loads(capsys.readouterr().out)
    assert ours["by"] == "mto"
    assert theirs == {
        "name": cli.name,
        "written": "2001-09-09T01:46:40+00:00",
        "by": "pulumi",
    }

    assert mto("restore", "blue", "--yes") == 0
    assert f"restored {ours['name']}; `mto preview --refresh` shows" in capsys.readouterr().err
    found = backend.load("dev.blue")
    assert found is not None
    assert found.resources == BLUE.resources

    assert mto("restore", "blue", "--backup", cli.name, "--yes") == 0
    found = backend.load("dev.blue")
    assert found is not None
    assert found.metadata == {"from": "the CLI"}
    assert mto("backups", "blue") == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["NAME", "WRITTEN", "BY"]


def test_a_state_that_can_t_be_read_at_all_is_replaced_by_a_backup(
    state: Path, backend: FileBackend
) -> None:
    state.write_bytes(FIXTURE.read_bytes())
    backend.back_up("dev.blue")
    state.write_text("{ half")

    assert mto("repair", "blue", "--yes") == 1
    assert mto("restore", "blue", "--yes") == 0

    found = backend.load("dev.blue")
    assert found is not None
    assert found.resources == BLUE.resources
    assert len(backend.backups("dev.blue")) == 2


def test_whoever_is_asked_before_a_restore_is_told_what_comes(
    state: Path,
    backend: FileBackend,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state.write_bytes(FIXTURE.read_bytes())
    kept = backend.back_up("dev.blue")
    assert kept is not None
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))

    assert mto("restore", "blue") == 1

    asked = f"Replace the state of stack 'dev.blue' by {kept.name}? [y/N]"
    assert asked in capsys.readouterr().out
    assert len(backend.backups("dev.blue")) == 1
