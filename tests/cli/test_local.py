from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mto.cli import local
from mto.errors import UsageError
from mto.local import cluster, user
from mto.local.cluster import Cluster
from mto.local.errors import NotRunning
from mto.local.processes import Process
from mto.local.settings import Options

FOUND = Cluster(
    name="blue",
    state="running",
    kubeconfig=Path("/cache/kubeconfig"),
    server="https://127.0.0.1:20002",
    audit_log=Path("/cache/audit.log"),
    processes=(Process("etcd", 4711, 44 << 20),),
    started=True,
)
HEADING = "NAME   STATE     SERVER                    KUBECONFIG\n"
LINE = "blue   running   https://127.0.0.1:20002   /cache/kubeconfig\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Options | None]:
    """Options of each start."""
    given: list[Options | None] = []

    def up(name: str, *, options: Options | None) -> Cluster:
        assert name == "blue"
        given.append(options)
        return FOUND

    monkeypatch.setattr(cluster, "up", up)
    monkeypatch.setattr(cluster, "status", lambda _: FOUND)
    return given


def run(*arguments: str) -> Result:
    return CliRunner().invoke(local.app, arguments)


def test_up_prints_where_it_is_and_asks_for_nothing_special(asked: list[Options | None]) -> None:
    result = run("up", "--name", "blue")
    assert result.stdout == HEADING + LINE
    assert result.stderr.startswith("local control plane 'blue' started in 0.")
    assert result.stderr.endswith("try: kubectl --kubeconfig /cache/kubeconfig get nodes\n")
    assert asked == [None]


def test_options_of_up_reach_the_components(asked: list[Options | None]) -> None:
    flag = "kube-apiserver=feature-gates=A=true,B=false"
    run("up", "--name", "blue", "--nodes", "5", "--no-audit", "--arg", flag, "--arg", "etcd=--x=1")
    args = {"kube-apiserver": {"feature-gates": "A=true,B=false"}, "etcd": {"x": "1"}}
    assert asked == [Options(nodes=5, audit=False, args=args)]


@pytest.mark.parametrize("text", ["kube-apiserver", "kube-apiserver=x", "nobody=a=b", "etcd==b"])
def test_a_flag_that_fits_no_component_is_refused_with_those_there_are(text: str) -> None:
    error = run("up", "--arg", text).exception
    assert isinstance(error, UsageError)
    assert str(error) == (
        f"--arg '{text}' is not COMPONENT=FLAG=VALUE; components: etcd, kube-apiserver, "
        "kube-controller-manager, kube-scheduler, kwok-controller"
    )


@pytest.mark.usefixtures("asked")
def test_json_is_alone_on_stdout() -> None:
    result = run("up", "--name", "blue", "-o", "json")
    assert json.loads(result.stdout) == {
        "name": "blue",
        "state": "running",
        "server": "https://127.0.0.1:20002",
        "kubeconfig": "/cache/kubeconfig",
        "auditLog": "/cache/audit.log",
        "processes": [{"program": "etcd", "pid": 4711, "memoryBytes": 46137344}],
        "service": None,
    }


@pytest.mark.usefixtures("asked")
def test_status_lists_the_processes() -> None:
    assert run("status", "--name", "blue").stdout == (
        f"{HEADING}{LINE}\nPROGRAM   PID    MEMORY\netcd      4711   44 MiB\n"
    )


@pytest.mark.parametrize(
    ("existed", "said"),
    [
        pytest.param(True, "local control plane 'blue' removed\n", id="there was one"),
        pytest.param(
            False, "there is no local control plane 'blue'; nothing to remove\n", id="none"
        ),
    ],
)
def test_down_says_whether_there_was_anything(
    monkeypatch: pytest.MonkeyPatch, *, existed: bool, said: str
) -> None:
    monkeypatch.setattr(cluster, "down", lambda _: existed)
    result = run("down", "--name", "blue")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", said)


def test_the_kubeconfig_is_printed_or_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("kind: Config\n")
    monkeypatch.setattr(cluster, "status", lambda name: Cluster(name, "running", path))
    assert run("kubeconfig").stdout == "kind: Config\n"
    assert run("kubeconfig", "--path").stdout == f"{path}\n"


def test_there_is_no_kubeconfig_of_what_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Path("/gone")
    monkeypatch.setattr(cluster, "status", lambda name: Cluster(name, "broken", gone))
    assert isinstance(run("kubeconfig").exception, NotRunning)


def test_a_users_kubeconfig_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user, "kubeconfig_for", lambda *given: f"{given}\n")
    result = run("user", "ann", "--group", "owners", "--group", "staff", "--name", "blue")
    assert result.stdout == "('blue', 'ann', ['owners', 'staff'])\n"
