"""A control plane for one round of measurements, always removed, and calm between its blocks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.cluster.observe import quotas
from mto.local import cluster as local
from mto.local.settings import Options

PREFIX = "bench"
QUIET = Options(nodes=1, audit=False)
"""Without the audit log: what a disk takes is none of the contenders' doing."""
CALM_WITHIN = 600.0
_PAUSE = 0.5


@contextmanager
def control_plane() -> Iterator[local.Cluster]:
    """A fresh one."""
    _sweep()
    name = f"{PREFIX}-{os.getpid()}"
    try:
        yield local.up(name, options=QUIET)
    finally:
        local.down(name)


def _sweep() -> None:
    """Remove what a killed run left."""
    for name in local.names():
        pid = name.removeprefix(f"{PREFIX}-")
        if pid != name and pid.isdigit() and not _alive(int(pid)):
            local.down(name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def calm(kubeconfig: Path) -> None:
    """Wait until Kubernetes' controllers have done their part for every namespace and quota.

    They take about 20 objects a second, far longer than those who made them, and would slow down
    whoever is measured next.
    """
    asyncio.run(_calm(kubeconfig))


async def _calm(kubeconfig: Path) -> None:
    ends = time.monotonic() + CALM_WITHIN
    async with Cluster(load(kubeconfig, None, current=True)) as cluster:
        while time.monotonic() < ends:
            if await _is_calm(cluster):
                return
            await asyncio.sleep(_PAUSE)
    raise SystemExit(f"the control plane found no calm within {CALM_WITHIN:g} s")


async def _is_calm(cluster: Cluster) -> bool:
    namespaces = await cluster.list("v1", "Namespace", metadata_only=True)
    roots = await cluster.list(
        "v1", "ConfigMap", field_selector="metadata.name=kube-root-ca.crt", metadata_only=True
    )
    counted = all(one.status == one.spec for one in (await quotas(cluster)).values())
    return counted and len(roots) >= len(namespaces)
