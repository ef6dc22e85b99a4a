"""Listings page by page, so that the largest cluster fits into little memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from multidict import CIMultiDict

from mto.cluster.errors import Expired, NotKubernetes
from mto.cluster.transport import Request

Object = dict[str, Any]
Objects = list[Object]
Send = Callable[[Request], Awaitable[Any]]
_PARTIAL: Final = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
METADATA: Final = CIMultiDict({"Accept": _PARTIAL.format("")})
METADATA_LIST: Final = CIMultiDict({"Accept": _PARTIAL.format("List")})

PAGE: Final = 500


class Page(NamedTuple):
    """``more`` asks for the next page; ``version`` is that of the cluster that it shows."""

    items: Objects
    more: str = ""
    version: str = ""


async def pages(
    send: Send, request: Request, query: Mapping[str, str], *, server: str
) -> AsyncIterator[Page]:
    """A page at a time; raises Expired where that takes longer than the server remembers."""
    more = ""
    while True:
        chosen = {**query, "limit": str(PAGE), **({"continue": more} if more else {})}
        found = await page(send, request, chosen, server=server)
        yield found
        if not (more := found.more):
            return


async def whole(send: Send, request: Request, query: Mapping[str, str], *, server: str) -> Objects:
    """Everything as it was at one moment."""
    try:
        found = pages(send, request, query, server=server)
        return [one async for some in found for one in some.items]
    except Expired:
        # As slow as this, it would expire again: everything at once does not.
        return (await page(send, request, query, server=server)).items


async def each_once(
    send: Send, request: Request, query: Mapping[str, str], *, server: str
) -> AsyncIterator[Objects]:
    """A page at a time whatever it takes; objects of a long listing may be gone meanwhile."""
    seen: set[str] = set()
    try:
        async for found in pages(send, request, query, server=server):
            seen.update(_uid(item) for item in found.items)
            yield found.items
    except Expired:
        last = await page(send, request, query, server=server)
        yield [item for item in last.items if _uid(item) not in seen]


async def page(send: Send, request: Request, query: Mapping[str, str], *, server: str) -> Page:
    """One page, and how to ask for the next."""
    path = f"{request.path}?{urlencode(query)}"
    answer = await send(Request(request.call, "GET", path, headers=request.headers))
    try:
        metadata = answer["metadata"]
        more, version = metadata.get("continue"), metadata.get("resourceVersion")
        return Page(answer["items"] or [], more or "", version or "")
    except (KeyError, TypeError) as error:
        problem = f"{server} answered with something that is no list"
        raise NotKubernetes(request.call, problem) from error


def _uid(item: Object) -> str:
    return str(item["metadata"]["uid"])
