"""The record of one stack: out and in, mended, and brought back; the cluster is not asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mto.errors import UsageError
from mto.service.environment import Environment
from mto.state.backend import Backend, open_backend
from mto.state.backup import Backup
from mto.state.checkpoint import Checkpoint
from mto.state.deployment import exported, imported
from mto.state.errors import StateChanged
from mto.state.integrity import verify
from mto.state.repair import repaired


@dataclass(frozen=True)
class Replaced:
    """What became of a stack's record. ``backup`` holds what was there, if anything was."""

    stack: str
    done: tuple[str, ...] = ()
    backup: str | None = None


@dataclass(frozen=True)
class Record:
    """One stack's record, a tenant's or the platform's. ``backend`` is open."""

    stack: str
    backend: Backend

    def export(self) -> Mapping[str, Any]:
        """The deployment; raises UsageError if there is none."""
        return exported(self._load())

    def take(self, deployment: Mapping[str, Any]) -> Replaced:
        """Put an exported deployment in the place of the record."""
        checkpoint = imported(self.stack, deployment)
        verify(checkpoint)
        with self.backend.lock(self.stack):
            return self._replace(checkpoint)

    def repair(self, agreed: Callable[[tuple[str, ...]], None]) -> Replaced:
        """Mend what does not hold together; ``agreed`` is told first and raises if it must not be.

        Asked without the lock, since people take their time. Raises StateChanged, StateBroken.
        """
        before = self._load()
        repair = repaired(before)
        if not repair.done:
            return Replaced(self.stack)
        agreed(repair.done)
        with self.backend.lock(self.stack):
            if self._load() != before:
                raise StateChanged(self.stack)
            return self._replace(repair.checkpoint, done=repair.done)

    def backups(self) -> list[Backup]:
        return self.backend.backups(self.stack)

    def restore(self, name: str | None, agreed: Callable[[Backup], None]) -> Replaced:
        """Put a backup in the place of the record; raises BackupUnknown."""
        backup, checkpoint = self.backend.backup(self.stack, name)
        verify(checkpoint)
        agreed(backup)
        with self.backend.lock(self.stack):
            return self._replace(checkpoint, done=(backup.name,))

    def _load(self) -> Checkpoint:
        checkpoint = self.backend.load(self.stack)
        if checkpoint is None:
            known = ", ".join(self.backend.stacks()) or "none"
            raise UsageError(f"stack {self.stack!r} does not exist; stacks: {known}")
        return checkpoint

    def _replace(self, checkpoint: Checkpoint, *, done: tuple[str, ...] = ()) -> Replaced:
        backup = self.backend.back_up(self.stack)
        self.backend.save(checkpoint)
        return Replaced(self.stack, done, backup.name if backup else None)


@contextmanager
def record(environment: Environment, tenant: str | None) -> Iterator[Record]:
    """The record of a tenant's stack, or without one of the platform's."""
    backend = open_backend(environment.backend_url)
    try:
        yield Record(environment.settings().stack(tenant), backend)
    finally:
        backend.close()
