"""A program beside the control plane. Here it is a shell; the real service is in ``tests/e2e``."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mto.local import background, cluster
from mto.local.background import Background, Program
from mto.local.errors import ServedElsewhere, ServiceEnded, StopFailed
from mto.local.paths import Home
from tests.support.mto import until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("MTO_CACHE_DIR", str(tmp_path / "cache"))
    found = Home("blue")
    found.root.mkdir(parents=True)
    yield found
    background.stop(found, seconds=0)


def shell(folder: Path, script: str = "echo up; exec sleep 600", **environ: str) -> Program:
    return Program(("/bin/sh", "-c", script), folder, environ)


def there(home: Home) -> Background:
    found = background.status(home)
    assert found is not None
    return found


def said(home: Home, *words: str) -> Callable[[], bool]:
    return lambda: there(home).last_words() == words


def test_it_runs_in_its_folder_with_a_log_until_it_is_stopped(home: Home, tmp_path: Path) -> None:
    assert background.status(home) is None
    started, new = background.start(
        home, shell(tmp_path, 'echo "$PWD $COLOUR"; exec sleep 600', COLOUR="blue")
    )
    assert new
    assert background.status(home) == started
    until(said(home, f"{tmp_path} blue"))
    assert cluster.status("blue").service is None  # of a control plane that never was up
    assert background.stop(home, seconds=30)
    assert background.status(home) is None
    assert not background.stop(home, seconds=30)


def test_a_second_start_finds_it(home: Home, tmp_path: Path) -> None:
    first, _ = background.start(home, shell(tmp_path))
    assert background.start(home, shell(tmp_path)) == (first, False)


def test_it_serves_one_project_at_a_time(home: Home, tmp_path: Path) -> None:
    background.start(home, shell(tmp_path))
    with pytest.raises(ServedElsewhere) as caught:
        background.start(home, shell(home.root))
    assert str(caught.value) == (
        f"the service of local control plane 'blue' runs for {tmp_path}; end it first: "
        "mto local serve --stop --name blue"
    )


def test_one_that_died_is_told_from_one_that_was_stopped(home: Home, tmp_path: Path) -> None:
    started, _ = background.start(home, shell(tmp_path))
    until(said(home, "up"))
    os.kill(started.pid, signal.SIGKILL)
    until(lambda: not there(home).running)
    assert str(ServiceEnded(home.service_log, there(home).last_words())) == (
        f"the service has ended; the end of its log, {home.service_log}:\nup"
    )
    again, new = background.start(home, shell(tmp_path))
    assert (new, again.pid != started.pid, there(home).running) == (True, True, True)
    assert home.service_log.with_suffix(".log.before").read_text() == "up\n"


def test_one_that_does_not_listen_is_killed(home: Home, tmp_path: Path) -> None:
    script = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"
    background.start(home, shell(tmp_path, script))
    until(said(home, "deaf"))
    assert background.stop(home, seconds=0.1)


def test_one_that_outlives_even_that_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, _ = background.start(home, shell(tmp_path))
    with monkeypatch.context() as patched:
        patched.setattr(background, "_KILLED", 0.0)
        patched.setattr(os, "kill", lambda _pid, _signal: None)
        with pytest.raises(StopFailed) as caught:
            background.stop(home, seconds=0)
    assert str(caught.value) == (
        f"local control plane 'blue': still running after being killed: mto serve ({started.pid})"
    )


def test_it_says_where_it_listens(home: Home, tmp_path: Path) -> None:
    line = '{"message":"listening","address":"127.0.0.1:9"}'
    background.start(home, shell(tmp_path, f"echo 7; echo no json; echo '{line}'; exec sleep 600"))
    until(lambda: there(home).address() == "127.0.0.1:9")


def test_the_control_plane_takes_it_along(home: Home, tmp_path: Path) -> None:
    background.start(home, shell(tmp_path))
    with home.service.open() as record:
        assert cluster.down("blue")
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody lives that holds it
