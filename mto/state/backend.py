"""What keeps checkpoints, and which one a URL means."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import urlsplit

from mto.state.backup import Backup
from mto.state.checkpoint import Checkpoint
from mto.state.errors import BackendUnsupported
from mto.state.filebackend import FileBackend
from mto.state.lock import Lock


class Backend(Protocol):
    """Keeps one checkpoint for each stack. Stack names are bare: ``dev.blue``.

    ``term`` goes into locks, and those of an earlier term are broken; None but for the service.
    """

    term: int | None

    def load(self, stack: str) -> Checkpoint | None:
        """The checkpoint; None where the stack does not exist."""

    def mark(self, stack: str) -> Hashable:
        """Tells one content of the stack's state from any other; None where there is no stack."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Write it whole or not at all, after checking that it holds together."""

    def remove(self, stack: str) -> None:
        """Forget the stack; one that does not exist is no error."""

    def stacks(self) -> list[str]:
        """Names of all stacks of the project, sorted."""

    def back_up(self, stack: str) -> Backup | None:
        """Keep a copy of the state, under the stack's lock; None where the stack is not there."""

    def backups(self, stack: str) -> list[Backup]:
        """The copies that are there, the newest first."""

    def backup(self, stack: str, name: str | None) -> tuple[Backup, Checkpoint]:
        """What a copy holds; without a name the newest of MTO's. Raises BackupUnknown."""

    def lock(self, stack: str) -> AbstractContextManager[Lock]:
        """Exclude every other mto and the CLI; raises StateLocked."""

    def remarks(self) -> tuple[str, ...]:
        """What a person must know of the place before relying on it."""

    def close(self) -> None:
        """Let go of what is held open; the next access opens it again."""


def open_backend(url: str) -> Backend:
    """The backend at a URL such as ``PULUMI_BACKEND_URL`` holds. Touches nothing yet."""
    if url.startswith("file://"):
        return FileBackend(url)
    if url.startswith("postgres://"):
        # Its driver takes a tenth of a second to load, which only those pay who use it.
        from mto.state.postgresbackend import PostgresBackend  # noqa: PLC0415

        return PostgresBackend(url)
    parts = urlsplit(url)
    # Neither user nor password: a message is no place for them.
    place = f"{parts.scheme}://{parts.hostname or ''}" if parts.scheme else url
    raise BackendUnsupported(place)
