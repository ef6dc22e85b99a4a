"""Copies of a checkpoint, kept before something replaces it that is no update.

They lie where the CLI keeps its own, one after each update of its, and have a name of their own, so
that only ours are thrown away: the newest ``KEPT`` of a stack stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from mto.state import layout
from mto.state.checkpoint import Checkpoint, parse
from mto.state.errors import BackupUnknown
from mto.state.store import Store

KEPT = 10
_NANO = 1_000_000_000


@dataclass(frozen=True)
class Backup:
    """``ours``: of MTO's making. ``written`` is in UTC."""

    name: str
    written: datetime
    ours: bool


class Backups:
    """The copies of one stack in a store. The stack's lock is held by whoever writes."""

    def __init__(self, store: Store, stack: str) -> None:
        layout.check(stack)
        self._store = store
        self._stack = stack
        self._folder = f"{layout.BACKUPS}/{stack}"
        self._form = re.compile(
            rf"{re.escape(stack)}\.(?P<nano>\d+)(?P<ours>\.mto)?\.json(\.gz|\.zst)?"
        )

    def all(self) -> list[Backup]:
        """The newest first; whatever else lies there is none."""
        found = [self._backup(name) for name in self._store.names(self._folder)]
        return sorted(
            (one for one in found if one), key=lambda one: (one.written, one.name), reverse=True
        )

    def add(self, key: str, now: datetime) -> Backup | None:
        """Copy what stands under a key, to the letter; None where nothing does."""
        content = self._store.read(key)
        if content is None:
            return None
        form = key.removeprefix(f"{layout.STACKS}/{self._stack}")
        nano = int(now.timestamp() * 1_000_000) * 1000
        name = f"{self._stack}.{nano}.mto{form}"
        self._store.write(f"{self._folder}/{name}", content)
        for old in [one for one in self.all() if one.ours][KEPT:]:
            self._store.remove(f"{self._folder}/{old.name}")
        return self._backup(name)

    def load(self, name: str | None) -> tuple[Backup, Checkpoint]:
        """The named one, or the newest of ours; raises BackupUnknown, StateUnreadable."""
        known = self.all()
        wanted = [one for one in known if (one.name == name if name else one.ours)]
        key = f"{self._folder}/{wanted[0].name}" if wanted else ""
        content = self._store.read(key) if wanted else None
        if content is None:
            raise BackupUnknown(self._stack, name, [one.name for one in known])
        source = self._store.place(key)
        return wanted[0], parse(layout.unpacked(key, content, source=source), source=source)

    def _backup(self, name: str) -> Backup | None:
        match = self._form.fullmatch(name)
        if match is None:
            return None
        written = datetime.fromtimestamp(int(match["nano"]) / _NANO, tz=UTC)
        return Backup(name, written, ours=match["ours"] is not None)
