"""A way to a server that can be cut and mended, for those who must live through it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml


@dataclass
class Relay:
    """``kubeconfig`` leads through it to the real server."""

    host: str
    port: int
    kubeconfig: Path
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    whole: bool = True
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """End what is open and let nobody through until ``mend``."""
        self.whole = False
        self.loop.call_soon_threadsafe(self._abort)

    def mend(self) -> None:
        self.whole = True

    def _abort(self) -> None:
        for one in self._open:
            one.transport.abort()

    async def passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self.host, self.port)
        both = {writer, back}
        self._open |= both
        with contextlib.suppress(OSError):
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._open -= both


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@contextmanager
def relayed(kubeconfig: Path, folder: Path) -> Iterator[Relay]:
    """A relay before the server of this kubeconfig, on a port of its own."""
    known = yaml.safe_load(kubeconfig.read_text())
    cluster = known["clusters"][0]["cluster"]
    server = urlsplit(cluster["server"])
    relay = Relay(server.hostname or "", server.port or 443, folder / "relayed.kubeconfig")
    thread = threading.Thread(target=relay.loop.run_forever)
    thread.start()

    starting = asyncio.start_server(relay.passed, "127.0.0.1", 0)
    listening = asyncio.run_coroutine_threadsafe(starting, relay.loop).result(30)
    try:
        port = listening.sockets[0].getsockname()[1]
        cluster["server"] = f"https://127.0.0.1:{port}"
        relay.kubeconfig.write_text(yaml.safe_dump(known))
        yield relay
    finally:
        relay.cut()
        relay.loop.call_soon_threadsafe(listening.close)
        relay.loop.call_soon_threadsafe(relay.loop.stop)
        thread.join(30)
        relay.loop.close()
