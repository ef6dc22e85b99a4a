"""One exchange with the API server: pooled connections, TLS, credentials that are kept fresh."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from mto.cluster.connection import Connection, Issued

CONNECT_SECONDS = 10.0
KEEP_ALIVE = 75.0  # the API server closes idle connections after 90 s
LARGE_BODY = 1 << 20


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    retry_after: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass
class Session:
    """Opens itself with the first exchange, on the event loop that it runs on."""

    connection: Connection
    limit: int
    _client: aiohttp.ClientSession | None = None
    _retired: list[aiohttp.ClientSession] = field(default_factory=list)
    _issued: Issued | None = None
    _fresh_until: float = 0.0
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _options: dict[str, Any] = field(default_factory=dict)

    @property
    def renewable(self) -> bool:
        """Asking again may bring other credentials."""
        return self._issued is not None and self._issued.seconds != float("inf")

    async def close(self) -> None:
        for client in (*self._retired, self._client):
            if client is not None:
                await client.close()
        self._client, self._retired = None, []

    async def ready(self) -> aiohttp.ClientSession:
        """Asks for credentials where there are none, or none that are still good."""
        clock = asyncio.get_running_loop().time
        if self._client is not None and clock() < self._fresh_until:
            return self._client
        async with self._renewing:
            if self._client is None or clock() >= self._fresh_until:
                self._client = await self._renewed()
            return self._client

    def expire(self) -> None:
        """The server refused the credentials: ask for others before the next exchange."""
        self._fresh_until = 0.0

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        headers: CIMultiDict[str],
        body: bytes | None,
        seconds: float,
    ) -> Answer:
        """Raises what aiohttp raises; redirects are not followed."""
        client = self._client or await self.ready()
        async with client.request(
            method,
            URL(self.connection.server + path, encoded=True),
            headers=headers,
            data=io.BytesIO(body) if body is not None and len(body) > LARGE_BODY else body,
            timeout=aiohttp.ClientTimeout(
                total=seconds, sock_connect=min(seconds, CONNECT_SECONDS)
            ),
            **self._options,
        ) as response:
            return Answer(
                response.status,
                await response.read(),
                response.headers.get("Retry-After"),
                tuple(response.headers.getall("Warning", ())),
            )

    @asynccontextmanager
    async def stream(
        self, path: str, *, headers: CIMultiDict[str], silent: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A GET whose body goes on and on; ``silent`` seconds without a byte end it."""
        client = await self.ready()
        async with client.get(
            URL(self.connection.server + path, encoded=True),
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=silent
            ),
            **self._options,
        ) as response:
            yield response

    async def _renewed(self) -> aiohttp.ClientSession:
        issued = await self.connection.issue()
        client, before = self._client, self._issued
        if client is None or before is None or issued.certificate != before.certificate:
            if client is not None:
                self._retired.append(client)  # requests are still under way on it
            client = self._opened(issued)
        if issued.authorization:
            client.headers["Authorization"] = issued.authorization
        self._issued = issued
        self._fresh_until = asyncio.get_running_loop().time() + issued.seconds
        return client

    def _opened(self, issued: Issued) -> aiohttp.ClientSession:
        self._options = {"allow_redirects": False}
        if proxy := self.connection.proxy_url():
            self._options["proxy"] = proxy
        if self.connection.server_name:
            self._options["server_hostname"] = self.connection.server_name
        headers = CIMultiDict({"User-Agent": "mto", "Accept": "application/json"})
        headers.extend(self.connection.headers)
        context = self.connection.tls(issued.certificate)
        client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self.limit,
                ssl=True if context is None else context,
                keepalive_timeout=KEEP_ALIVE,
            ),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # It would repeat DELETE and PUT unseen, and what became of the first attempt be lost.
        client._retry_connection = False  # noqa: SLF001 - there is no other switch
        return client
