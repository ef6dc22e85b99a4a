"""An API server that refuses, loses answers, is slow, is stopped or is not there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from mto.local import cluster as planes
from mto.local.cluster import Cluster as ControlPlane
from mto.local.ports import allocate
from mto.local.settings import PORTS
from tests.support.apiserver import Reply, refused
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, steps, tenant, unique
from tests.support.proxy import Decide, Fault, door
from tests.support.snapshot import everything

TENANTS = 8


def declare(project: Project, count: int = TENANTS) -> tuple[str, ...]:
    crowd = unique("storm")
    names = tuple(f"{crowd}-{number}" for number in range(count))
    access = members(owners=[f"{crowd}@example.org"], editors=["erik@example.org"])
    project.declare(
        quota(crowd), *(tenant(one, "dev", quota=crowd, accessControl=access) for one in names)
    )
    return names


def assert_there(project: Project, names: tuple[str, ...], admin: Kubectl) -> None:
    """All objects of all tenants are there and recorded, and nothing is left to do."""
    label = f"stakater.com/tenant in ({','.join(names)})"
    assert len(everything(admin, "-l", label)) == 11 * len(names)
    assert not [one for one in project.states().values() if one.get("pending_operations")]
    report = project.data("up", "--refresh", *names)
    assert (report["ok"], steps(report)) == (True, {})


def every(number: int, fault: Fault) -> Decide:
    return lambda write, _: fault if write % number == 0 else None


def spared(number: int, fault: Fault) -> Decide:
    """The same, but no path meets it twice: what goes on failing is not asked for ever."""
    met: set[str] = set()

    def decide(write: int, path: str) -> Fault | None:
        if write % number or path in met:
            return None
        met.add(path)
        return fault

    return decide


BUSY = refused(429, "TooManyRequests", "too many", retryAfterSeconds=1)
CONTENDED = refused(409, "Conflict", "please try again", name="mto", kind="resourcequotas")


@pytest.mark.parametrize(
    "decide",
    [
        pytest.param(every(4, Fault(BUSY)), id="429 and come again"),
        pytest.param(every(4, Fault(Reply(503, headers={"Retry-After": "1"}))), id="503"),
        pytest.param(spared(4, Fault(refused(500, "InternalError", "etcd"))), id="500"),
        pytest.param(every(4, Fault(CONTENDED)), id="409 about a quota"),
        pytest.param(every(4, Fault(lost=True)), id="answers that are lost"),
        pytest.param(every(1, Fault(seconds=0.05)), id="slow"),
    ],
)
def test_a_server_that_refuses_now_and_then_is_asked_again(
    project: Project, control_plane: ControlPlane, tmp_path: Path, admin: Kubectl, decide: Decide
) -> None:
    names = declare(project)
    with door(control_plane.kubeconfig, decide, tmp_path) as found:
        answer = project("up", "--kubeconfig", str(found.kubeconfig))
        assert (answer.code, found.faults > 5) == (0, True), answer.stderr
    assert_there(project, names, admin)


def test_a_server_that_refuses_everything_leaves_a_state_from_which_the_next_run_goes_on(
    project: Project, control_plane: ControlPlane, tmp_path: Path, admin: Kubectl
) -> None:
    names = declare(project, 2)

    def decide(_: int, path: str) -> Fault | None:
        full = Fault(refused(500, "InternalError", "etcd is full"))
        return full if "/rolebindings/" in path else None

    with door(control_plane.kubeconfig, decide, tmp_path) as found:
        answer = project("up", "--kubeconfig", str(found.kubeconfig))
    assert answer.code == 1
    assert "Traceback" not in answer.stderr
    assert "etcd is full" in answer.stderr
    assert answer.stdout.splitlines()[-1].endswith(f"; failed: {names[0]}, {names[1]}")
    assert project("up").code == 0
    assert_there(project, names, admin)


def test_a_server_that_is_killed_and_started_again_costs_nothing(
    spare: ControlPlane, spare_admin: Kubectl, tmp_path: Path
) -> None:
    project = Project(tmp_path, spare.kubeconfig)
    names = declare(project, 40)
    assert spare.audit_log is not None
    before = spare.audit_log.stat().st_size
    run = project.begin("up")
    while spare.audit_log.stat().st_size < before + 80_000 and run.poll() is None:
        time.sleep(0.005)
    (server,) = (one for one in spare.processes if one.program == "kube-apiserver")
    assert run.poll() is None, run.communicate()
    os.kill(server.pid, signal.SIGKILL)
    planes.up(spare.name)
    _, complained = run.communicate(timeout=90)
    assert run.returncode in {0, 1}
    assert "Traceback" not in complained
    answer = project("up")
    assert answer.code == 0, answer.stderr
    assert_there(project, names, spare_admin)


def test_a_server_that_is_silent_for_a_while_is_waited_for(
    spare: ControlPlane, spare_admin: Kubectl, tmp_path: Path
) -> None:
    project = Project(tmp_path, spare.kubeconfig)
    names = declare(project, 20)
    assert spare.audit_log is not None
    before = spare.audit_log.stat().st_size
    (server,) = (one for one in spare.processes if one.program == "kube-apiserver")
    run = project.begin("up")
    while spare.audit_log.stat().st_size < before + 30_000 and run.poll() is None:
        time.sleep(0.005)
    assert run.poll() is None, run.communicate()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        time.sleep(3)
        assert run.poll() is None
    finally:
        os.kill(server.pid, signal.SIGCONT)
    _, complained = run.communicate(timeout=60)
    assert run.returncode == 0, complained
    assert_there(project, names, spare_admin)


def test_a_server_that_is_not_there_is_named_at_once(project: Project, tmp_path: Path) -> None:
    declare(project, 1)
    port = allocate(PORTS, taken=set(), wish={})["kube-apiserver"]
    text = project.kubeconfig.read_text()
    address = f"https://127.0.0.1:{port}"
    start = text.index("https://127.0.0.1:")
    elsewhere = tmp_path / "kubeconfig"
    elsewhere.write_text(text[:start] + address + text[text.index("\n", start) :])
    begun = time.monotonic()
    for command in ("preview", "up", "status"):
        answer = project(command, "--kubeconfig", str(elsewhere))
        assert (answer.code, answer.stdout) == (1, "")
        assert f": no connection to {address} within 5 s: Connection refused" in answer.stderr
        assert "Traceback" not in answer.stderr
    assert time.monotonic() - begun < 30
    assert not (project.root / ".state").exists()
