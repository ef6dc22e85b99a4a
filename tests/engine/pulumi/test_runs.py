"""A lock is broken only where its owner is provably dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mto.engine.pulumi.runs import Runs
from mto.state.errors import Holder

STACK = "dev.blue"


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path, "file:///state")


def holder(pid: int, host: str = "") -> Holder:
    return Holder("ann", host or socket.gethostname(), pid, "now")


def ended(runs: Runs) -> int:
    """A process that was noted and is dead."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    runs.note(STACK, process.pid)
    process.communicate(b"\n")
    return process.pid


def test_a_dead_process_of_ours_is_proven_dead(runs: Runs) -> None:
    assert runs.left(STACK, holder(ended(runs)))


def test_a_living_one_is_not(runs: Runs) -> None:
    runs.note(STACK, os.getpid())
    assert not runs.left(STACK, holder(os.getpid()))


def test_one_that_we_did_not_start_is_not(runs: Runs) -> None:
    pid = ended(runs)
    assert not runs.left(STACK, holder(pid + 1))
    assert not runs.left("dev.red", holder(pid))


def test_one_of_another_host_is_not(runs: Runs) -> None:
    assert not runs.left(STACK, holder(ended(runs), "elsewhere"))


def test_one_in_another_backend_is_not(runs: Runs, tmp_path: Path) -> None:
    assert not Runs(tmp_path, "file:///another").left(STACK, holder(ended(runs)))


def test_one_that_has_ended_by_itself_is_forgotten(runs: Runs) -> None:
    pid = ended(runs)
    runs.forget(STACK)
    assert not runs.left(STACK, holder(pid))


def test_a_damaged_note_proves_nothing(runs: Runs, tmp_path: Path) -> None:
    pid = ended(runs)
    (note,) = tmp_path.rglob("*.json")
    note.write_text('{"pid": ')
    assert not runs.left(STACK, holder(pid))
