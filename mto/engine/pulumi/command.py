"""One process of the CLI: in a session of its own, with a deadline, and never left behind.

Asked to stop, or out of time, it is sent SIGINT once, which lets it finish the steps under way,
save and unlock (a second one would make it drop them); what is still there after a grace is killed
with all that it has started. A provider has a process group of its own, so that a terminal's Ctrl-C
does not reach it: what belongs to the CLI is therefore told by its session.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

GRACE = 20.0
"""Seconds between the request to stop and the end by force, when the deadline is over."""

KEPT = 64 * 1024
"""Bytes of what it prints that are kept: the last ones."""

_DRAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Ended:
    """How it ended, and the last of what it printed.

    ``late``: the deadline was over; ``stopped``: it was asked to stop; ``killed``: by us.
    """

    code: int
    printed: str
    late: bool = False
    stopped: bool = False
    killed: bool = False


@dataclass(frozen=True)
class Limits:
    """``deadline`` and ``grace`` in seconds; ``stop`` ends the run cleanly."""

    deadline: float
    stop: asyncio.Event
    grace: float = GRACE


async def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environ: Mapping[str, str],
    limits: Limits,
    started: Callable[[int], None],
) -> Ended:
    """Run it to its end; ``started`` is told its process id. Cancelled, it is killed at once."""
    async with _printing() as (output, tail):
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=dict(environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(output)
        try:
            started(process.pid)
            ended = await _until_end(process, limits)
        finally:
            kill_session(process.pid)  # what it left behind, and itself where we were cancelled
            await process.wait()
        await asyncio.wait({tail}, timeout=_DRAIN_SECONDS)
        printed = tail.result() if tail.done() else b""
        return replace(ended, printed=printed.decode(errors="replace"))


@asynccontextmanager
async def _printing() -> AsyncIterator[tuple[int, asyncio.Future[bytes]]]:
    """The end to write into, and what will have come out of the other one.

    A pipe of our own: asyncio would wait for its pipes to close before it says that a process has
    ended, and a grandchild may hold them open for ever.
    """
    reading, writing = os.pipe()
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb")
    )
    tail = asyncio.ensure_future(_tail(stream))
    try:
        yield writing, tail
    finally:
        transport.close()
        tail.cancel()
        await asyncio.gather(tail, return_exceptions=True)


async def _until_end(process: asyncio.subprocess.Process, limits: Limits) -> Ended:
    """Wait for its end, or bring it about."""
    ends = time.monotonic() + limits.deadline
    ended = asyncio.ensure_future(process.wait())
    asked = asyncio.ensure_future(limits.stop.wait())
    try:
        await asyncio.wait({ended, asked}, timeout=limits.deadline, return_when="FIRST_COMPLETED")
        if ended.done():
            return Ended(ended.result(), "")
        # Not by the process object: it would reap the process, and its watcher would not know how
        # it ended.
        _signal(process.pid, signal.SIGINT)
        stopped = asked.done()
        left = max(ends - time.monotonic(), limits.grace) if stopped else limits.grace
        await asyncio.wait({ended}, timeout=left)
        late, killed = time.monotonic() >= ends, not ended.done()
        kill_session(process.pid)
        return Ended(await ended, "", late, stopped, killed)
    finally:
        asked.cancel()
        ended.cancel()
        await asyncio.gather(asked, ended, return_exceptions=True)


async def _tail(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while chunk := await stream.read(KEPT):
        kept = (kept + chunk)[-KEPT:]
    return kept


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):  # gone, or its number is another's by now
        return


def kill_session(leader: int) -> None:
    """Kill whatever still belongs to the session, the leader included."""
    for pid in _members(leader):
        _signal(pid, signal.SIGKILL)


def _members(leader: int) -> list[int]:
    """Where ``/proc`` is missing (macOS): the leader's process group alone, by its negative id."""
    try:
        names = [one.name for one in Path("/proc").iterdir() if one.name.isdigit()]
    except OSError:
        return [-leader]
    return [int(name) for name in names if _session(name) == leader]


def _session(name: str) -> int:
    """Field 6 of ``/proc/<pid>/stat``, see proc(5); 0 where the process is gone or a zombie."""
    try:
        stat = (Path("/proc") / name / "stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in "ZX" else int(fields[3])
