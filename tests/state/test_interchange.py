"""The real Pulumi CLI and MTO on one backend, in files and in PostgreSQL.

What each leaves, the other one goes on with, sealed values too, and each keeps the other one out.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from mto.plan.resource import PROVIDER
from mto.state.backend import open_backend
from mto.state.checkpoint import Checkpoint, parse
from mto.state.deployment import exported
from mto.state.errors import LockLost, StateInvalid, StateLocked
from mto.state.keeper import Keeper
from mto.state.repair import repaired
from mto.state.secret import Crypter, reveal
from tests.support.pulumicli import Cli, needs_pulumi

pytestmark = needs_pulumi

FIXTURE = Path(__file__).parents[1] / "fixtures" / "checkpoints" / "checkpoint-2-updated.json"
BLUE = parse(FIXTURE.read_bytes(), source="fixture")
DEPLOYMENT = orjson.dumps(exported(BLUE)).decode()


@pytest.fixture(params=["file", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        found: str = request.getfixturevalue("database").url()
        return found
    (tmp_path / "state").mkdir()
    return f"file://{tmp_path}/state"


@pytest.fixture
def cli(url: str, tmp_path: Path) -> Cli:
    return Cli.made(tmp_path / "project", url)


@pytest.fixture
def backend(url: str) -> Iterator[Keeper]:
    one = open_backend(url)
    assert isinstance(one, Keeper)
    yield one
    one.close()


def opened(checkpoint: Checkpoint | None) -> list[tuple[str, Any, Any]]:
    """Resources with their secrets opened: the CLI seals anew whatever it writes."""
    assert checkpoint is not None
    settings = {"PULUMI_CONFIG_PASSPHRASE": "correct horse"}
    crypter = Crypter(checkpoint.secrets_provider, settings=settings, stack=checkpoint.stack)
    return [
        (one.urn, reveal(one.inputs, crypter), reveal(one.outputs, crypter))
        for one in checkpoint.resources
    ]


def export(cli: Cli) -> Any:
    answer = cli("stack", "export", "--stack", "dev.blue")
    assert answer.code == 0, answer.stderr
    return json.loads(answer.stdout)["deployment"]


def test_mto_reads_what_the_cli_wrote(cli: Cli, backend: Keeper) -> None:
    assert cli("stack", "init", "dev.blue").code == 0
    empty = backend.load("dev.blue")
    assert empty is not None
    assert empty.resources == ()

    assert cli("stack", "import", stdin=DEPLOYMENT).code == 0
    assert opened(backend.load("dev.blue")) == opened(BLUE)
    assert backend.stacks() == ["dev.blue"]


def test_the_cli_reads_what_mto_wrote(cli: Cli, backend: Keeper) -> None:
    backend.save(BLUE)
    backend.save(Checkpoint("dev"))

    answer = cli("stack", "ls", "--json")
    assert answer.code == 0, answer.stderr
    listed = {one["name"]: one.get("resourceCount") for one in json.loads(answer.stdout)}
    assert listed == {"dev": 0, "dev.blue": len(BLUE.resources)}
    assert export(cli)["resources"] == exported(BLUE)["deployment"]["resources"]


def test_each_writes_over_what_the_other_wrote(cli: Cli, backend: Keeper) -> None:
    backend.save(Checkpoint("dev.blue"))
    assert cli("stack", "import", "--stack", "dev.blue", stdin=DEPLOYMENT).code == 0
    found = backend.load("dev.blue")
    assert found is not None
    assert opened(found) == opened(BLUE)

    backend.save(replace(found, resources=found.resources[:2]))
    assert len(export(cli)["resources"]) == 2
    backend.remove("dev.blue")
    assert cli("stack", "export", "--stack", "dev.blue").code != 0
    assert cli("stack", "init", "dev.blue").code == 0
    assert cli("stack", "rm", "dev.blue", "--yes").code == 0
    assert backend.load("dev.blue") is None


@pytest.mark.parametrize("setting", ["GZIP", "ZSTD"])
def test_a_state_that_the_cli_compresses_is_read_and_written_alike(
    cli: Cli, backend: Keeper, setting: str
) -> None:
    packing = replace(cli, more={f"PULUMI_DIY_BACKEND_{setting}": "true"})
    backend.save(Checkpoint("dev.blue"))
    assert packing("stack", "import", "--stack", "dev.blue", stdin=DEPLOYMENT).code == 0

    found = backend.load("dev.blue")
    assert found is not None
    assert opened(found) == opened(BLUE)
    backend.save(replace(found, resources=found.resources[:2]))
    assert len(export(packing)["resources"]) == 2
    assert len(export(cli)["resources"]) == 2


def test_a_lock_of_mto_keeps_the_cli_out_and_names_us(cli: Cli, backend: Keeper) -> None:
    backend.save(BLUE)
    with backend.lock("dev.blue"):
        answer = cli("stack", "import", "--stack", "dev.blue", stdin=DEPLOYMENT)
        assert answer.code != 0
        assert "the stack is currently locked by 1 lock(s)" in answer.stderr
        assert f"(pid {os.getpid()})" in answer.stderr

    assert cli("stack", "import", "--stack", "dev.blue", stdin=DEPLOYMENT).code == 0


def test_a_lock_of_the_cli_keeps_mto_out_until_it_is_done(cli: Cli, backend: Keeper) -> None:
    with cli.holding("dev.blue"), pytest.raises(StateLocked) as caught, backend.lock("dev.blue"):
        pass

    assert caught.value.holder.cli
    assert "remove the lock with `pulumi cancel --stack dev.blue`" in str(caught.value)
    with backend.lock("dev.blue"):
        found = backend.load("dev.blue")
    assert found is not None
    assert [one.type for one in found.resources] == ["pulumi:pulumi:Stack"]


def test_a_killed_cli_s_lock_stays_until_it_is_cancelled(cli: Cli, backend: Keeper) -> None:
    with cli.holding("dev.blue") as child:
        os.killpg(child.pid, signal.SIGKILL)

    with pytest.raises(StateLocked), backend.lock("dev.blue"):
        pass
    assert cli("cancel", "--stack", "dev.blue", "--yes").code == 0
    with backend.lock("dev.blue") as lock:
        assert lock.broken == ()


def test_a_cancel_of_the_cli_is_noticed_by_mto(cli: Cli, backend: Keeper) -> None:
    backend.save(BLUE)
    with backend.lock("dev.blue") as lock:
        assert cli("cancel", "--stack", "dev.blue", "--yes").code == 0
        with pytest.raises(LockLost):
            lock.renew()


MANGLED = {
    "upside down": BLUE.resources[::-1],
    "without its provider": tuple(one for one in BLUE.resources if one.type != PROVIDER),
    "without its tenant": tuple(one for one in BLUE.resources if not one.urn.endswith("::blue")),
    "doubled": (*BLUE.resources, *BLUE.resources[3:]),
}


@pytest.mark.parametrize("how", MANGLED)
def test_the_cli_finds_nothing_to_repair_after_mto_has(cli: Cli, backend: Keeper, how: str) -> None:
    broken = replace(BLUE, resources=MANGLED[how])
    with pytest.raises(StateInvalid):
        backend.save(broken)

    backend.save(repaired(broken).checkpoint)

    answer = cli("state", "repair", "--stack", "dev.blue", "--yes")
    assert answer.code == 0, answer.stderr
    assert "The snapshot is already valid; skipping repair" in answer.stdout + answer.stderr


def test_a_backup_of_the_cli_is_found_and_can_be_brought_back(cli: Cli, backend: Keeper) -> None:
    with cli.holding("dev.blue"):
        pass

    (kept,) = backend.backups("dev.blue")
    assert not kept.ours
    _, found = backend.backup("dev.blue", kept.name)
    assert [one.type for one in found.resources] == ["pulumi:pulumi:Stack"]
    backend.save(found)
    assert len(export(cli)["resources"]) == 1
