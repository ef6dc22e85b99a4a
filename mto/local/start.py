"""The start of a local control plane, from nothing or around what a former start left.

kwokctl starts the programs as plain processes. Its folder is made anew each time; etcd's data, the
certificates and the ports outlive it. So a restart and a first start are one path, and a kwokctl
that clears its folder on failure can't take the data along.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from mto.local.api import Api, Refused
from mto.local.errors import StartFailed
from mto.local.kubeconfig import Identity, render
from mto.local.kwokctl import Kwokctl
from mto.local.lock import exclusive
from mto.local.paths import Home
from mto.local.ports import allocate
from mto.local.processes import running
from mto.local.settings import (
    COMPONENTS,
    LOOPBACK,
    PORTS,
    Options,
    audit_policy,
    audit_policy_path,
    kwokctl_configuration,
    node,
)

_SECONDS = 90.0
_POLL = 0.05
_VITAL = ("etcd", "kube-apiserver")


def start(home: Home, *, options: Options, binaries: Mapping[str, Path]) -> None:
    """Start everything and return when pods can be scheduled.

    Raises: StartFailed.
    """
    deadline = time.monotonic() + _SECONDS
    _make_room(home)
    ports = _reserve_ports(home, options)
    settings = kwokctl_configuration(home, options=options, binaries=binaries, ports=ports)
    _write(home.kwokctl_config, settings)
    if options.audit:
        _write(audit_policy_path(home), audit_policy())
    with Kwokctl(home, program=binaries["kwokctl"]) as kwokctl:
        kwokctl.begin("create", "cluster", "--kubeconfig", "")
        _await_processes(home, kwokctl=kwokctl, deadline=deadline)
        with Api(ports["kube-apiserver"], home.work / "pki") as api:
            while not api.ready():
                _check(home, kwokctl=kwokctl, deadline=deadline)
            _revive(home, kwokctl=kwokctl, deadline=deadline)
            try:
                _make_nodes(api, options.nodes)
            except Refused as refused:
                raise StartFailed(home.name, f"no simulated nodes: {refused}") from refused
            while not _usable(api, options.nodes):
                _check(home, kwokctl=kwokctl, deadline=deadline)
    _conclude(home, port=ports["kube-apiserver"])


def _make_room(home: Home) -> None:
    """Data without the certificates that its tokens were signed with is of no use."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.kubeconfig.unlink(missing_ok=True)
    if home.kwok.exists():
        shutil.rmtree(home.kwok)
    if home.pki.exists():
        shutil.copytree(home.pki, home.work / "pki")
    elif home.etcd.exists():
        shutil.rmtree(home.etcd)


def _reserve_ports(home: Home, options: Options) -> dict[str, int]:
    """Written down before anything listens, so that two starts at once can't choose the same."""
    with exclusive(home.root.parent / "ports.lock"):
        before: dict[str, int] = {}
        taken: set[int] = set()
        for record in home.root.parent.glob("*/record.json"):
            ports = json.loads(record.read_text())["ports"]
            if record == home.record:
                before = ports
            else:
                taken.update(ports.values())
        ports = allocate(PORTS, taken=taken, wish=before)
        _write(home.record, {"ports": ports, "options": options.as_data()})
    return ports


def _await_processes(home: Home, *, kwokctl: Kwokctl, deadline: float) -> None:
    """Once the API server runs, its certificates are whole."""
    while not (home.work / "pids" / "kube-apiserver.pid").exists():
        _check(home, kwokctl=kwokctl, deadline=deadline)


def _check(home: Home, *, kwokctl: Kwokctl, deadline: float) -> None:
    """Wait a moment; give up at once when what can't come back has ended."""
    if kwokctl.failed or set(_VITAL) & set(_dead(home)):
        raise StartFailed(home.name, kwokctl.explanation(_dead(home)))
    if time.monotonic() > deadline:
        late = f"not ready after {_SECONDS:.0f} s; {kwokctl.explanation(COMPONENTS)}"
        raise StartFailed(home.name, late)
    time.sleep(_POLL)


def _dead(home: Home) -> tuple[str, ...]:
    """Components that were started and run no more."""
    begun = [one for one in COMPONENTS if (home.work / "pids" / f"{one}.pid").exists()]
    alive = {one.program for one in running(home.root)}
    return tuple(one for one in begun if one not in alive)


def _revive(home: Home, *, kwokctl: Kwokctl, deadline: float) -> None:
    """Controllers give up when the API server takes over ten seconds: start those once more."""
    _await_end(home, kwokctl=kwokctl, deadline=deadline)
    if dead := _dead(home):
        for component in dead:
            (home.work / "pids" / f"{component}.pid").unlink()
        kwokctl.begin("start", "cluster")
        _await_end(home, kwokctl=kwokctl, deadline=deadline)


def _await_end(home: Home, *, kwokctl: Kwokctl, deadline: float) -> None:
    while not kwokctl.ended:
        _check(home, kwokctl=kwokctl, deadline=deadline)


def _make_nodes(api: Api, count: int) -> None:
    for index in range(count):
        try:
            api.post("/api/v1/nodes", node(index))
        except Refused as refused:
            if not refused.exists:
                raise


def _usable(api: Api, nodes: int) -> bool:
    """The nodes are ready and the controllers at work; a pod needs its ServiceAccount."""
    try:
        api.get("/api/v1/namespaces/default/serviceaccounts/default")
        listed = api.get("/api/v1/nodes")["items"]
    except Refused:
        return False
    ready = [
        condition
        for one in listed
        for condition in one["status"].get("conditions", ())
        if condition["type"] == "Ready" and condition["status"] == "True"
    ]
    return len(ready) >= nodes


def _conclude(home: Home, *, port: int) -> None:
    """Keep the certificates for the next start; the kubeconfig is the sign of success."""
    if not home.pki.exists():
        half = home.root / "pki.half"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(home.work / "pki", half)
        half.rename(home.pki)
    certificate, key = (home.pki / "admin.crt").read_bytes(), (home.pki / "admin.key").read_bytes()
    text = render(
        home.name,
        server=f"https://{LOOPBACK}:{port}",
        authority=(home.pki / "ca.crt").read_bytes(),
        identity=Identity("admin", certificate, key),
    )
    _write(home.kubeconfig, text)


def _write(path: Path, content: object) -> None:
    """Whole or not at all, and readable by its owner only: some of these hold keys."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    half = path.with_name(f"{path.name}.half")
    half.touch(mode=0o600)
    half.write_text(text)
    half.rename(path)
