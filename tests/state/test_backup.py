"""Copies of a state, kept where the CLI keeps its own, in files and in PostgreSQL."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mto.state.backup import KEPT, Backup
from mto.state.checkpoint import Checkpoint, serialise
from mto.state.database import reachable
from mto.state.errors import BackupUnknown, StateUnreadable
from mto.state.folder import Folder
from mto.state.keeper import Keeper
from mto.state.store import Store
from mto.state.table import Table

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FOLDER = ".pulumi/backups/mto/dev.blue"


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["folder", "table"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "folder":
        yield Folder(tmp_path, durable=False)
        return
    table = Table(reachable(request.getfixturevalue("database").url()))
    yield table
    table.close()


@pytest.fixture
def keeper(store: Store, clock: Clock) -> Keeper:
    return Keeper(store, clock=clock)


def number(metadata: int) -> Checkpoint:
    return Checkpoint("dev.blue", metadata={"number": metadata})


def test_a_copy_is_kept_to_the_letter_under_a_name_like_the_cli_s(
    keeper: Keeper, store: Store
) -> None:
    keeper.save(number(1))

    made = keeper.back_up("dev.blue")

    name = "dev.blue.1795262400000000000.mto.json"
    assert made == Backup(name, NOON, ours=True)
    assert keeper.backups("dev.blue") == [made]
    assert store.read(f"{FOLDER}/{name}") == store.read(".pulumi/stacks/mto/dev.blue.json")


def test_where_there_is_no_stack_nothing_is_kept(keeper: Keeper) -> None:
    assert keeper.back_up("dev.blue") is None
    assert keeper.backups("dev.blue") == []


def test_of_ours_a_few_stay_and_of_the_cli_s_all(
    keeper: Keeper, store: Store, clock: Clock
) -> None:
    cli = "dev.blue.1000000000000000000.json.gz"
    store.write(f"{FOLDER}/{cli}", gzip.compress(serialise(number(0))))
    store.write(f"{FOLDER}/notes.txt", b"")
    for index in range(KEPT + 3):
        clock.now = NOON + timedelta(minutes=index)
        keeper.save(number(index))
        keeper.back_up("dev.blue")

    found = keeper.backups("dev.blue")

    assert [one.ours for one in found] == [True] * KEPT + [False]
    assert found[0].written == clock.now
    assert found[-1] == Backup(cli, datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC), ours=False)
    newest, checkpoint = keeper.backup("dev.blue", None)
    assert (newest, checkpoint.metadata) == (found[0], {"number": KEPT + 2})
    assert keeper.backup("dev.blue", cli)[1].metadata == {"number": 0}
    assert "notes.txt" in store.names(FOLDER)


def test_a_compressed_state_is_copied_as_it_is(keeper: Keeper, store: Store) -> None:
    store.write(".pulumi/stacks/mto/dev.blue.json.gz", gzip.compress(serialise(number(7))))

    made = keeper.back_up("dev.blue")

    assert made is not None
    assert made.name.endswith(".mto.json.gz")
    assert keeper.backup("dev.blue", made.name)[1] == number(7)


def test_a_backup_that_is_not_there_is_named_with_those_that_are(keeper: Keeper) -> None:
    with pytest.raises(BackupUnknown) as caught:
        keeper.backup("dev.blue", None)
    assert str(caught.value) == "stack 'dev.blue' has no backup"
    assert caught.value.exit_code == 2

    keeper.save(number(1))
    keeper.back_up("dev.blue")
    with pytest.raises(BackupUnknown) as caught:
        keeper.backup("dev.blue", "../dev.json")
    assert str(caught.value) == (
        "stack 'dev.blue' has no backup '../dev.json'; there are: "
        "dev.blue.1795262400000000000.mto.json"
    )


def test_a_backup_of_another_stack_is_refused(keeper: Keeper, store: Store) -> None:
    name = "dev.blue.1.json"
    store.write(f"{FOLDER}/{name}", serialise(Checkpoint("dev.green")))

    with pytest.raises(StateUnreadable) as caught:
        keeper.backup("dev.blue", name)
    assert str(caught.value) == (
        "backup dev.blue.1.json can't be read: it is the state of stack 'dev.green'"
    )
