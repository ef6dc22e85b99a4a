"""Telling whether the process that wrote something down is still the one that has its number.

A process number means something only within one kernel and one PID namespace, and is given out
again there. ``space`` names both, ``started`` tells two processes of one number apart. Where
``/proc`` is missing (macOS) the space is the host's name and the start is unknown.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_STATE, _START = 0, 19
"""Fields 3 and 22 of ``/proc/<pid>/stat``, counted from behind the parenthesis; see proc(5)."""


@dataclass(frozen=True)
class Process:
    """A process for as long as it lives; ``started`` is in clock ticks since boot, 0 if unknown."""

    pid: int
    space: str
    started: int = 0

    def dead(self) -> bool | None:
        """None where this process can't know: the other belongs to another machine or container."""
        if self.space != pid_space():
            return None
        if (start := _start(self.pid)) is not None:
            return bool(self.started) and start != self.started
        return not _answers(self.pid)


def current() -> Process:
    return of(os.getpid())


def of(pid: int) -> Process:
    """A process of this machine and PID namespace that is known to live now."""
    return Process(pid, pid_space(), _start(pid) or 0)


@cache
def pid_space() -> str:
    """Where this process's number is valid: boot and PID namespace, else the host."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _start(pid: int) -> int | None:
    """None: no such process, or a dead one that nobody has waited for."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name in parentheses may hold anything
    return None if fields[_STATE] in "ZX" else int(fields[_START])


def _answers(pid: int) -> bool:
    if _PROC.joinpath("self").exists():
        return False  # /proc is there and would have shown it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, and somebody else's
        pass
    return True
