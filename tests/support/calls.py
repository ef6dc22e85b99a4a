"""One object, and the calls that tests of the client make about it."""

from __future__ import annotations

from typing import Any

from mto.cluster.client import Cluster
from mto.cluster.ref import Ref
from tests.support.apiserver import Reply

CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "blue-dev"},
    "data": {"colour": "blue"},
}
REF = Ref.of(CONFIG)
MADE = Reply(201, CONFIG)
SOON = 0.1


async def apply(cluster: Cluster) -> Any:
    return await cluster.apply(CONFIG)


async def create(cluster: Cluster) -> Any:
    return await cluster.apply(CONFIG, create_only=True)


async def read(cluster: Cluster) -> Any:
    return await cluster.get(REF)


async def append(cluster: Cluster) -> Any:
    return await cluster.patch(REF, [{"op": "add", "path": "/data/list/-", "value": "x"}])
