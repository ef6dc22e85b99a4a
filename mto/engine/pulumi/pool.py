"""Warm workers, a bounded number of them, handed out one stack at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, cast

from mto.engine.pulumi import wire
from mto.engine.pulumi.command import kill_session
from mto.engine.pulumi.events import Event
from mto.engine.pulumi.folder import Folder
from mto.engine.pulumi.wire import DONE, END, Broken, Job, Look, Looked, Ready

PATIENCE = 30.0
"""Seconds that a worker may take to be ready, or to be done after its CLI has ended."""


class Lost(Exception):
    """The worker is gone or does not answer; ``code`` is how its process ended, if it has."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Worker:
    """One process with a folder of its own."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    folder: Folder
    busy: bool = False

    @classmethod
    async def start(cls, folder: Folder) -> Worker:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "mto.engine.pulumi.worker",
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=sys.stderr.fileno() if _has_number(sys.stderr) else None,
                    start_new_session=True,
                )
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:  # cancelled in the middle: asyncio ends the process, the rest is ours
            ours.close()
            folder.close()
            raise
        return cls(process, reader, writer, folder)

    @contextlib.asynccontextmanager
    async def serving(self, job: Job, hear: Callable[[Event], None]) -> AsyncIterator[Serving]:
        """The program is served inside; ``hear`` is told every event, all of them at the end.

        Raises Lost where the worker died or hangs.
        """
        self.busy = True
        await self._send(job)
        ready = cast("Ready", await asyncio.wait_for(self._receive(), PATIENCE))
        serving = Serving(ready)
        listening = asyncio.ensure_future(self._listen(hear, serving))
        try:
            yield serving
            await self._send(END)
            await asyncio.wait_for(asyncio.shield(listening), PATIENCE)
        except TimeoutError:
            raise Lost(self.process.returncode) from None
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        self.busy = False

    async def look(self, look: Look) -> Looked:
        """Raises Lost where the project's function hangs, or takes the worker along."""
        self.busy = True
        await self._send(look)
        try:
            answer: Looked = await asyncio.wait_for(self._receive(), PATIENCE)
        except TimeoutError:
            raise Lost(None) from None
        self.busy = False
        return answer

    async def _listen(self, hear: Callable[[Event], None], serving: Serving) -> None:
        while (message := await self._receive()) != DONE:
            if isinstance(message, Broken):
                serving.problem = message.problem
            else:
                hear(message)

    async def _send(self, message: Any) -> None:
        try:
            self.writer.write(wire.packed(message))
            await self.writer.drain()
        except ConnectionError:
            raise Lost(self.process.returncode) from None

    async def _receive(self) -> Any:
        try:
            head = await self.reader.readexactly(wire.HEAD)
            return wire.unpacked(await self.reader.readexactly(wire.length(head)))
        except (asyncio.IncompleteReadError, ConnectionError):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), 1)
            raise Lost(self.process.returncode) from None

    async def close(self) -> None:
        """Ends the process, by force where it is in the middle of something."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
        if self.busy:
            kill_session(self.process.pid)
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        self.folder.close()


@dataclass
class Serving:
    """``problem`` is what the project's own function stopped the program with."""

    ready: Ready
    problem: str = ""


class Pool:
    """At most ``size`` workers, started when they are first needed, kept warm until ``close``."""

    def __init__(self, size: int, make: Callable[[], Folder]) -> None:
        self._make = make
        self._places = asyncio.Semaphore(size)
        self._idle: list[Worker] = []

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[Worker]:
        async with self._places:
            worker = self._idle.pop() if self._idle else await Worker.start(self._make())
            try:
                yield worker
            finally:
                if worker.busy or worker.process.returncode is not None:
                    await worker.close()
                else:
                    self._idle.append(worker)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(one.close() for one in idle))


def _has_number(stream: Any) -> bool:
    """What a program prints goes to standard error, if that is a real file."""
    try:
        os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return False
    return True
