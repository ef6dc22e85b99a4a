"""A door before a real API server, which misbehaves as told; its callers are administrators."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp
import orjson
import yaml
from aiohttp import web
from multidict import CIMultiDict

from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from tests.support.apiserver import Reply

HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}


@dataclass(frozen=True)
class Fault:
    """What happens to one request: ``lost`` is carried out, and its answer never arrives.

    ``reset``: the connection breaks, and the API server hears nothing.
    """

    reply: Reply | None = None
    lost: bool = False
    seconds: float = 0.0
    reset: bool = False


Decide = Callable[[int, str], Fault | None]
"""Of the n-th write, counted from 1, to this path."""


@dataclass
class Door:
    """``kubeconfig`` leads through it; ``faults`` counts what was done to writes.

    ``read`` is called, in a thread, between the answer to a GET and its delivery. ``asked`` says
    what happens to a GET, the beginning of a watch included; ``cut`` breaks those that go on.
    """

    connection: Connection
    decide: Decide
    kubeconfig: Path
    writes: int = 0
    faults: int = 0
    read: Callable[[str], None] = lambda _: None
    asked: Callable[[web.Request], Fault | None] = lambda _: None
    client: aiohttp.ClientSession | None = field(default=None, repr=False)
    watching: set[asyncio.Transport] = field(default_factory=set, repr=False)
    loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)

    def cut(self) -> None:
        """Break every watch, from another thread."""
        assert self.loop is not None
        for one in tuple(self.watching):
            self.loop.call_soon_threadsafe(one.abort)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault(request)
        await asyncio.sleep(fault.seconds)
        if fault.reset and request.transport is not None:
            request.transport.abort()
        if fault.reply is not None:
            body = orjson.dumps(fault.reply.body)
            return web.Response(
                status=fault.reply.status, body=body, headers=dict(fault.reply.headers)
            )
        try:
            return await self._passed(request, fault)
        except (aiohttp.ClientError, OSError):  # the API server is not there, or one end went
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=HTTPStatus.BAD_GATEWAY)

    async def _passed(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        assert self.client is not None
        # Some come more than once: one Impersonate-Group for each group.
        kept = ((key, one) for key, one in request.headers.items() if key.lower() not in HOP)
        headers = CIMultiDict(kept)
        async with self.client.request(
            request.method,
            f"{self.connection.server}{request.raw_path}",
            headers=headers,
            data=await request.read() or None,
        ) as answer:
            passed = {key: one for key, one in answer.headers.items() if key.lower() not in HOP}
            if request.query.get("watch") == "true" and answer.status == HTTPStatus.OK:
                return await self._streamed(request, answer, passed)
            body = await answer.read()
        if request.method == "GET":
            await asyncio.to_thread(self.read, request.path)
        if fault.lost and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status, body=body, headers=passed)

    async def _streamed(
        self, request: web.Request, answer: aiohttp.ClientResponse, headers: dict[str, str]
    ) -> web.StreamResponse:
        """A watch: each event as it comes."""
        transport = request.transport
        assert transport is not None
        stream = web.StreamResponse(status=answer.status, headers=headers)
        await stream.prepare(request)
        self.watching.add(transport)
        try:
            async for part in answer.content.iter_any():
                await stream.write(part)
        finally:
            self.watching.discard(transport)
        return stream

    def _fault(self, request: web.Request) -> Fault:
        if request.method == "GET":
            fault = self.asked(request)
            self.faults += fault is not None
            return fault or Fault()
        self.writes += 1
        fault = self.decide(self.writes, request.path)
        self.faults += fault is not None
        return fault or Fault()


@asynccontextmanager
async def _serving(door: Door) -> AsyncIterator[None]:
    issued = await door.connection.issue()
    connector = aiohttp.TCPConnector(limit=0, ssl=door.connection.tls(issued.certificate) or True)
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", door.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
    endless = aiohttp.ClientTimeout(total=None)  # a watch
    async with aiohttp.ClientSession(connector=connector, timeout=endless) as door.client:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _write(door.kubeconfig, f"http://127.0.0.1:{runner.addresses[0][1]}")
        try:
            yield
        finally:
            await runner.cleanup()


def _write(path: Path, server: str) -> None:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "door",
        "clusters": [{"name": "door", "cluster": {"server": server}}],
        "users": [{"name": "door", "user": {}}],
        "contexts": [{"name": "door", "context": {"cluster": "door", "user": "door"}}],
    }
    path.write_text(yaml.safe_dump(document))


@contextmanager
def door(kubeconfig: Path, decide: Decide, folder: Path) -> Iterator[Door]:
    """Open in a thread of its own for the length of the block."""
    found = Door(load(kubeconfig, None, current=True), decide, folder / "door.kubeconfig")
    ready, loop = threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        found.loop = loop
        async with _serving(found):
            ready.set()
            await ended.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # watches that went on to the last
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0.25)  # their connections close a moment later

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield found
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
