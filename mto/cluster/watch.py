"""What becomes of all objects of a kind: a listing, then every change, for as long as wanted.

Nothing is missed: after a broken connection the watch goes on from the last version it knows, and
where the server no longer remembers that version (410) everything is listed again, and what is not
there any more is told as gone.
"""

from __future__ import annotations

import asyncio
import enum
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from multidict import CIMultiDict

from mto.cluster.client import Cluster
from mto.cluster.errors import Call, Expired, NotKubernetes, RequestFailed
from mto.cluster.kinds import Served
from mto.cluster.listing import METADATA, METADATA_LIST, pages
from mto.cluster.status import refusal
from mto.cluster.transport import JSON, Request

WATCHED_SECONDS: Final = 300
"""A watch is renewed after this time, so that the API servers share them out evenly."""
SILENT_SECONDS: Final = 150.0
"""Bookmarks come every minute or so: a connection silent for longer is dead."""
FIRST_PAUSE: Final = 0.2
RENEWAL_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 10.0


class Verb(enum.StrEnum):
    """What happened.

    ``SYNCED``: everything that was there has been told, and what is gone as well. ``GOING``: from
    here on changes are told as they happen; ``BROKEN``: until the next ``GOING`` they are not.
    """

    SET = "set"
    GONE = "gone"
    SYNCED = "synced"
    GOING = "going"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Event:
    """``object`` is the live one, or its last state where it is gone.

    Of what went unseen (between two listings) only address and UID are known. ``BROKEN`` carries
    the error, after which the watch goes on by itself. ``listed``: it is there, and may have been
    for long; else it happened just now, whatever any clock says.
    """

    verb: Verb
    object: dict[str, Any]
    error: RequestFailed | None = None
    listed: bool = False


async def watch(
    cluster: Cluster,
    kind: tuple[str, str],
    *,
    label_selector: str | None = None,
    field_selector: str | None = None,
    metadata_only: bool = False,
) -> AsyncIterator[Event]:
    """All objects of a kind, and then whatever becomes of them, until the caller ends it.

    ``kind`` are its API version and name. Each watch holds a connection for itself: leave room in
    the cluster's ``limit``. Raises UnknownKind where it is not served (yet).
    """
    served = await cluster.served(*kind)
    chosen = {"labelSelector": label_selector, "fieldSelector": field_selector}
    selectors = {key: value for key, value in chosen.items() if value}
    one = _Watch(cluster, served, selectors, metadata_only=metadata_only)
    async for event in one.events():
        yield event


class _Watch:
    """One kind, everywhere, perhaps by label."""

    def __init__(
        self, cluster: Cluster, served: Served, selectors: dict[str, str], *, metadata_only: bool
    ) -> None:
        self._transport = cluster.transport
        self._server = cluster.connection.server
        self._call = Call("watch", f"{served.kind} ({served.api_version})")
        self._served = served
        self._selectors = selectors
        self._headers: tuple[CIMultiDict[str], CIMultiDict[str]] = (
            (METADATA_LIST, METADATA) if metadata_only else (JSON, JSON)
        )
        self._known: dict[tuple[str, str], str] = {}
        self._version = ""

    async def events(self) -> AsyncIterator[Event]:
        """Never ends by itself."""
        pause = FIRST_PAUSE
        while True:
            try:
                if not self._version:
                    async for event in self._listed():
                        yield event
                async for event in self._watched():
                    if event.verb is not Verb.GOING:
                        pause = FIRST_PAUSE
                    yield event
                await asyncio.sleep(RENEWAL_PAUSE)
            except Expired:
                self._version = ""
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            except RequestFailed as error:
                yield Event(Verb.BROKEN, {}, error)
                await asyncio.sleep(max(error.retry_after or 0.0, pause))
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _listed(self) -> AsyncIterator[Event]:
        """All that there is, page by page; what was known and is not among it is gone."""
        path = self._served.collection()
        request = Request(self._call, "GET", path, headers=self._headers[0])
        before, version = dict(self._known), ""
        send = self._transport.send
        async for page in pages(send, request, self._selectors, server=self._server):
            for item in page.items:
                before.pop(_address(item), None)
                yield replace(self._told(Verb.SET, item), listed=True)
            version = page.version
        for (namespace, name), uid in before.items():
            metadata = {"name": name, "uid": uid, **({"namespace": namespace} if namespace else {})}
            yield self._told(Verb.GONE, {"metadata": metadata})
        self._version = version
        yield Event(Verb.SYNCED, {})

    async def _watched(self) -> AsyncIterator[Event]:
        query = {
            **self._selectors,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            # Not all at one moment: a server that restarts would get them back all at once.
            "timeoutSeconds": str(random.randint(WATCHED_SECONDS // 2, WATCHED_SECONDS)),  # noqa: S311
        }
        path = f"{self._served.collection()}?{urlencode(query)}"
        request = Request(self._call, "GET", path, headers=self._headers[1])
        async with self._transport.lines(request, silent=SILENT_SECONDS) as lines:
            yield Event(Verb.GOING, {})
            async for line in lines:
                event = self._read(line)
                if event is not None:
                    yield event

    def _read(self, line: bytes) -> Event | None:
        """None for a bookmark, which only moves the version."""
        try:
            said = orjson.loads(line)
            kind, item = said["type"], said["object"]
            if kind == "ERROR":
                raise refusal(self._call, int(item.get("code") or 500), orjson.dumps(item))
            self._version = item["metadata"]["resourceVersion"]
        except (KeyError, TypeError, ValueError) as error:
            problem = f"{self._server} answered with something that is no event"
            raise NotKubernetes(self._call, problem) from error
        if kind == "BOOKMARK":
            return None
        return self._told(Verb.GONE if kind == "DELETED" else Verb.SET, item)

    def _told(self, verb: Verb, item: dict[str, Any]) -> Event:
        if verb is Verb.GONE:
            self._known.pop(_address(item), None)
        else:
            self._known[_address(item)] = item["metadata"].get("uid", "")
        item["apiVersion"], item["kind"] = self._served.api_version, self._served.kind
        return Event(verb, item)


def _address(item: dict[str, Any]) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata.get("namespace") or "", metadata["name"]
