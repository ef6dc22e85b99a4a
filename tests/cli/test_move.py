"""A stack moves through the real Pulumi CLI to another backend, and comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mto.cli.main import main
from mto.state.checkpoint import Checkpoint, parse
from mto.state.filebackend import FileBackend
from mto.state.secret import Crypter, reveal
from tests.support.pulumicli import Cli, needs_pulumi

pytestmark = needs_pulumi

FIXTURE = Path(__file__).parents[1] / "fixtures" / "checkpoints" / "checkpoint-2-updated.json"


def opened(checkpoint: Checkpoint | None) -> list[Any]:
    """All that it says of resources, secrets in the clear: the CLI seals them anew."""
    assert checkpoint is not None
    settings = {"PULUMI_CONFIG_PASSPHRASE": "correct horse"}
    crypter = Crypter(checkpoint.secrets_provider, settings=settings, stack=checkpoint.stack)
    return [
        (
            *(one.urn, one.id, one.parent, one.provider, one.dependencies, one.deleted_with),
            *(reveal(one.inputs, crypter), reveal(one.outputs, crypter)),
        )
        for one in checkpoint.resources
    ]


def mto(*arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["state", *arguments])
    assert ended.value.code == 0


def test_what_goes_out_through_the_cli_comes_back_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {'mto:kubeconfig': none}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTO_ENVIRONMENT", "dev")
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    here = FileBackend(f"file://{tmp_path}/.state")
    here.save(parse(FIXTURE.read_bytes(), source="fixture"))
    (tmp_path / "there").mkdir()
    there = Cli.made(tmp_path / "project", f"file://{tmp_path}/there")

    mto("export", "blue")
    assert there("stack", "init", "dev.blue").code == 0
    assert there("stack", "import", stdin=capsys.readouterr().out).code == 0
    assert opened(FileBackend(there.backend).load("dev.blue")) == opened(here.load("dev.blue"))

    back = there("stack", "export")
    assert len(json.loads(back.stdout)["deployment"]["resources"]) == 9
    (tmp_path / "back.json").write_text(back.stdout)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/third")
    mto("import", "blue", "--file", "back.json")
    third = FileBackend(f"file://{tmp_path}/third")
    assert opened(third.load("dev.blue")) == opened(here.load("dev.blue"))
