"""The locks of a stack in a store: reading others', writing one's own.

One holds what the CLI writes, ``{pid, username, hostname, timestamp}``, and under ``mto``, which
the CLI skips, what tells a dead lock from a live one. The service adds the term of its Lease: who
has a later term knows that the API server refuses the work of an earlier one. A lock that can't be
understood is somebody's all the same. ``.attrs`` files, which the CLI puts beside its own, are
none.
"""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mto.state import layout, process
from mto.state.checkpoint import instant
from mto.state.errors import Holder
from mto.state.process import Process
from mto.state.store import Store


@dataclass(frozen=True)
class Found:
    """A lock as it was read; ``process`` is None where it is not of our making."""

    id: str
    holder: Holder
    process: Process | None = None
    expires: datetime | None = None
    term: int | None = None

    def dead(self, now: datetime, term: int | None = None) -> bool:
        """``term`` is that of whoever asks, if it is the service."""
        if self.process is None or self.expires is None:
            return False
        if term is not None and self.term is not None and self.term < term:
            return True
        gone = self.process.dead()
        return now >= self.expires if gone is None else gone


class Shelf:
    """The locks of one stack. ``id`` names the one that this shelf's owner may write."""

    def __init__(
        self, store: Store, *, stack: str, clock: Callable[[], datetime], term: int | None = None
    ) -> None:
        self.stack = stack
        self.clock = clock
        self.term = term
        self.id = str(uuid.uuid4())
        self.expires = clock()
        self._store = store
        self._folder = f"{layout.LOCKS}/{stack}"

    def others(self) -> list[Found]:
        names = self._store.names(self._folder)
        ids = sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
        found = (self._read(one) for one in ids if one != self.id)
        return [one for one in found if one is not None]

    def put(self, lifetime: timedelta) -> None:
        """Write one's own."""
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
                **({} if self.term is None else {"term": self.term}),
            },
        }
        self._store.write(self._key(self.id), orjson.dumps(content), lasting=False)

    def drop(self, which: str) -> None:
        self._store.remove(self._key(which))

    def there(self) -> bool:
        return bool(self._store.look([self._key(self.id)]))

    def _key(self, which: str) -> str:
        return f"{self._folder}/{which}.json"

    def _read(self, which: str) -> Found | None:
        content = self._store.read(self._key(which))
        return None if content is None else _found(which, content)  # None: released since we looked


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
        term = int(ours["term"]) if "term" in ours else None
    except (KeyError, TypeError, ValueError):
        return Found(which, holder)
    return Found(which, holder._replace(expires=ours["expires"]), owner, expires, term)


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        return str(os.getuid())
