"""What can be said without a control plane; the rest is in ``tests/e2e``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mto.local import cluster
from mto.local.binaries import PROGRAMS
from mto.local.errors import NotRunning, StartFailed, StopFailed
from mto.local.paths import Home
from mto.local.processes import Process
from mto.local.progress import Progress
from mto.local.settings import PORTS, Options
from tests.support import fake


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("MTO_CACHE_DIR", str(tmp_path / "cache"))
    return Home("blue")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each one does nothing, and succeeds."""
    for name in PROGRAMS:
        fake.program(tmp_path / "bin" / name, "exit 0")
    monkeypatch.setenv("MTO_BIN_DIR", str(tmp_path / "bin"))
    return tmp_path / "bin"


def leave_behind(home: Home) -> None:
    """What a reboot leaves: a record, certificates and data, and no process."""
    for folder in (home.pki, home.etcd):
        folder.mkdir(parents=True)
        (folder / "file").write_text("kept")
    ports = {name: 20_000 + number for number, name in enumerate(PORTS)}
    home.record.write_text(json.dumps({"ports": ports, "options": Options(nodes=5).as_data()}))


def test_one_that_was_never_made_is_absent(home: Home) -> None:
    found = cluster.status("blue")
    assert (found.state, found.running, found.processes) == ("absent", False, ())
    assert found.kubeconfig == home.kubeconfig
    assert cluster.names() == ()


def test_down_of_one_that_was_never_made_says_so_and_makes_nothing(tmp_path: Path) -> None:
    assert not cluster.down("blue")
    assert list(tmp_path.iterdir()) == []


def test_one_without_processes_is_stopped_and_down_removes_it(home: Home) -> None:
    leave_behind(home)
    assert cluster.names() == ("blue",)
    found = cluster.status("blue")
    assert (found.state, found.server) == ("stopped", "https://127.0.0.1:20002")
    assert found.audit_log == home.audit_log
    assert cluster.down("blue")
    assert not home.root.exists()
    assert cluster.names() == ()


def test_a_connection_needs_one_that_runs(home: Home) -> None:
    leave_behind(home)
    with pytest.raises(NotRunning) as refusal:
        cluster.connect("blue")
    assert str(refusal.value) == (
        "local control plane 'blue' is not running; start it: mto local up --name blue"
    )


def test_a_first_start_that_fails_says_why_and_leaves_nothing(home: Home, programs: Path) -> None:
    error = json.dumps({"level": "ERROR", "msg": "Failed to setup config", "err": "no room"})
    fake.program(programs / "kwokctl", f"echo '{error}'; exit 1")
    with pytest.raises(StartFailed) as failure:
        cluster.up("blue", progress=Progress(io.StringIO()))
    assert str(failure.value) == (
        "local control plane 'blue' did not start: kwokctl: Failed to setup config: no room"
    )
    assert not home.root.exists()
    assert not home.lock.exists()


def test_a_later_start_that_fails_keeps_data_certificates_and_options(
    home: Home, programs: Path
) -> None:
    leave_behind(home)
    fake.program(programs / "kwokctl", f"rm -rf {home.kwok}; exit 1")
    said = io.StringIO()
    with pytest.raises(StartFailed):
        cluster.up("blue", progress=Progress(said))
    assert said.getvalue() == "local control plane 'blue' is stopped; starting it again\n"
    assert (home.etcd / "file").read_text() == (home.pki / "file").read_text() == "kept"
    assert json.loads(home.record.read_text())["options"]["nodes"] == 5


def test_data_whose_certificates_are_lost_is_dropped(home: Home, programs: Path) -> None:
    leave_behind(home)
    (home.pki / "file").unlink()
    home.pki.rmdir()
    fake.program(programs / "kwokctl", "exit 1")
    with pytest.raises(StartFailed):
        cluster.up("blue", progress=Progress(io.StringIO()))
    assert not home.etcd.exists()


def test_ports_of_others_are_left_alone(home: Home, programs: Path) -> None:
    leave_behind(home)
    leave_behind(Home("green"))
    fake.program(programs / "kwokctl", "exit 1")
    with pytest.raises(StartFailed):
        cluster.up("green", progress=Progress(io.StringIO()))
    mine, theirs = (json.loads(one.record.read_text())["ports"] for one in (home, Home("green")))
    assert theirs.keys() == mine.keys()
    assert not set(theirs.values()) & set(mine.values())


def test_a_process_that_outlives_its_kill_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_behind(home)
    stuck = Process("etcd", 4711, 0)
    monkeypatch.setattr(cluster, "kill", lambda _folder, *, deadline: (stuck,) if deadline else ())
    with pytest.raises(StopFailed) as failure:
        cluster.down("blue")
    assert str(failure.value) == (
        "local control plane 'blue': still running after being killed: etcd (4711)"
    )
    assert home.root.exists()
