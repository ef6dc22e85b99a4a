"""The Kubernetes API as the rest of MTO sees it.

Every call has a deadline and raises ``ClusterError`` only. Answers are the server's JSON as
dictionaries; each item of a listing carries its ``apiVersion`` and ``kind``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import orjson
from multidict import CIMultiDict

from mto.cluster import listing
from mto.cluster.attempt import Answered, Attempt, Identity
from mto.cluster.connection import Connection
from mto.cluster.errors import (
    AlreadyExists,
    Call,
    Conflict,
    Invalid,
    NotFound,
    RequestFailed,
    StillThere,
    UnknownKind,
    held_by,
)
from mto.cluster.kinds import Discovered, Served
from mto.cluster.listing import METADATA, METADATA_LIST, Object, Objects
from mto.cluster.mapper import Mapper
from mto.cluster.ref import Ref
from mto.cluster.transport import JSON, Pause, Request, Transport

APPLY: Final = CIMultiDict({"Content-Type": "application/apply-patch+yaml"})
MERGE: Final = CIMultiDict({"Content-Type": "application/merge-patch+json"})
JSON_PATCH: Final = CIMultiDict({"Content-Type": "application/json-patch+json"})
# A resourceVersion that no stored object has: where there is an object, it is a conflict.
NEVER_STORED = "1"
FIRST_LOOK = 0.05
LONGEST_LOOK = 1.0


class Cluster:
    """One API server. Use as ``async with Cluster(connection) as cluster``.

    ``limit`` is the number of connections; ``deadline`` the seconds for one request, retries
    included, counted from when a connection is free for it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        limit: int = 32,
        deadline: float = 30.0,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.connection = connection
        self._pause = pause
        self.transport = Transport(connection, limit=limit, deadline=deadline, pause=pause)
        self._send = self.transport.send
        self.answers = self.transport.answers
        self._mapper = Mapper(self._send, connection.server)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self.transport.close()

    async def apply(  # noqa: PLR0913 - the options of one request, all by keyword
        self,
        manifest: Mapping[str, Any],
        *,
        manager: str = "mto",
        force: bool = True,
        create_only: bool = False,
        dry_run: bool = False,
        uid: str | None = None,
    ) -> Object:
        """Server-side apply; answers with the live object.

        ``create_only`` never touches an object that exists. ``uid`` must be that of the live
        object, else it was deleted and made again.

        Raises:
            AlreadyExists: with ``create_only``, even if the object is the same; where it says
                ``maybe_done``, a lost attempt of this very call may have made it.
            Conflict: fields belong to another manager (without ``force``), or another ``uid``.
            Invalid: the server refuses the manifest; ``immutable`` says that replacing may help.
        """
        ref = Ref.of(manifest)
        call = Call("create" if create_only else "apply", ref)
        path = await self._path(call, ref)
        path += f"?fieldManager={manager}&force={'true' if force else 'false'}"
        path += "&dryRun=All" if dry_run else ""
        version = NEVER_STORED if create_only else None
        body = orjson.dumps(_pinned(manifest, version=version, uid=uid), default=_plain)
        try:
            answer: Object = await self._send(Request(call, "PATCH", path, body, APPLY))
        except Conflict as error:
            if create_only and not error.causes:
                raise _likewise(AlreadyExists(call, "it exists already"), error) from error
            raise
        except Invalid as error:
            if "metadata.uid" in error.fields:
                raise _likewise(Conflict(call, f"its uid is no longer {uid}"), error) from error
            raise
        return answer

    async def get(self, ref: Ref, *, metadata_only: bool = False) -> Object:
        """Raises ``NotFound`` where there is none."""
        call = Call("get", ref)
        path = await self._path(call, ref)
        answer: Object = await self._send(
            Request(call, "GET", path, headers=METADATA if metadata_only else JSON)
        )
        return answer

    async def list(  # noqa: PLR0913 - the options of one request, all by keyword
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        metadata_only: bool = False,
    ) -> Objects:
        """All of them, or an error; never a part. ``namespace=None`` means everywhere."""
        place = f" in namespace {namespace}" if namespace else ""
        call = Call("list", f"{kind} ({api_version}){place}")
        served = await self._mapper.served(call, api_version, kind)
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        query = {key: value for key, value in selectors.items() if value}
        path = served.collection(namespace or "")
        headers = METADATA_LIST if metadata_only else JSON
        asked = Request(call, "GET", path, headers=headers)
        items = await listing.whole(self._send, asked, query, server=self.connection.server)
        for item in items:
            item["apiVersion"], item["kind"] = api_version, kind
        return items

    async def pages(self, served: Served, *, label_selector: str = "") -> AsyncIterator[Objects]:
        """Metadata of all objects of a kind, everywhere, a few hundred at a time."""
        call = Call("list", f"{served.kind} ({served.api_version})")
        query = {"labelSelector": label_selector} if label_selector else {}
        asked = Request(call, "GET", served.collection(), headers=METADATA_LIST)
        server = self.connection.server
        async for items in listing.each_once(self._send, asked, query, server=server):
            yield items

    async def attempt(self, attempt: Attempt, *, identity: Identity | None = None) -> Answered:
        """What becomes of a request; nothing that it writes is kept.

        Raises:
            UnknownKind: the cluster serves no such kind.
        """
        call = Call(f"try to {attempt.verb}", attempt.ref)
        served = await self._mapper.served(call, attempt.ref.api_version, attempt.ref.kind)
        body = None if attempt.body is None else orjson.dumps(attempt.body, default=_plain)
        headers = attempt.headers(identity)
        asked = Request(call, attempt.method, attempt.path(served), body, headers)
        outcome, warnings = await self.transport.ask(asked)
        if isinstance(outcome, RequestFailed):
            return Answered(outcome, warnings)
        return Answered(None, warnings, outcome)

    async def replace(self, manifest: Mapping[str, Any], *, subresource: str = "") -> Object:
        """PUT, under the manifest's ``resourceVersion`` where it has one.

        ``subresource="status"`` writes what server-side apply of the object leaves alone.
        """
        ref = Ref.of(manifest)
        call = Call(f"replace {subresource} of" if subresource else "replace", ref)
        path = await self._path(call, ref) + (f"/{subresource}" if subresource else "")
        body = orjson.dumps(manifest, default=_plain)
        answer: Object = await self._send(
            Request(call, "PUT", f"{path}?fieldManager=mto", body, JSON)
        )
        return answer

    async def patch(
        self,
        ref: Ref,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        manager: str = "mto",
        subresource: str = "",
    ) -> Object:
        """A mapping is a merge patch, a sequence a JSON patch, which is sent once only."""
        call = Call(f"patch {subresource} of" if subresource else "patch", ref)
        path = await self._path(call, ref) + (f"/{subresource}" if subresource else "")
        path += f"?fieldManager={manager}"
        merge = isinstance(patch, Mapping)
        body = orjson.dumps(patch, default=_plain)
        answer: Object = await self._send(
            Request(call, "PATCH", path, body, MERGE if merge else JSON_PATCH, repeatable=merge)
        )
        return answer

    async def delete(
        self, ref: Ref, *, uid: str | None = None, propagation: str = "Background"
    ) -> bool:
        """Begins the deletion; False where there was nothing to delete.

        Raises:
            Conflict: the object has another ``uid``: it was deleted and made again.
        """
        call = Call("delete", ref)
        options: Object = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
        }
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        path = await self._path(call, ref)
        try:
            await self._send(Request(call, "DELETE", path, orjson.dumps(options), JSON))
        except UnknownKind:
            raise
        except NotFound as error:
            return error.maybe_done
        return True

    async def wait_gone(self, ref: Ref, *, uid: str | None = None, deadline: float = 60.0) -> None:
        """Until there is no such object, or another in its place.

        Raises:
            StillThere: with what holds it.
        """
        clock = asyncio.get_running_loop().time
        ends = clock() + deadline
        pause = FIRST_LOOK
        while True:
            last = clock() + pause >= ends
            try:
                live = await self.get(ref, metadata_only=not last)
            except NotFound:
                return
            if uid is not None and live["metadata"]["uid"] != uid:
                return
            if last:
                raise StillThere(Call("see the end of", ref), deadline, held_by(live))
            await self._pause(pause)
            pause = min(pause * 1.5, LONGEST_LOOK)

    async def served(self, api_version: str, kind: str) -> Served:
        """Raises ``UnknownKind``."""
        return await self._mapper.served(Call("find", f"{kind} ({api_version})"), api_version, kind)

    async def discover(self) -> Discovered:
        """Everything that the server serves, asked afresh."""
        return await self._mapper.all()

    async def _path(self, call: Call, ref: Ref) -> str:
        return await self._mapper.path(call, ref, namespace=self.connection.namespace)


def _pinned(
    manifest: Mapping[str, Any], *, version: str | None, uid: str | None
) -> Mapping[str, Any]:
    """The manifest for an object of this version and uid only."""
    if version is None and uid is None:
        return manifest
    pins = {"resourceVersion": version, "uid": uid}
    pins = {key: value for key, value in pins.items() if value is not None}
    return {**manifest, "metadata": {**manifest["metadata"], **pins}}


def _likewise(error: RequestFailed, cause: RequestFailed) -> RequestFailed:
    """The better-named error, with what is known from the server's."""
    error.status, error.reason, error.subject = cause.status, cause.reason, cause.subject
    error.maybe_done = cause.maybe_done
    return error


def _plain(value: object) -> object:
    """Frozen mappings of a plan, for JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
