"""Which path a kind has on this server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from multidict import CIMultiDict

from mto.cluster.errors import Call, Invalid, NotKubernetes, UnknownKind
from mto.cluster.kinds import DISCOVERY, WELL_KNOWN, Discovered, Served, discovered
from mto.cluster.ref import Ref
from mto.cluster.transport import Request

_NO_NAMES: Final = ("", ".", "..")
_ACCEPT: Final = CIMultiDict({"Accept": DISCOVERY})


class Mapper:
    """Asks the server at most once for all kinds, and once more for each kind that it misses."""

    def __init__(self, send: Callable[[Request], Awaitable[Any]], server: str) -> None:
        self._send = send
        self._server = server
        self._known: dict[tuple[str, str], Served] = dict(WELL_KNOWN)
        self._discovered: Discovered | None = None
        self._asking = asyncio.Lock()

    async def path(self, call: Call, ref: Ref, *, namespace: str) -> str:
        """``namespace`` is meant where the object names none."""
        if ref.name in _NO_NAMES or ref.namespace in _NO_NAMES[1:]:
            # Sent, ``..`` could end up as a request about the namespace itself.
            raise Invalid(call, "no object can have this name or namespace")
        served = self._known.get((ref.api_version, ref.kind))
        if served is None:
            served = await self.served(call, ref.api_version, ref.kind)
        return served.path(ref.name, ref.namespace or namespace)

    async def served(self, call: Call, api_version: str, kind: str) -> Served:
        """Raises ``UnknownKind`` after looking afresh: its definition may be a moment old."""
        if found := self._known.get((api_version, kind)):
            return found
        before = self._discovered
        async with self._asking:
            if self._discovered is before:  # else somebody else has just asked
                await self._discover()
        if found := self._known.get((api_version, kind)):
            return found
        raise UnknownKind(call, f"the server knows no kind {kind} in {api_version}")

    async def all(self) -> Discovered:
        """What the server serves now; asked afresh."""
        async with self._asking:
            return await self._discover()

    async def _discover(self) -> Discovered:
        call = Call("ask for", "the kinds that the cluster serves")
        documents = await asyncio.gather(
            self._send(Request(call, "GET", "/api", headers=_ACCEPT)),
            self._send(Request(call, "GET", "/apis", headers=_ACCEPT)),
        )
        try:
            found = discovered(*documents)
        except (KeyError, TypeError) as error:
            raise NotKubernetes(
                call,
                f"{self._server} gives no aggregated discovery",
                advice="Kubernetes 1.30 or newer is needed, and no proxy that drops Accept headers",
            ) from error
        self._discovered = found
        self._known = {**found.kinds, **WELL_KNOWN}
        return found
