"""A program that runs beside a local control plane until that goes: `mto serve`, for its project.

Whether it runs is told by a lock on its record, which it inherits and the kernel drops at its end,
however it ends: a number of a process may belong to anybody after a while.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mto.local.errors import ServedElsewhere, StopFailed
from mto.local.lock import exclusive
from mto.local.paths import Home

_POLL = 0.05
_KILLED = 5.0
_LAST_LINES = 5


@dataclass(frozen=True)
class Background:
    """``running`` is False where it has ended without being asked to."""

    pid: int
    folder: Path
    log: Path
    running: bool

    def last_words(self) -> tuple[str, ...]:
        """The end of its log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        return tuple(lines[-_LAST_LINES:])

    def address(self) -> str:
        """Where it answers over HTTP; empty while it does not."""
        for line in self.log.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and said.get("message") == "listening":
                    return str(said["address"])
        return ""


@dataclass(frozen=True)
class Program:
    """What to start, where, and what its environment has besides ours."""

    command: Sequence[str]
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)


def status(home: Home) -> Background | None:
    """None where none was started, or it was stopped."""
    try:
        descriptor = os.open(home.service, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        record = json.loads(os.read(descriptor, 65536) or b"{}")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            running = False
        except BlockingIOError:
            running = True
    finally:
        os.close(descriptor)
    if not record:  # being started, or its start was killed
        return None
    return Background(record["pid"], Path(record["folder"]), home.service_log, running)


def start(home: Home, program: Program) -> tuple[Background, bool]:
    """Start it unless it runs; the second value tells whether that was done.

    Raises: ServedElsewhere where it runs for another folder.
    """
    with exclusive(home.service_starting):
        found = status(home)
        if found is not None and found.running:
            if found.folder != program.folder:
                raise ServedElsewhere(home.name, found.folder)
            return found, False
        if home.service_log.exists():
            home.service_log.replace(home.service_log.with_suffix(".log.before"))
        pid = _started(home, program)
        return Background(pid, program.folder, home.service_log, running=True), True


def stop(home: Home, *, seconds: float) -> bool:
    """Ask it to end, and kill it if it has not after so long; False where it did not run.

    Raises: StopFailed.
    """
    found = status(home)
    running = found is not None and found.running
    if found is not None and running:
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, _KILLED)):
            with suppress(ProcessLookupError):
                os.kill(found.pid, number)
            if _ended(home, patience):
                break
        else:
            raise StopFailed(home.name, f"mto serve ({found.pid})")
    home.service.unlink(missing_ok=True)
    return running


def _started(home: Home, program: Program) -> int:
    descriptor = os.open(home.service, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with home.service_log.open("wb") as log:
            child = subprocess.Popen(
                program.command,
                cwd=program.folder,
                env={**os.environ, **program.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is not meant for it
                pass_fds=(descriptor,),
            )
        child.returncode = 0  # it is nobody's to wait for: it outlives this process
        record = {"pid": child.pid, "folder": str(program.folder)}
        os.write(descriptor, json.dumps(record).encode())
    finally:
        os.close(descriptor)  # from here on the lock is the child's alone
    return child.pid


def _ended(home: Home, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while (found := status(home)) is not None and found.running:
        if time.monotonic() > ends:
            return False
        time.sleep(_POLL)
    return True
