"""Never two holders, always one winner: against other mto processes and against the CLI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mto.state import process
from mto.state.errors import Holder, LockLost, StateLocked, StateUnwritable
from mto.state.folder import Folder
from mto.state.lock import LIFETIME, hold
from mto.state.shelf import Shelf

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLI_LOCK = {
    "pid": 29967,
    "username": "root",
    "hostname": "vm",
    "timestamp": "2026-11-21T02:35:05.169097143Z",
}


def shelf(root: Path, *, now: datetime = NOW) -> Shelf:
    return Shelf(Folder(root), stack="dev.blue", clock=lambda: now)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / ".pulumi" / "locks" / "organization" / "mto" / "dev.blue"
    path.mkdir(parents=True)
    return path


def put(folder: Path, name: str, **ours: object) -> None:
    content: dict[str, object] = CLI_LOCK | ({"mto": ours} if ours else {})
    (folder / f"{name}.json").write_text(json.dumps(content))


def test_a_held_lock_is_a_file_that_the_cli_understands(tmp_path: Path, folder: Path) -> None:
    with hold(shelf(tmp_path)) as lock:
        (path,) = folder.iterdir()
        content = json.loads(path.read_text())
        assert lock.held
        assert lock.broken == ()
        assert lock.expires == NOW + LIFETIME

    assert re.fullmatch(r"[0-9a-f-]{36}\.json", path.name)
    assert content["pid"] == os.getpid()
    assert content["timestamp"] == "2026-11-21T12:00:00.000000Z"
    assert content["mto"]["expires"] == "2026-11-21T12:15:00.000000Z"
    assert content.keys() == {"pid", "username", "hostname", "timestamp", "mto"}
    assert list(folder.iterdir()) == []
    assert list(folder.parent.iterdir()) == [folder]


def test_the_lock_is_released_when_the_work_fails(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(shelf(tmp_path)):
        raise ZeroDivisionError

    assert list(folder.iterdir()) == []


def test_the_cli_s_lock_is_respected_however_old_it_is(tmp_path: Path, folder: Path) -> None:
    put(folder, "0")

    with pytest.raises(StateLocked) as caught, hold(shelf(tmp_path), patience=0):
        pass
    assert str(caught.value) == (
        "stack 'dev.blue' is locked by root@vm (pid 29967) since 2026-11-21T02:35:05.169097143Z; "
        "it is a lock of the Pulumi CLI, which may still be running; if it is not, remove the "
        "lock with `pulumi cancel --stack dev.blue` and run again"
    )
    assert caught.value.holder.cli
    assert [path.name for path in folder.iterdir()] == ["0.json"]


def test_another_mto_s_lock_says_until_when_to_wait(tmp_path: Path, folder: Path) -> None:
    put(folder, "0", startTime=1, pidSpace="elsewhere", expires="2026-11-21T12:10:00Z")

    with pytest.raises(StateLocked) as caught, hold(shelf(tmp_path), patience=0):
        pass
    assert str(caught.value) == (
        "stack 'dev.blue' is locked by root@vm (pid 29967) since 2026-11-21T02:35:05.169097143Z; "
        "another mto is at work: wait until it is done, 2026-11-21T12:10:00Z at the latest"
    )
    assert not caught.value.holder.cli


def test_two_runs_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    with (
        hold(shelf(tmp_path)),
        pytest.raises(StateLocked, match=f"pid {os.getpid()}"),
        hold(shelf(tmp_path), patience=0.01),
    ):
        pass


def test_stacks_are_locked_one_by_one(tmp_path: Path) -> None:
    green = Shelf(Folder(tmp_path), stack="dev.green", clock=lambda: NOW)

    with hold(shelf(tmp_path), patience=0) as one, hold(green, patience=0) as two:
        assert one.held
        assert two.held


HERE = process.current()


def test_a_dead_lock_is_broken_and_reported(tmp_path: Path, folder: Path) -> None:
    put(folder, "0", startTime=1, pidSpace=HERE.space, expires="2026-11-21T12:10:00Z")

    with hold(shelf(tmp_path), patience=0) as lock:
        assert lock.broken == (
            Holder("root", "vm", 29967, str(CLI_LOCK["timestamp"]), "2026-11-21T12:10:00Z"),
        )
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_a_dead_lock_stays_while_a_live_one_is_there(tmp_path: Path, folder: Path) -> None:
    put(folder, "0", startTime=1, pidSpace=HERE.space, expires="2026-11-21T12:10:00Z")
    put(folder, "1")

    with pytest.raises(StateLocked), hold(shelf(tmp_path), patience=0):
        pass

    assert sorted(path.name for path in folder.iterdir()) == ["0.json", "1.json"]


def test_a_killed_holder_s_lock_is_broken(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mto.state.filebackend import FileBackend\n"
        f"with FileBackend('file://{tmp_path}').lock('dev.blue'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(StateLocked), hold(shelf(tmp_path), patience=0):
            pass

        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, but not yet buried
        with hold(shelf(tmp_path), patience=0) as lock:
            assert [one.pid for one in lock.broken] == [child.pid]


def test_a_removed_lock_is_noticed(tmp_path: Path, folder: Path) -> None:
    with hold(shelf(tmp_path)) as lock:
        next(folder.iterdir()).unlink()

        assert not lock.held
        with pytest.raises(LockLost) as caught:
            lock.renew()

    assert str(caught.value) == (
        "the lock on stack 'dev.blue' was removed while mto held it (`pulumi cancel` does that, "
        "and the service's next leader): stopped, so as not to work beside another. "
        "Run again when nobody else does"
    )


def test_what_lost_its_lock_writes_nothing_more(tmp_path: Path, folder: Path) -> None:
    with hold(shelf(tmp_path)) as lock:
        lock.check()
        next(folder.iterdir()).unlink()
        with pytest.raises(LockLost):
            lock.check()


def test_the_next_leader_breaks_the_lock_of_an_earlier_term_however_alive(tmp_path: Path) -> None:
    def of(term: int | None) -> Shelf:
        return Shelf(Folder(tmp_path), stack="dev.blue", clock=lambda: NOW, term=term)

    with hold(of(7)) as paused:
        for other in (None, 6, 7):  # a person, an earlier leader, another thread of the same one
            with pytest.raises(StateLocked), hold(of(other), patience=0):
                pass
        with hold(of(8), patience=0) as lock:
            assert [one.pid for one in lock.broken] == [os.getpid()]
        assert not paused.held
    with hold(of(None)), pytest.raises(StateLocked), hold(of(8), patience=0):
        pass  # a person's is no leader's


def test_a_renewed_lock_holds_longer(tmp_path: Path, folder: Path) -> None:
    now = NOW
    own = Shelf(Folder(tmp_path), stack="dev.blue", clock=lambda: now)

    with hold(own, lifetime=timedelta(minutes=1)) as lock:
        now = NOW + timedelta(seconds=50)
        lock.renew()

        assert lock.expires == NOW + timedelta(seconds=110)
        content = json.loads(next(folder.iterdir()).read_text())
        assert content["mto"]["expires"] == "2026-11-21T12:01:50.000000Z"


def test_a_folder_that_takes_no_lock_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / ".pulumi").mkdir()
    (tmp_path / ".pulumi" / "locks").symlink_to(tmp_path / "nowhere" / "deep")

    with pytest.raises(StateUnwritable, match="can't be written"), hold(shelf(tmp_path)):
        pass


COMPETE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from mto.state.folder import Folder
from mto.state.lock import hold
from mto.state.shelf import Shelf

root = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    with hold(Shelf(Folder(root), stack="dev.blue", clock=lambda: datetime.now(UTC)), patience=60):
        os.close(os.open(root / "inside", os.O_CREAT | os.O_EXCL))
        (root / "inside").unlink()
"""


def test_of_real_processes_one_holds_it_at_a_time_and_all_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COMPETE, str(tmp_path)]
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()

    assert [child.returncode for child in children] == [0] * 4
    assert list((tmp_path / ".pulumi/locks/organization/mto/dev.blue").iterdir()) == []
