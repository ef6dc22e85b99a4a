"""Keeps checkpoints in a store, in Pulumi's layout; what any two stores have in common.

The form in which a checkpoint is found (plain or compressed) is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from mto.state import layout
from mto.state.backup import Backup, Backups
from mto.state.checkpoint import Checkpoint, parse, serialise
from mto.state.errors import StateUnreadable, StateUnsupported
from mto.state.integrity import verify
from mto.state.lock import Lock, hold
from mto.state.shelf import Shelf
from mto.state.store import Entry, Store

_STALE_SECONDS = 600.0

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Keeper:
    """A backend on a store. Safe to use from several threads."""

    term: int | None = None
    """Of the Lease, where the service is at work: it goes into the locks."""

    def __init__(self, store: Store, *, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._prepared = False
        self._known = False
        self._last: tuple[Hashable, Checkpoint] | None = None

    def load(self, stack: str) -> Checkpoint | None:
        """The stack's state; the last one is kept, since who asks twice asks in a row."""
        self._check_layout()
        entry = self._newest(stack)
        if entry is None:
            return None
        last = self._last
        if last is not None and last[0] == entry.mark:
            return last[1]
        content = self._store.read(entry.key)
        if content is None:  # removed since we looked
            return None
        source = self._store.place(entry.key)
        checkpoint = parse(layout.unpacked(entry.key, content, source=source), source=source)
        if checkpoint.stack != stack:
            raise StateUnreadable(source, f"it is the state of stack {checkpoint.stack!r}")
        self._last = entry.mark, checkpoint
        return checkpoint

    def mark(self, stack: str) -> Hashable:
        entry = self._newest(stack)
        return entry.mark if entry else None

    def save(self, checkpoint: Checkpoint) -> None:
        verify(checkpoint)
        entry = self._newest(checkpoint.stack)
        if entry is None:  # a new stack, or the whole store was lost, its mark included
            self._known = False
        key = entry.key if entry else layout.checkpoint(checkpoint.stack)
        self._prepare()
        content = serialise(checkpoint.stamped(self._clock()))
        self._store.write(key, layout.packed(key, content))

    def remove(self, stack: str) -> None:
        self._check_layout()
        for form in layout.FORMS:
            self._store.remove(layout.checkpoint(stack, form))

    def stacks(self) -> list[str]:
        self._check_layout()
        found = map(layout.stack_of, self._store.names(layout.STACKS))
        return sorted({stack for stack in found if stack})

    def back_up(self, stack: str) -> Backup | None:
        """A copy of the stack's state, kept with a few others; None where there is no stack."""
        entry = self._newest(stack)
        if entry is None:
            return None
        return Backups(self._store, stack).add(entry.key, self._clock())

    def backups(self, stack: str) -> list[Backup]:
        return Backups(self._store, stack).all()

    def backup(self, stack: str, name: str | None) -> tuple[Backup, Checkpoint]:
        found, checkpoint = Backups(self._store, stack).load(name)
        if checkpoint.stack != stack:
            reason = f"it is the state of stack {checkpoint.stack!r}"
            raise StateUnreadable(f"backup {found.name}", reason)
        return found, checkpoint

    @contextmanager
    def lock(self, stack: str) -> Iterator[Lock]:
        layout.check(stack)
        shelf = Shelf(self._store, stack=stack, clock=self._clock, term=self.term)
        with hold(shelf) as lock:
            if lock.broken:  # whoever died may have died while writing; now nobody else writes
                self._store.sweep(layout.STACKS, older_than=math.inf, prefix=f"{stack}.json")
            yield lock

    def remarks(self) -> tuple[str, ...]:
        return self._store.remarks()

    def close(self) -> None:
        self._store.close()

    def _newest(self, stack: str) -> Entry | None:
        """Of the forms in which the stack is there; a tie goes to the compressed one."""
        found = self._store.look(layout.checkpoint(stack, form) for form in layout.FORMS)
        ranked = sorted(found, key=lambda one: (one.written, len(one.key)))
        return ranked[-1] if ranked else None

    def _check_layout(self) -> bool:
        """Whether ``meta.yaml`` is there; raises StateUnsupported where it names another layout.

        Once it was seen to be ours it is not asked for again.
        """
        if self._known:
            return True
        meta = self._store.read(layout.META)
        place = self._store.place(layout.META)
        if meta is None:
            for name in self._store.names(layout.ALL_STACKS):
                if layout.stack_of(name):
                    raise _old_layout(self._store.place(f"{layout.ALL_STACKS}/{name}"))
            return False
        version = layout.version_of(meta)
        if version == 0:
            raise _old_layout(place)
        if version != layout.VERSION:
            raise StateUnsupported(
                f"{place} names layout {version}, MTO knows layout {layout.VERSION}: "
                "a newer Pulumi wrote it. Use --engine pulumi, or a newer MTO"
            )
        self._known = True
        return True

    def _prepare(self) -> None:
        """Before a write: the layout's mark is set where it is missing; once, old leftovers go."""
        if not self._check_layout():
            self._store.write(layout.META, f"version: {layout.VERSION}\n".encode())
            self._known = True
        if self._prepared:
            return
        stale = self._clock().timestamp() - _STALE_SECONDS
        for folder in (layout.STACKS, layout.LOCKS):
            self._store.sweep(folder, older_than=stale)
        self._prepared = True


def _old_layout(evidence: str) -> StateUnsupported:
    return StateUnsupported(
        f"{evidence} is of Pulumi's old layout without projects: run `pulumi state upgrade`"
    )
