"""Listings page by page, so that the largest cluster fits into little memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from mto.cluster.errors import Expired, NotKubernetes
from mto.cluster.transport import Request

Object = dict[str, Any]
Objects = list[Object]
Send = Callable[[Request], Awaitable[Any]]

PAGE: Final = 500


async def pages(
    send: Send, request: Request, query: Mapping[str, str], *, server: str
) -> AsyncIterator[Objects]:
    """A page at a time; raises Expired where that takes longer than the server remembers."""
    more = ""
    while True:
        chosen = {**query, "limit": str(PAGE), **({"continue": more} if more else {})}
        items, more = await page(send, request, chosen, server=server)
        yield items
        if not more:
            return


async def whole(send: Send, request: Request, query: Mapping[str, str], *, server: str) -> Objects:
    """Everything as it was at one moment."""
    try:
        return [one async for some in pages(send, request, query, server=server) for one in some]
    except Expired:
        # As slow as this, it would expire again: everything at once does not.
        items, _ = await page(send, request, query, server=server)
        return items


async def each_once(
    send: Send, request: Request, query: Mapping[str, str], *, server: str
) -> AsyncIterator[Objects]:
    """A page at a time whatever it takes; objects of a long listing may be gone meanwhile."""
    seen: set[str] = set()
    try:
        async for items in pages(send, request, query, server=server):
            seen.update(_uid(item) for item in items)
            yield items
    except Expired:
        items, _ = await page(send, request, query, server=server)
        yield [item for item in items if _uid(item) not in seen]


async def page(
    send: Send, request: Request, query: Mapping[str, str], *, server: str
) -> tuple[Objects, str]:
    """One page, and how to ask for the next."""
    path = f"{request.path}?{urlencode(query)}"
    answer = await send(Request(request.call, "GET", path, headers=request.headers))
    try:
        return answer["items"] or [], answer["metadata"].get("continue") or ""
    except (KeyError, TypeError) as error:
        problem = f"{server} answered with something that is no list"
        raise NotKubernetes(request.call, problem) from error


def _uid(item: Object) -> str:
    return str(item["metadata"]["uid"])
