"""Which processes of the CLI this machine's mto has started, so that a dead one can be told.

The CLI's lock names a host and a process id, and neither proves anything: containers share names
and reuse numbers. So every CLI that is started leaves a note here with what does prove it (boot,
PID namespace, start time), and a lock is broken only where the note's process is dead and is the
one that the lock names.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

from mto.local.lock import exclusive
from mto.state import process
from mto.state.errors import Holder
from mto.state.process import Process


class Runs:
    """Notes in ``folder``, one for each stack of the backend at ``url``."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder / hashlib.sha256(url.encode()).hexdigest()[:16]

    def note(self, stack: str, pid: int) -> None:
        """The CLI of this process id works on the stack from now on."""
        self._folder.mkdir(parents=True, exist_ok=True)
        one = process.of(pid)
        content = {"pid": one.pid, "space": one.space, "started": one.started}
        self._path(stack).write_text(json.dumps(content))

    def forget(self, stack: str) -> None:
        """It has ended by itself, so it has unlocked."""
        self._path(stack).unlink(missing_ok=True)

    def left(self, stack: str, holder: Holder) -> bool:
        """The lock's holder is a CLI of ours that is provably dead."""
        known = self._read(stack)
        if known is None or holder.host != socket.gethostname() or holder.pid != known.pid:
            return False
        return known.dead() is True

    @contextlib.contextmanager
    def alone(self, stack: str) -> Iterator[None]:
        """Only one process of this machine looks and breaks at a time."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self._path(stack).with_suffix(".lock")):
            yield

    def _path(self, stack: str) -> Path:
        return self._folder / f"{stack}.json"

    def _read(self, stack: str) -> Process | None:
        try:
            known = json.loads(self._path(stack).read_text())
            return Process(int(known["pid"]), str(known["space"]), int(known["started"]))
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, ValueError):  # half written by a killed run: proves nothing
            return None
