"""A local control plane: a real API server with simulated nodes, up, down and looked at.

Several live side by side, each in a folder of its own under the cache, and nothing is read from or
written to the home's ``.kube`` or ``.kwok``.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mto.local import background
from mto.local.api import Api
from mto.local.background import Background
from mto.local.binaries import locate
from mto.local.errors import NotRunning, OtherOptions, StopFailed
from mto.local.lock import exclusive
from mto.local.paths import Home, cache_dir
from mto.local.processes import Process, kill, running
from mto.local.progress import Progress
from mto.local.settings import COMPONENTS, LOOPBACK, Options
from mto.local.start import start

_STOP_SECONDS = 10.0
_READY_SECONDS = 5.0
"""An API server that runs may be unready for a moment, on a busy machine or with new kinds."""
_SERVICE_SECONDS = 3.0
"""It has nothing to finish where the cluster goes; but what it holds locked is let go cleanly."""


@dataclass(frozen=True)
class Cluster:
    """A local control plane as it was found; ``state`` is running, broken, stopped or absent."""

    name: str
    state: str
    kubeconfig: Path
    server: str = ""
    audit_log: Path | None = None
    processes: tuple[Process, ...] = ()
    service: Background | None = None
    started: bool = False

    @property
    def running(self) -> bool:
        return self.state == "running"


def up(name: str, *, options: Options | None = None, progress: Progress | None = None) -> Cluster:
    """Start it unless it runs; ``started`` of the answer tells which.

    One that is half dead, or that a reboot stopped, is started again with its data, by default with
    its options. Two starts of one name at once: the second waits and finds it running.

    Raises: BadName, OtherOptions, StartFailed, ProgramMissing, BuildFailed.
    """
    home, progress = Home(name), progress or Progress()
    with exclusive(home.lock, waiting=lambda: progress.say(f"{name!r} is being started; waiting")):
        record, found = _record(home), status(name)
        if found.running:
            if options and record["options"] != options.as_data():
                raise OtherOptions(name)
            return found
        if found.state != "absent":
            progress.say(f"local control plane {name!r} is {found.state}; starting it again")
        chosen = options or Options(**record.get("options", {}))
        binaries = locate(progress=progress)
        _stop(home)
        try:
            start(home, options=chosen, binaries=binaries)
        except BaseException:
            _stop(home)
            if found.state == "absent":
                shutil.rmtree(home.root)
                home.lock.unlink()
            raise
        return replace(status(name), started=True)


def down(name: str) -> bool:
    """Kill its processes, and its service; remove its files. False: there was nothing to remove.

    Raises: BadName, StopFailed.
    """
    home = Home(name)
    if not home.root.exists() and not home.lock.exists():
        return False
    with exclusive(home.lock):
        existed = home.root.exists()
        background.stop(home, seconds=_SERVICE_SECONDS)
        _stop(home)
        if existed:
            shutil.rmtree(home.root)
        home.lock.unlink()
    return existed


def status(name: str) -> Cluster:
    """Look at the processes and ask the API server; changes nothing.

    Raises: BadName.
    """
    home = Home(name)
    record = _record(home)
    if not record:
        return Cluster(name, "absent", home.kubeconfig)
    port = record["ports"]["kube-apiserver"]
    processes = running(home.root)
    return Cluster(
        name=name,
        state=_state(home, processes=processes, port=port),
        kubeconfig=home.kubeconfig,
        server=f"https://{LOOPBACK}:{port}",
        audit_log=home.audit_log if record["options"]["audit"] else None,
        processes=processes,
        service=background.status(home),
    )


def names() -> tuple[str, ...]:
    """Those that exist, running or not."""
    return tuple(sorted(one.parent.name for one in cache_dir().glob("local/*/record.json")))


def connect(name: str) -> Api:
    """The administrator's connection.

    Raises: BadName, NotRunning.
    """
    home = Home(name)
    if not status(name).running:
        raise NotRunning(name)
    return Api(_record(home)["ports"]["kube-apiserver"], home.pki)


def _state(home: Home, *, processes: tuple[Process, ...], port: int) -> str:
    """The kubeconfig is written last: without it nobody was told that it runs."""
    if not processes:
        return "stopped"
    if COMPONENTS.keys() - {one.program for one in processes} or not home.kubeconfig.exists():
        return "broken"
    deadline = time.monotonic() + _READY_SECONDS
    with Api(port, home.pki) as api:
        while not (ready := api.ready()) and time.monotonic() < deadline:
            time.sleep(0.1)
    return "running" if ready else "broken"


def _stop(home: Home) -> None:
    if left := kill(home.root, deadline=_STOP_SECONDS):
        raise StopFailed(home.name, ", ".join(f"{one.program} ({one.pid})" for one in left))


def _record(home: Home) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(home.record.read_text())
    except FileNotFoundError:
        return {}
    return record
