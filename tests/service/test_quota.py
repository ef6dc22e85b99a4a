"""Who uses a Quota, where the API server does not take it: told, and tried again where it may."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from typing_extensions import override

from mto.cluster.client import Cluster
from mto.cluster.errors import Call, Forbidden
from mto.service import quota
from mto.spec.world import World
from tests.support.manifests import QUOTA, TENANT
from tests.support.manifests import world as read

WORLD, _ = read(f"{QUOTA}spec: {{}}\n---\n{TENANT}spec: {{quota: small}}\n")
NAME = "small"


class Server:
    """Has the Quota; forgets ``deaf`` times what is written to its status."""

    def __init__(self, used_by: list[str] | None = None, *, deaf: int = 0) -> None:
        self.live: dict[str, Any] = {"metadata": {"name": NAME}}
        self.deaf, self.written = deaf, 0
        if used_by is not None:
            self.live["status"] = {"usedBy": used_by}

    async def list(self, *_: object) -> list[dict[str, Any]]:
        return [self.live]

    async def patch(self, _ref: object, patch: dict[str, Any], **_: object) -> dict[str, Any]:
        self.written += 1
        if self.written > self.deaf:
            self.live["status"] = patch["status"]
        return self.live


class Refusing(Server):
    @override
    async def patch(self, _ref: Any, patch: dict[str, Any], **_: object) -> dict[str, Any]:
        del patch
        raise Forbidden(Call("patch status of", _ref), "not allowed")


def noted(server: Server, world: World = WORLD) -> list[str]:
    return asyncio.run(quota.note_users(cast("Cluster", server), world))


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "_PAUSE", 0.0)


def test_only_what_is_not_so_is_written() -> None:
    server = Server(["blue"])
    assert noted(server) == []
    assert server.written == 0
    server = Server(["red"])
    assert noted(server) == []
    assert server.live["status"] == {"usedBy": ["blue"]}


def test_a_server_that_has_not_read_the_new_definition_is_asked_again() -> None:
    server = Server(deaf=3)
    assert noted(server) == []
    assert server.live["status"] == {"usedBy": ["blue"]}


def test_what_cannot_be_written_is_a_warning() -> None:
    assert noted(Server(deaf=1000)) == [
        "who uses quota 'small' is not noted: the API server knows no status.usedBy yet"
    ]
    (said,) = noted(Refusing())
    assert said.startswith("who uses quota 'small' is not noted: can't patch status of Quota small")
