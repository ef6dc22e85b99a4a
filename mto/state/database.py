"""The door to PostgreSQL: a URL of Pulumi's, a few connections, and its errors made ours.

A ``postgres://`` URL means to MTO what it means to Pulumi's CLI, whose driver differs from libpq:

- without ``sslmode`` (or ``PGSSLMODE``) encryption is required, and without a host it is
  ``localhost``, never a socket;
- ``table`` names the table, and the name of the database, where the *path* holds it, stands before
  every key as ``<database>/``;
- a parameter that is not the driver's is a setting of the session (``search_path``, ``timezone``).

``PGHOST``, ``PGUSER``, ``PGPASSWORD``, ``PGDATABASE`` and the password file count as usual.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from mto.state.errors import BackendMalformed, StateUnreachable

TABLE = "pulumi_state"
MOST = 8
"""Connections at a time; whoever wants a further one waits."""

PAUSES = (0.1, 0.4, 1.0, 3.0)
"""Seconds between the tries after a connection was lost, as by a server that restarts."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_DEFAULTS = {"connect_timeout": "10", "keepalives_idle": "30", "tcp_user_timeout": "30000"}
_PATIENCE_MS = 60_000
_NOT_OURS = {"binary_parameters", "disable_prepared_binary_result"}
"""Parameters of the CLI's driver that mean nothing to another one."""


@dataclass(frozen=True)
class Address:
    """Where the state lies. ``place`` is for messages: no user, no password."""

    parameters: Mapping[str, str] = field(repr=False)
    table: str
    prefix: str
    place: str


def address(url: str, environ: Mapping[str, str]) -> Address:
    """What a URL means; raises BackendMalformed, which never quotes it."""
    try:
        parts = urlsplit(url)
        port = parts.port
        query = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
    except ValueError:
        raise BackendMalformed("host, port or parameters can't be told apart") from None
    if parts.fragment or "@" in parts.path:  # the end of a password is taken for something else
        raise BackendMalformed("it holds a character that must be percent-encoded")
    table = query.pop("table", "") or TABLE
    if not _NAME.fullmatch(table):
        raise BackendMalformed("a table's name is letters, digits and '_', 63 at most")
    database = unquote(parts.path).lstrip("/")
    given = {
        "host": unquote(parts.hostname or "") or environ.get("PGHOST") or "localhost",
        "port": str(port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": database,
    }
    parameters = {key: value for key, value in given.items() if value}
    parameters |= _settings(query)
    if "PGSSLMODE" not in environ:
        parameters = {"sslmode": "require"} | parameters
    return Address(
        _DEFAULTS | parameters,
        table.lower(),
        f"{database.rstrip('/')}/" if database else "",
        _place(parameters),
    )


def _settings(query: Mapping[str, str]) -> dict[str, str]:
    """The driver's own parameters as they are, all others as settings of the session."""
    ours = {one.keyword.decode() for one in psycopg.pq.Conninfo.get_defaults()}
    settings = {key: value for key, value in query.items() if key in ours}
    options = [settings["options"]] if settings.get("options") else []
    for key, value in query.items():
        if key not in ours and key not in _NOT_OURS:
            escaped = value.replace("\\", "\\\\").replace(" ", "\\ ")
            options.append(f"-c {key}={escaped}")
    return settings | ({"options": " ".join(options)} if options else {})


def _place(parameters: Mapping[str, str]) -> str:
    port = f":{parameters['port']}" if "port" in parameters else ""
    return f"postgres://{parameters['host']}{port}/{parameters.get('dbname', '')}"


class Database:
    """Connections are made when they are needed, and kept; usable from several threads.

    A statement is tried again where the connection was lost, so it must be one that may happen
    twice. Raises StateUnreachable; errors of the statement itself are psycopg's.
    """

    def __init__(self, where: Address) -> None:
        self.address = where
        self._conninfo = make_conninfo(**where.parameters)
        self._idle: list[psycopg.Connection[Any]] = []
        self._places = threading.BoundedSemaphore(MOST)
        self._reached = False

    def run(self, query: sql.Composed, *values: Any) -> list[tuple[Any, ...]]:
        """One statement, or several without values, in a transaction of its own."""
        pauses = iter(PAUSES)
        while True:
            try:
                with self._connection() as connection:
                    cursor = connection.execute(query, values or None)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError as error:
                pause = next(pauses, None)
                if not _passing(error):
                    raise
                if pause is None or not self._reached:
                    raise self._unreachable(error) from error
                time.sleep(pause)

    def close(self) -> None:
        while (connection := self._taken()) is not None:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        with self._places:
            connection = self._taken() or self._connect()
            try:
                yield connection
            finally:
                if connection.broken or connection.closed:
                    self.close()  # what it was lost by, the idle ones were lost by as well
                else:
                    self._idle.append(connection)

    def _taken(self) -> psycopg.Connection[Any] | None:
        """An idle one; another thread may take it between a look and a grasp."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self) -> psycopg.Connection[Any]:
        """Statements are not prepared and end soon, as a pooler between us and the server wants."""
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)
            connection.execute(f"SET statement_timeout = {_PATIENCE_MS}")
        except psycopg.OperationalError as error:
            if self._reached and _passing(error):
                raise
            raise self._unreachable(error) from error
        self._reached = True
        return connection

    def _unreachable(self, error: psycopg.Error) -> StateUnreachable:
        return StateUnreachable(self.address.place, said(error))


def said(error: psycopg.Error) -> str:
    """What the server or the driver said, in one line."""
    return " ".join((error.diag.message_primary or str(error)).split()).rstrip(".")


def _passing(error: psycopg.OperationalError) -> bool:
    """Whether to try again may help: the connection was lost, or the server is on its way."""
    state = error.sqlstate or ""
    return not state or state.startswith(("08", "57P"))


def reachable(url: str) -> Database:
    """The database of a URL; nothing is asked of it yet. Raises BackendMalformed."""
    try:
        return Database(address(url, os.environ))
    except psycopg.ProgrammingError:  # its text may quote a part of the URL
        raise BackendMalformed("its parameters are none of PostgreSQL's") from None
