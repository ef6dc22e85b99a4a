"""Health and metrics over HTTP; nothing can be changed through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from mto.errors import UsageError
from mto.serve.metrics import Metrics

Probe = Callable[[], str]
"""Empty while all is well, else a sentence that says what is not."""
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(
    address: str, *, healthy: Probe, ready: Probe, metrics: Metrics
) -> AsyncIterator[str]:
    """Answer on ``HOST:PORT`` while the block runs; its value is the address with the real port.

    Raises UsageError where the address can't be had.
    """
    host, port = _parsed(address)
    app = web.Application()
    app.router.add_get("/healthz", _probe(healthy))
    app.router.add_get("/readyz", _probe(ready))
    app.router.add_get("/metrics", _metrics(metrics))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise UsageError(f"--listen {address}: {error.strerror or error}") from error
        yield f"{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _parsed(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"--listen {address}: HOST:PORT is needed, for example 127.0.0.1:9464")
    return host, int(port)


def _probe(probe: Probe) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        problem = probe()
        return web.Response(status=503 if problem else 200, text=problem or "ok")

    return answer


def _metrics(metrics: Metrics) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return answer
