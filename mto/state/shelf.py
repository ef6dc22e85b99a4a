"""The lock files of a stack: reading others', writing one's own.

A file holds what the CLI writes, ``{pid, username, hostname, timestamp}``, and under ``mto``, which
the CLI skips, what tells a dead lock from a live one. A file that can't be understood is somebody's
lock all the same. ``.attrs`` files, which the CLI puts beside its own, are none.
"""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from mto.plan.resource import PROJECT
from mto.state import files, process
from mto.state.checkpoint import ORGANIZATION, instant
from mto.state.errors import Holder, StateUnreadable
from mto.state.process import Process


@dataclass(frozen=True)
class Found:
    """A lock file as it was read; ``process`` is None where it is not of our making."""

    id: str
    holder: Holder
    process: Process | None = None
    expires: datetime | None = None

    def dead(self, now: datetime) -> bool:
        if self.process is None or self.expires is None:
            return False
        gone = self.process.dead()
        return now >= self.expires if gone is None else gone


class Shelf:
    """The lock files of one stack. ``id`` names the one that this shelf's owner may write."""

    def __init__(self, root: Path, *, stack: str, clock: Callable[[], datetime]) -> None:
        self.stack = stack
        self.clock = clock
        self.id = str(uuid.uuid4())
        self.expires = clock()
        self._folder = locks_folder(root) / stack

    def others(self) -> list[Found]:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StateUnreadable(str(self._folder), error.strerror or str(error)) from error
        ids = sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
        found = (self._read(one) for one in ids if one != self.id)
        return [one for one in found if one is not None]

    def put(self, lifetime: timedelta) -> None:
        """Write one's own; beside the folder first, since the CLI reads whatever lies in it."""
        now = self.clock()
        self.expires = now + lifetime
        me = process.current()
        content = {
            "pid": me.pid,
            "username": _username(),
            "hostname": socket.gethostname(),
            "timestamp": instant(now),
            "mto": {
                "startTime": me.started,
                "pidSpace": me.space,
                "expires": instant(self.expires),
            },
        }
        whole = orjson.dumps(content)
        files.write(self._path(self.id), whole, durable=False, aside=self._folder.parent)

    def drop(self, which: str) -> None:
        files.remove(self._path(which))

    def there(self) -> bool:
        return self._path(self.id).exists()

    def _path(self, which: str) -> Path:
        return self._folder / f"{which}.json"

    def _read(self, which: str) -> Found | None:
        try:
            content = self._path(which).read_bytes()
        except FileNotFoundError:  # released since we looked
            return None
        except OSError as error:
            raise StateUnreadable(str(self._path(which)), error.strerror or str(error)) from error
        return _found(which, content)


def locks_folder(root: Path) -> Path:
    return root / ".pulumi" / "locks" / ORGANIZATION / PROJECT


def _found(which: str, content: bytes) -> Found:
    try:
        values: dict[str, Any] = orjson.loads(content)
        user, host = str(values["username"]), str(values["hostname"])
        holder = Holder(user, host, int(values["pid"]), str(values["timestamp"]))
    except (KeyError, TypeError, ValueError):
        return Found(which, Holder("somebody", "an unknown host", 0, "an unknown time"))
    try:
        ours = values["mto"]
        expires = datetime.fromisoformat(ours["expires"]).astimezone(UTC)
        owner = Process(holder.pid, str(ours["pidSpace"]), int(ours["startTime"]))
    except (KeyError, TypeError, ValueError):
        return Found(which, holder)
    return Found(which, holder._replace(expires=ours["expires"]), owner, expires)


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        return str(os.getuid())
