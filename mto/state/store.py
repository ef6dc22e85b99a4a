"""Where a backend keeps its values: keys with slashes, and bytes under them.

Keys and values are those of Pulumi's own backends without Pulumi Cloud, whatever holds them: the
folder of a file system (``mto.state.folder``) or a table of PostgreSQL (``mto.state.table``). What
stands under which key is said by ``mto.state.layout``, once for all stores.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """A value that is there. ``written`` orders writes; ``mark`` tells one content from another."""

    key: str
    written: float
    mark: Hashable


class Store(Protocol):
    """Whoever reads a key finds an old value or a new one, whole, or none.

    Reading makes nothing. Raises StateUnreadable, StateUnwritable and StateUnreachable.
    """

    def place(self, key: str) -> str:
        """What messages call it; without user and password."""

    def remarks(self) -> tuple[str, ...]:
        """What a person must know of the place before relying on it; asked once."""

    def look(self, keys: Iterable[str]) -> list[Entry]:
        """Those of the keys that are there."""

    def read(self, key: str) -> bytes | None:
        """The value; None where the key is not there."""

    def names(self, folder: str) -> list[str]:
        """The last parts of the keys right below ``folder``, sorted."""

    def write(self, key: str, content: bytes, *, lasting: bool = True) -> None:
        """Replace the value, or make it. What does not last (a lock) may be lost by a power cut."""

    def remove(self, key: str) -> None:
        """What is not there is fine."""

    def sweep(self, folder: str, *, older_than: float, prefix: str = "") -> None:
        """Remove what killed runs left half written; ``older_than``: seconds since the epoch."""

    def close(self) -> None:
        """Let go of what is held open; the next access opens it again."""
