"""The lock of a stack: Pulumi's own, so that it keeps the CLI out and is kept out by it.

How it is taken: ``mto.state.contest``; what its file holds: ``mto.state.shelf``. A lock of ours is
dead when its process is, or when it has expired and its process can't be asked (another host,
another container); one of the service also where it was taken in an earlier term than the one
that asks is in. The winner, and only it, removes dead ones and reports them. A lock of the CLI
is never removed: it does not say enough to tell.

A holder must not work past ``Lock.expires``; ``Lock.renew`` moves that time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mto.state.contest import contend
from mto.state.errors import Holder, LockLost, StateLocked
from mto.state.shelf import Shelf

LIFETIME = timedelta(minutes=15)
PATIENCE = 1.0
"""Seconds to go on trying while others start at the same time."""

_PAUSE = (0.002, 0.03)


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

    def check(self) -> None:
        """To be asked before anything is written; raises LockLost."""
        if not self.held:
            raise LockLost(self.shelf.stack)

    def renew(self) -> None:
        """Hold it for a further lifetime; raises LockLost."""
        self.check()
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
        dead = [one for one in shelf.others() if one.dead(now, shelf.term)]
        for one in dead:
            shelf.drop(one.id)
        yield Lock(shelf, lifetime, tuple(one.holder for one in dead))
    finally:
        shelf.drop(shelf.id)
