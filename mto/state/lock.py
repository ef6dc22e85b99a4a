"""The lock of a stack: Pulumi's own, so that it keeps the CLI out and is kept out by it.

One JSON file for each holder, ``.pulumi/locks/organization/mto/<stack>/<uuid>.json``. To take
the lock: look, write one's own file, look again. Whoever then sees another's live file does not
hold the lock. The CLI gives up at once. An mto takes its file back and tries again, unless its id
is the lowest: then it leaves its file and waits for the others to go, so that one of them wins.

Ours has an extra key ``mto``, which the CLI skips: what process holds it, and until when at the
latest. A lock of ours is dead when its process is, or when it has expired and its process can't
be asked (another host, another container). The winner, and only it, removes dead ones and reports
them. A lock of the CLI is never removed: it does not say enough to tell.

A holder must not work past ``Lock.expires``; ``Lock.renew`` moves that time.
"""

from __future__ import annotations

import getpass
import os
import random
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from mto.plan.resource import PROJECT
from mto.state import files, process
from mto.state.checkpoint import ORGANIZATION, instant
from mto.state.errors import Holder, LockLost, StateLocked, StateUnreadable
from mto.state.process import Process

LIFETIME = timedelta(minutes=15)
PATIENCE = 1.0
"""Seconds to go on trying while others start at the same time."""

_PAUSE = (0.002, 0.03)


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


@dataclass
class Lock:
    """A lock that is held. ``broken``: the dead locks of mto that it took the place of.

    After a broken lock the checkpoint may hold pending operations. They are what counts, since
    a checkpoint may hold some without a broken lock (after `pulumi cancel`).
    """

    shelf: Shelf = field(repr=False)
    lifetime: timedelta
    broken: tuple[Holder, ...] = ()

    @property
    def expires(self) -> datetime:
        return self.shelf.expires

    @property
    def held(self) -> bool:
        """False once somebody has removed it (`pulumi cancel`): stop, another may have begun."""
        return self.shelf.there()

    def renew(self) -> None:
        """Hold it for a further lifetime; raises LockLost."""
        if not self.held:
            raise LockLost(self.shelf.stack)
        self.shelf.put(self.lifetime)


@contextmanager
def hold(
    shelf: Shelf, *, lifetime: timedelta = LIFETIME, patience: float = PATIENCE
) -> Iterator[Lock]:
    """Hold the lock for the length of the block; raises StateLocked, StateUnwritable."""
    deadline = time.monotonic() + patience
    try:
        for rival in contend(shelf, lifetime):
            if rival is None:
                continue
            if time.monotonic() >= deadline:
                raise StateLocked(shelf.stack, rival)
            time.sleep(random.uniform(*_PAUSE))  # noqa: S311 - no secret, just out of step
        now = shelf.clock()
        dead = [one for one in shelf.others() if one.dead(now)]
        for one in dead:
            shelf.drop(one.id)
        yield Lock(shelf, lifetime, tuple(one.holder for one in dead))
    finally:
        shelf.drop(shelf.id)


def contend(shelf: Shelf, lifetime: timedelta) -> Iterator[Holder | None]:
    """Try until the lock is held: one access to the shelf between two steps.

    Yields a rival where it is time to pause, else None. Abandoned, it may leave a file behind.
    """
    while True:
        if rivals := _rivals(shelf):
            yield rivals[0].holder
            continue
        yield None
        shelf.put(lifetime)
        yield None
        while rivals := _rivals(shelf):
            if any(one.id < shelf.id for one in rivals):
                yield None
                shelf.drop(shelf.id)
                yield rivals[0].holder
                break
            yield rivals[0].holder
        else:
            return


def locks_folder(root: Path) -> Path:
    return root / ".pulumi" / "locks" / ORGANIZATION / PROJECT


def _rivals(shelf: Shelf) -> list[Found]:
    now = shelf.clock()
    return [one for one in shelf.others() if not one.dead(now)]


def _found(which: str, content: bytes) -> Found:
    """A file that can't be understood is somebody's lock all the same."""
    try:
        values: dict[str, Any] = orjson.loads(content)
        user, host = str(values["username"]), str(values["hostname"])
        holder = Holder(user, host, int(values["pid"]), str(values["timestamp"]))
    except (KeyError, TypeError, ValueError):
        return Found(which, Holder("somebody", "an unknown host", 0, "an unknown time"))
    try:
        ours = values["mto"]
        expires = datetime.fromisoformat(ours["expires"])
        owner = Process(holder.pid, str(ours["pidSpace"]), int(ours["startTime"]))
    except (KeyError, TypeError, ValueError):
        return Found(which, holder)
    return Found(which, holder._replace(expires=ours["expires"]), owner, expires)


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        return str(os.getuid())
