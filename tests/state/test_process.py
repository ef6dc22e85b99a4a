"""Whether the process that had a number still has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mto.state import process
from mto.state.process import Process, current


@pytest.fixture
def no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    process.pid_space.cache_clear()
    monkeypatch.setattr(process, "_PROC", tmp_path)
    yield
    process.pid_space.cache_clear()


def test_this_process_is_alive() -> None:
    assert current().dead() is False


def test_its_number_means_nothing_in_another_space() -> None:
    assert Process(os.getpid(), "another container").dead() is None


def test_another_start_is_another_process() -> None:
    me = current()

    assert Process(me.pid, me.space, me.started + 1).dead() is True


def test_an_unknown_start_is_given_the_benefit_of_the_doubt() -> None:
    me = current()

    assert Process(me.pid, me.space).dead() is False


def test_a_number_that_nobody_has_is_dead() -> None:
    assert Process(2**22 + 1, current().space, 1).dead() is True


def test_a_name_with_a_parenthesis_does_not_confuse(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    me = current()
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (a) Z) S " + "0 " * 18 + "4711 0 0\n")
    monkeypatch.setattr(process, "_PROC", tmp_path)

    assert Process(7, me.space, 4711).dead() is False
    assert Process(7, me.space, 4712).dead() is True


@pytest.mark.usefixtures("no_proc")
def test_without_proc_the_host_is_the_space_and_a_signal_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    me = current()
    assert me.started == 0
    assert me.dead() is False
    assert Process(2**22 + 1, me.space).dead() is True

    def forbidden(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert me.dead() is False
