"""The processes of one local control plane, found by the path that they were started from.

Process ids in files are not trusted: after a reboot such a number may belong to anybody.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A running program; ``memory`` is its resident set in bytes."""

    program: str
    pid: int
    memory: int


def running(folder: Path) -> tuple[Process, ...]:
    """Processes started from anywhere under ``folder``, by program."""
    found = (
        Process(command.rpartition("/")[2], pid, memory)
        for pid, memory, command in _processes()
        if command.startswith(f"{folder}/")
    )
    return tuple(sorted(found, key=lambda one: (one.program, one.pid)))


def kill(folder: Path, *, deadline: float) -> tuple[Process, ...]:
    """Kill what runs from ``folder``; what outlives ``deadline`` seconds is returned.

    etcd keeps what it acknowledged through a kill, and the others hold no state, so there is
    nothing to be polite about: an API server asked nicely holds its watches open for a minute.
    """
    end = time.monotonic() + deadline
    killed: dict[int, Process] = {}
    while True:
        for one in running(folder):  # each time: one of them may have started another in between
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)
            killed[one.pid] = one
        killed = {pid: one for pid, one in killed.items() if _exists(pid)}
        if not killed or time.monotonic() > end:
            return tuple(killed.values())
        time.sleep(0.02)


def _exists(pid: int) -> bool:
    """Until its last thread has ended it holds its ports and files, though its name is gone."""
    try:
        os.kill(pid, 0)
        state = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        threads = len(list((_PROC / str(pid) / "task").iterdir()))
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # there is no such listing here, or the process went in between
        return not _PROC.joinpath("self").exists()
    return state not in "ZX" or threads > 1


def _processes() -> Iterator[tuple[int, int, str]]:
    """Process id, resident bytes and program of every process that may be looked at."""
    if not _PROC.joinpath("self/cmdline").exists():
        yield from _from_ps()
        return
    page = os.sysconf("SC_PAGE_SIZE")
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0", 1)[0]
            memory = int((folder / "statm").read_text().split()[1]) * page
        except (OSError, IndexError):  # gone in between, or another user's
            continue
        yield int(folder.name), memory, os.fsdecode(command)


def _from_ps() -> Iterator[tuple[int, int, str]]:
    listing = subprocess.run(
        ["ps", "-axo", "pid=,rss=,command="], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        pid, memory, command = line.split(maxsplit=2)
        yield int(pid), int(memory) * 1024, command.split(" --", 1)[0]
