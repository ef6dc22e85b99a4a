"""The one thing that many need of the cluster: to look at an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mto.cluster.ref import Ref


class Reader(Protocol):
    """What ``mto.cluster.client.Cluster`` is to those who change nothing."""

    async def get(self, ref: Ref, *, metadata_only: bool = False) -> Mapping[str, Any]:
        """Raises NotFound where there is none."""
        ...
