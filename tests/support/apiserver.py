"""An API server that answers from a script, in the test's own process and event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from aiohttp import web

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection, Issue, Issued, fixed

T = TypeVar("T")


@dataclass
class Reply:
    """``hang`` never answers; ``reset`` breaks the connection instead of answering."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    reset: bool = False


HANG = Reply(hang=True)
RESET = Reply(reset=True)


def refused(code: int, reason: str = "", message: str = "no", **details: Any) -> Reply:
    """A ``Status``, as the API server writes it."""
    body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return Reply(code, body | {"reason": reason, "details": details})


@dataclass
class Seen:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class Server:
    """What came in, and how long the client wanted to pause before each repetition."""

    script: list[Reply]
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.seen.append(
            Seen(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                dict(request.headers),
                orjson.loads(raw) if raw else None,
            )
        )
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if reply.hang:
            await asyncio.Event().wait()
        if reply.reset:
            assert request.transport is not None
            request.transport.abort()
        body = reply.body if isinstance(reply.body, bytes) else orjson.dumps(reply.body)
        return web.Response(status=reply.status, body=body, headers=dict(reply.headers))

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def serving(script: Sequence[Reply]) -> AsyncIterator[Server]:
    server = Server(list(script))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = runner.addresses[0] and f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def talk(
    script: Sequence[Reply],
    say: Callable[[Cluster], Awaitable[T]],
    *,
    issue: Issue | None = None,
    **options: Any,
) -> tuple[T, Server]:
    """What ``say`` came to, and what the server saw. The last reply of the script is repeated."""

    async def main() -> tuple[T, Server]:
        async with serving(script) as server:
            connection = Connection(server.url, issue or fixed(Issued()))
            async with Cluster(connection, pause=server.pause, **options) as cluster:
                return await say(cluster), server

    return asyncio.run(main())


def fail(
    script: Sequence[Reply], say: Callable[[Cluster], Awaitable[object]], **options: Any
) -> tuple[Any, Server]:
    """The error that ``say`` ends with; it fails the test when there is none."""

    async def expect(cluster: Cluster) -> Exception:
        try:
            await say(cluster)
        except Exception as error:  # noqa: BLE001 - the test looks at its type
            return error
        raise AssertionError("no error")

    return talk(script, expect, **options)
