"""Who uses each Quota, in its status: for people, and for the rule that keeps what is in use.

The service computes the whole status; this writes the one field that must be right without it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from mto.cluster.client import Cluster
from mto.cluster.ref import Ref
from mto.errors import ClusterError
from mto.plan.labels import STATUS_MANAGER
from mto.spec.quota import Quota
from mto.spec.world import World

VERSION: Final[str] = Quota.model_fields["api_version"].default
_TRIES: Final = 25
_PAUSE: Final = 0.2
"""Seconds; an API server drops a field until it has read the new definition."""


async def note_users(cluster: Cluster, world: World) -> list[str]:
    """Write ``status.usedBy`` where it is not so; warnings where it can't be written."""
    try:
        live = {one["metadata"]["name"]: one for one in await cluster.list(VERSION, "Quota")}
    except ClusterError as error:
        return [f"who uses which quota is not noted: {error}"]
    said = await asyncio.gather(
        *(
            _note(cluster, name, list(world.users.get(name, ())))
            for name in world.quotas
            if name in live and _noted(live[name]) != list(world.users.get(name, ()))
        )
    )
    return [one for one in said if one]


async def _note(cluster: Cluster, name: str, users: list[str]) -> str:
    ref = Ref(VERSION, "Quota", name)
    for _ in range(_TRIES):
        try:
            written = await cluster.patch(
                ref, {"status": {"usedBy": users}}, manager=STATUS_MANAGER, subresource="status"
            )
        except ClusterError as error:
            return f"who uses quota {name!r} is not noted: {error}"
        if _noted(written) == users:
            return ""
        await asyncio.sleep(_PAUSE)
    return f"who uses quota {name!r} is not noted: the API server knows no status.usedBy yet"


def _noted(live: dict[str, Any]) -> list[str] | None:
    found: list[str] | None = live.get("status", {}).get("usedBy")
    return found
