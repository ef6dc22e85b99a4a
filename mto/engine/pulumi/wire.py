"""Messages between an mto and its own workers: pickles, each with its length in front."""

from __future__ import annotations

import pickle
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Any

from mto.components.extra import Extra
from mto.plan.resource import Key, Plan


@dataclass(frozen=True)
class Job:
    """The program to serve; without a plan (refresh, destroy) only events are listened to."""

    plan: Plan | None = None
    extra: Extra | None = None


@dataclass(frozen=True)
class Look:
    """What would the project's own function add to this plan?"""

    plan: Plan
    extra: Extra


@dataclass(frozen=True)
class Looked:
    """``problem``: it can't be told, and why."""

    added: tuple[Key, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Ready:
    """Where the CLI finds the two; ``program`` is empty where there is none."""

    events: str
    program: str = ""


@dataclass(frozen=True)
class Broken:
    """The project's own function stopped the program, with a text that is meant for a person."""

    problem: str


END = "end"
DONE = "done"


_LENGTH = struct.Struct(">Q")


def packed(message: Any) -> bytes:
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


def length(head: bytes) -> int:
    size: int = _LENGTH.unpack(head)[0]
    return size


HEAD = _LENGTH.size


def unpacked(content: bytes) -> Any:
    return pickle.loads(content)  # noqa: S301 - it comes from a process that we started


class Wire:
    """The worker's end: blocking, and safe to send by from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._sending = threading.Lock()

    def send(self, message: Any) -> None:
        with self._sending:
            self._connection.sendall(packed(message))

    def receive(self) -> Any:
        """Raises EOFError when the other end is closed."""
        return unpacked(self._exactly(length(self._exactly(HEAD))))

    def _exactly(self, size: int) -> bytes:
        content = self._stream.read(size)
        if len(content) < size:
            raise EOFError
        return content
