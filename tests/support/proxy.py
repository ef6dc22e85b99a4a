"""A door before a real API server, which misbehaves as told; its callers are administrators."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import orjson
import yaml
from aiohttp import web

from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from tests.support.apiserver import Reply

HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}


@dataclass(frozen=True)
class Fault:
    """What happens to one request: ``lost`` is carried out, and its answer never arrives."""

    reply: Reply | None = None
    lost: bool = False
    seconds: float = 0.0


Decide = Callable[[int, str], Fault | None]
"""Of the n-th write, counted from 1, to this path."""


@dataclass
class Door:
    """``kubeconfig`` leads through it; ``faults`` counts what was done to writes.

    ``read`` is called, in a thread, between the answer to a GET and its delivery.
    """

    connection: Connection
    decide: Decide
    kubeconfig: Path
    writes: int = 0
    faults: int = 0
    read: Callable[[str], None] = lambda _: None
    client: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault(request)
        await asyncio.sleep(fault.seconds)
        if fault.reply is not None:
            body = orjson.dumps(fault.reply.body)
            return web.Response(
                status=fault.reply.status, body=body, headers=dict(fault.reply.headers)
            )
        assert self.client is not None
        headers = {key: one for key, one in request.headers.items() if key.lower() not in HOP}
        async with self.client.request(
            request.method,
            f"{self.connection.server}{request.raw_path}",
            headers=headers,
            data=await request.read() or None,
        ) as answer:
            body = await answer.read()
        if request.method == "GET":
            await asyncio.to_thread(self.read, request.path)
        if fault.lost:
            assert request.transport is not None
            request.transport.abort()
        passed = {key: one for key, one in answer.headers.items() if key.lower() not in HOP}
        return web.Response(status=answer.status, body=body, headers=passed)

    def _fault(self, request: web.Request) -> Fault:
        if request.method == "GET":
            return Fault()
        self.writes += 1
        fault = self.decide(self.writes, request.path)
        self.faults += fault is not None
        return fault or Fault()


@asynccontextmanager
async def _serving(door: Door) -> AsyncIterator[None]:
    issued = await door.connection.issue()
    connector = aiohttp.TCPConnector(ssl=door.connection.tls(issued.certificate) or True)
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", door.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as door.client:
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
        async with _serving(found):
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield found
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
