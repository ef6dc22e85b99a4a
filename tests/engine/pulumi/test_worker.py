"""A worker's life is bound to its parent's."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mto.engine.pulumi.wire import END, Job, Ready, Wire
from tests.support.updates import planned, thing

Started = tuple["subprocess.Popen[bytes]", socket.socket]


@pytest.fixture
def worker() -> Iterator[Started]:
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, "-m", "mto.engine.pulumi.worker", str(number)]
        process = subprocess.Popen(command, pass_fds=(number,))
    with ours, process:
        yield process, ours
        process.kill()


def test_it_serves_a_program_and_is_ready_for_the_next(worker: Started) -> None:
    _, connection = worker
    wire = Wire(connection)
    for _ in range(2):
        wire.send(Job(planned(thing("one"))))
        ready = wire.receive()
        assert isinstance(ready, Ready)
        assert ready.events == f"tcp://{ready.program}"
        wire.send(END)
        assert wire.receive() == "done"


@pytest.mark.parametrize("busy", [True, False])
def test_it_ends_with_its_parent(worker: Started, *, busy: bool) -> None:
    process, connection = worker
    wire = Wire(connection)
    if busy:
        wire.send(Job(planned(thing("one"))))
        assert isinstance(wire.receive(), Ready)
    connection.shutdown(socket.SHUT_RDWR)
    assert process.wait(timeout=20) == 0
