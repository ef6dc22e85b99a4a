"""A real user with their own certificate, over pooled connections: what the API server answers.

Verdicts are texts: empty where a request is let through, else what the server says, in full.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from multidict import CIMultiDict

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from mto.cluster.session import Session
from tests.support.objects import served

Manifest = dict[str, Any]
HEADERS = CIMultiDict({"Content-Type": "application/json"})
REFUSED = re.compile(
    r"ValidatingAdmissionPolicy 'mto-([a-z-]+)' with binding '[a-z-]+' denied request: "
    r"(?:([a-z-]+): )?"
)


@dataclass
class Person:
    """``close`` ends the connections and the event loop that they live on."""

    connection: Connection
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    _paths: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._session = Session(self.connection, 24)
        self._cluster = Cluster(self.connection)

    def create(self, *manifests: Manifest, dry_run: bool = True) -> list[str]:
        """A verdict for each, all asked at once."""
        return self._runner.run(self._all("POST", manifests, dry_run=dry_run))

    def update(self, manifest: Manifest, subresource: str = "", *, dry_run: bool = True) -> str:
        (verdict,) = self._runner.run(
            self._all("PUT", [manifest], dry_run=dry_run, subresource=subresource)
        )
        return verdict

    def make(self, manifest: Manifest) -> Manifest:
        """Really created, with what the server adds."""
        status, body = self._runner.run(self._send("POST", manifest, "", dry_run=False))
        assert status == 201, body
        made: Manifest = body
        return made

    def ensure(self, manifest: Manifest) -> None:
        """What all tests of a run share: made by the first that needs it."""
        status, body = self._runner.run(self._send("POST", manifest, "", dry_run=False))
        assert status in {201, 409}, body
        if manifest["kind"] == "CustomResourceDefinition":
            self._runner.run(served(self._cluster, manifest, manifest["spec"]["names"]["kind"]))

    def read(self, manifest: Manifest) -> Manifest:
        """The object as it is now."""
        status, body = self._runner.run(self._send("GET", manifest, "", dry_run=False))
        assert status == 200, body
        found: Manifest = body
        return found

    def close(self) -> None:
        self._runner.run(self._session.close())
        self._runner.run(self._cluster.close())
        self._runner.close()

    async def _all(
        self, method: str, manifests: Iterable[Manifest], *, dry_run: bool, subresource: str = ""
    ) -> list[str]:
        sent = (self._send(method, one, subresource, dry_run=dry_run) for one in manifests)
        return [verdict(*answer) for answer in await asyncio.gather(*sent)]

    async def _send(
        self, method: str, manifest: Manifest, subresource: str, *, dry_run: bool
    ) -> tuple[int, Any]:
        path = await self._path(manifest)
        if method != "POST":
            path += f"/{manifest['metadata']['name']}"
        path += f"/{subresource}" if subresource else ""
        path += "?dryRun=All" if dry_run else ""
        answer = await self._session.exchange(
            method,
            path,
            headers=HEADERS,
            body=None if method == "GET" else orjson.dumps(manifest),
            seconds=30,
        )
        return answer.status, json.loads(answer.body)

    async def _path(self, manifest: Manifest) -> str:
        kind = manifest["apiVersion"], manifest["kind"]
        if kind not in self._paths:
            served = await self._cluster.served(*kind)
            self._paths[kind] = served.collection("{}")
        return self._paths[kind].replace("%7B%7D", manifest["metadata"].get("namespace", ""))


def verdict(status: int, body: Any) -> str:
    """``images: tenant 'blue' may not …`` of a rule of ours; all else as the server says it."""
    if status < 300:
        return ""
    said: str = body["message"]
    if found := REFUSED.search(said):
        return f"{found[2] or found[1]}: {said[found.end() :]}"
    return f"{status} {said}"


def person(path: Path) -> Person:
    return Person(load(path, None, current=True))
