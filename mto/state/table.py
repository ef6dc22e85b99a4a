"""A store in a table of PostgreSQL, as Pulumi's CLI has it.

A row is a key and ``{"data": "<base64>"}``. The table is made by the first write that misses it;
whoever may not make one can be given one. Each write is one statement: done or not done.
Locks are rows like all others (``mto.state.contest``): a row that is written is seen by every
statement that begins afterwards, which is all that the protocol asks for.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString

import orjson
import psycopg
from psycopg import sql

from mto.state.database import Database, said
from mto.state.errors import StateUnreadable, StateUnwritable
from mto.state.store import Entry

_MAKE = """
CREATE TABLE IF NOT EXISTS {table} (
    key TEXT PRIMARY KEY,
    data JSON NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS {index} ON {table} (key text_pattern_ops)
"""
_LOOK = "SELECT key, extract(epoch FROM updated_at), xmin::text FROM {table} WHERE key = ANY(%s)"
_READ = "SELECT data->>'data' FROM {table} WHERE key = %s"
_NAMES = "SELECT key FROM {table} WHERE key LIKE %s"
_WRITE = (
    "INSERT INTO {table} (key, data) VALUES (%s, %s) "
    "ON CONFLICT (key) DO UPDATE SET data = excluded.data, updated_at = now()"
)
_REMOVE = "DELETE FROM {table} WHERE key = %s"
_MADE_BY_ANOTHER = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,
)
"""What one of two gets that make the same table at the same time, IF NOT EXISTS or not."""


class Table:
    """``database`` says which table, and what stands before every key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prefix = database.address.prefix
        self._table = database.address.table

    def place(self, key: str) -> str:
        return f"{self._prefix}{key} in table {self._table} of {self._database.address.place}"

    def remarks(self) -> tuple[str, ...]:
        return ()

    def look(self, keys: Iterable[str]) -> list[Entry]:
        full = [f"{self._prefix}{key}" for key in keys]
        rows = self._found(full[0], _LOOK, full)
        return [
            Entry(key.removeprefix(self._prefix), float(written), (key, written, version))
            for key, written, version in rows
        ]

    def read(self, key: str) -> bytes | None:
        rows = self._found(key, _READ, f"{self._prefix}{key}")
        if not rows:
            return None
        try:
            return b64decode(rows[0][0] or "", validate=True)
        except NotBase64 as error:
            raise StateUnreadable(self.place(key), f"it is no base64 ({error})") from error

    def names(self, folder: str) -> list[str]:
        above = f"{self._prefix}{folder}/"
        rows = self._found(folder, _NAMES, f"{_literal(above)}%")
        names = (key.removeprefix(above) for (key,) in rows)
        return sorted(name for name in names if "/" not in name)

    def write(self, key: str, content: bytes, *, lasting: bool = True) -> None:
        """It always lasts: a server waits for its log in any case."""
        del lasting
        value = orjson.dumps({"data": b64encode(content).decode()}).decode()
        row = f"{self._prefix}{key}", value
        with self._writing(key):
            try:
                self._run(_WRITE, *row)
            except psycopg.errors.UndefinedTable:
                self._make()
                self._run(_WRITE, *row)

    def remove(self, key: str) -> None:
        with self._writing(key), suppress(psycopg.errors.UndefinedTable):
            self._run(_REMOVE, f"{self._prefix}{key}")

    def sweep(self, folder: str, *, older_than: float, prefix: str = "") -> None:
        """Nothing: what was not written whole was not written."""

    def close(self) -> None:
        self._database.close()

    def _run(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        composed = sql.SQL(query).format(
            table=sql.Identifier(self._table),
            index=sql.Identifier(f"{self._table}_key_prefix_idx"),
        )
        return self._database.run(composed, *values)

    def _make(self) -> None:
        with suppress(*_MADE_BY_ANOTHER):
            self._run(_MAKE)

    def _found(self, key: str, query: LiteralString, value: Any) -> list[tuple[Any, ...]]:
        """What a query finds; nothing where the table isn't there yet."""
        try:
            return self._run(query, value)
        except psycopg.errors.UndefinedTable:
            return []
        except psycopg.Error as error:
            raise StateUnreadable(self.place(key), said(error)) from error

    @contextmanager
    def _writing(self, key: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise StateUnwritable(self.place(key), said(error)) from error


def _literal(text: str) -> str:
    """For LIKE, in which ``_`` and ``%`` mean any character."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
