"""What a lock file says, and when a lock of ours is dead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mto.state import process
from mto.state.errors import Holder, StateUnreadable
from mto.state.folder import Folder
from mto.state.process import Process
from mto.state.shelf import Found, Shelf

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HERE = process.current()
CLI_LOCK = {
    "pid": 29967,
    "username": "root",
    "hostname": "vm",
    "timestamp": "2026-11-21T02:35:05.169097143Z",
}


def shelf(root: Path) -> Shelf:
    return Shelf(Folder(root), stack="dev.blue", clock=lambda: NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / ".pulumi" / "locks" / "organization" / "mto" / "dev.blue"
    path.mkdir(parents=True)
    return path


def test_the_cli_s_lock_says_who_holds_it(tmp_path: Path, folder: Path) -> None:
    (folder / "0.json").write_text(json.dumps(CLI_LOCK))

    (found,) = shelf(tmp_path).others()

    assert found == Found("0", Holder("root", "vm", 29967, "2026-11-21T02:35:05.169097143Z"))
    assert found.holder.cli
    assert not found.dead(NOW)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"pid": 1}', '{"pid":"x","username":"a","hostname":"b","timestamp":"c"}'],
    ids=["empty", "a list", "too little", "no number"],
)
def test_a_lock_that_can_t_be_understood_is_one_of_the_cli(
    tmp_path: Path, folder: Path, text: str
) -> None:
    (folder / "0.json").write_text(text)

    (found,) = shelf(tmp_path).others()

    assert str(found.holder) == "somebody@an unknown host (pid 0) since an unknown time"
    assert found.holder.cli
    assert not found.dead(NOW)


@pytest.mark.parametrize("ours", [{}, [], {"expires": "soon"}, {"expires": "2026-11-21T11:00:00Z"}])
def test_a_lock_whose_own_part_is_damaged_is_never_dead(
    tmp_path: Path, folder: Path, ours: object
) -> None:
    (folder / "0.json").write_text(json.dumps(CLI_LOCK | {"mto": ours}))

    (found,) = shelf(tmp_path).others()

    assert not found.dead(NOW)


def test_side_files_of_the_cli_and_one_s_own_lock_are_not_others(
    tmp_path: Path, folder: Path
) -> None:
    own = shelf(tmp_path)
    (folder / "0.json.attrs").write_text("{}")
    (folder / f"{own.id}.json").write_text(json.dumps(CLI_LOCK))

    assert own.others() == []


def test_a_folder_that_can_t_be_listed_is_unreadable(tmp_path: Path, folder: Path) -> None:
    folder.rmdir()
    folder.write_text("")

    with pytest.raises(StateUnreadable) as caught:
        shelf(tmp_path).others()
    assert str(caught.value) == f"{folder} can't be read: Not a directory"


def test_a_lock_that_is_a_folder_is_unreadable(tmp_path: Path, folder: Path) -> None:
    (folder / "0.json").mkdir()

    with pytest.raises(StateUnreadable) as caught:
        shelf(tmp_path).others()
    assert str(caught.value) == f"{folder}/0.json can't be read: Is a directory"


@pytest.mark.parametrize(
    ("owner", "expires", "dead"),
    [
        pytest.param(HERE, "13:00", False, id="alive"),
        pytest.param(HERE, "11:00", False, id="alive, overdue"),
        pytest.param(replace(HERE, started=1), "13:00", True, id="pid given again"),
        pytest.param(replace(HERE, pid=2**22 + 1), "13:00", True, id="pid gone"),
        pytest.param(replace(HERE, space="elsewhere"), "12:01", False, id="elsewhere, valid"),
        pytest.param(replace(HERE, space="elsewhere"), "12:00", True, id="elsewhere, expired"),
    ],
)
def test_when_a_lock_of_ours_is_dead(
    tmp_path: Path, folder: Path, *, owner: Process, expires: str, dead: bool
) -> None:
    ours = {
        "startTime": owner.started,
        "pidSpace": owner.space,
        "expires": f"2026-11-21T{expires}:00Z",
    }
    content = CLI_LOCK | {"pid": owner.pid, "mto": ours}
    (folder / "0.json").write_text(json.dumps(content))

    (found,) = shelf(tmp_path).others()

    assert found.dead(NOW) is dead
