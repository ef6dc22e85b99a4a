from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mto.local import processes
from mto.local.processes import kill, running


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Started through a link, as kwokctl starts its programs."""
    program = shutil.which("sleep")
    assert program is not None
    link = tmp_path / "mine" / "bin" / "sleeper"
    link.parent.mkdir(parents=True)
    link.symlink_to(program)
    with subprocess.Popen([link, "60"]) as started:
        ends = time.monotonic() + 10
        while not running(tmp_path / "mine"):  # a program just begun has no arguments yet
            assert time.monotonic() < ends
            time.sleep(0.01)
        yield started
        started.kill()


def test_what_was_started_from_the_folder_is_found(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    (found,) = running(tmp_path / "mine")
    assert (found.program, found.pid) == ("sleeper", sleeper.pid)
    assert found.memory > 0


def test_a_folder_whose_name_only_begins_alike_is_another(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert running(tmp_path / "min") == ()
    assert kill(tmp_path / "min", deadline=1) == ()
    assert sleeper.poll() is None


def test_what_runs_from_the_folder_is_killed_and_waited_for(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert kill(tmp_path / "mine", deadline=10) == ()
    assert sleeper.wait(10) == -9


def test_what_outlives_the_deadline_is_named(
    sleeper: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "kill", lambda _pid, _signal: None)
    left = kill(tmp_path / "mine", deadline=0.01)
    monkeypatch.undo()
    assert [one.pid for one in left] == [sleeper.pid]


def test_without_proc_the_listing_of_ps_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = f"    1  1000 /sbin/init\n 4711  2048 {tmp_path}/bin/etcd --name=node0 --x=/y\n"
    answer = subprocess.CompletedProcess([], 0, stdout=listing)
    monkeypatch.setattr(processes, "_PROC", tmp_path / "no-proc")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    (found,) = running(tmp_path)
    assert (found.program, found.pid, found.memory) == ("etcd", 4711, 2048 * 1024)
