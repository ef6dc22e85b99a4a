"""What our client costs: raw server-side-apply creates against the same through ``Cluster.apply``.

Both sides send the same kinds of bodies to one set of fresh namespaces over the same number of
warm connections, in short turns within one run, since a server's speed changes from minute to
minute. Only neighbouring turns are compared.

    python bench/floor.py --kubeconfig PATH [--context NAME] [--objects 250] [--turns 20]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.cluster.ref import Ref

Manifest = dict[str, Any]
Create = Callable[[Manifest], Awaitable[None]]
NAMESPACES = 20
RBAC = "rbac.authorization.k8s.io"


def objects(run: str, count: int) -> Iterator[Manifest]:
    """As a tenant has them: bindings, quotas, limits, policies, configuration."""
    for index in range(count):
        namespace, name = f"{run}-{index % NAMESPACES}", f"o{index}"
        metadata = {"name": name, "namespace": namespace, "labels": {"bench": "floor"}}
        yield [_configmap, _binding, _quota, _limits, _policy][index % 5](metadata)


def _configmap(metadata: Manifest) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": "x"}}


def _binding(metadata: Manifest) -> Manifest:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "someone@example.com"}],
    }


def _quota(metadata: Manifest) -> Manifest:
    hard = {"count/deployments.example.com": "5", "count/jobs.example.com": "50"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata} | {
        "spec": {"hard": hard}
    }


def _limits(metadata: Manifest) -> Manifest:
    limits = [{"type": "Container", "default": {"cpu": "200m", "memory": "256Mi"}}]
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata} | {
        "spec": {"limits": limits}
    }


def _policy(metadata: Manifest) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }


@dataclass
class Rate:
    per_second: float
    cpu_ms: float


class Raw:
    """The least that aiohttp can do: paths and headers made beforehand, the answer parsed."""

    def __init__(self, cluster: Cluster, session: aiohttp.ClientSession) -> None:
        self._cluster = cluster
        self._session = session
        self._headers = {"Content-Type": "application/apply-patch+yaml"}

    async def create(self, manifest: Manifest) -> None:
        served = await self._cluster.served(manifest["apiVersion"], manifest["kind"])
        ref = Ref.of(manifest)
        path = f"{served.path(ref.name, ref.namespace)}?fieldManager=mto&force=true"
        async with self._session.patch(
            self._cluster.connection.server + path,
            data=orjson.dumps(manifest),
            headers=self._headers,
        ) as response:
            body = await response.read()
            if response.status != 201:  # noqa: PLR2004
                raise SystemExit(body.decode())
            orjson.loads(body)


async def measure(create: Create, manifests: list[Manifest], workers: int) -> Rate:
    queue = iter(manifests)

    async def work() -> None:
        for manifest in queue:
            await create(manifest)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(workers)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Rate(len(manifests) / wall, cpu / len(manifests) * 1000)


async def compare(cluster: Cluster, raw: Raw, options: argparse.Namespace) -> None:
    async def ours(manifest: Manifest) -> None:
        await cluster.apply(manifest, create_only=True)

    run = f"floor-{uuid.uuid4().hex[:6]}"
    names = [f"{run}-{index}" for index in range(NAMESPACES)]
    await asyncio.gather(*(make(cluster, name) for name in names))
    rates: dict[str, list[Rate]] = {"raw": [], "ours": []}
    supply = objects(run, options.objects * (options.turns + 1) * 2)
    try:
        for turn in range(options.turns + 1):
            sides: list[tuple[str, Create]] = [("raw", raw.create), ("ours", ours)]
            for side, create in sides if turn % 2 else reversed(sides):
                share = list(itertools.islice(supply, options.objects))
                rate = await measure(create, share, options.connections)
                if turn:  # the first only warms up
                    rates[side].append(rate)
    finally:
        await asyncio.gather(*(cluster.delete(Ref("v1", "Namespace", name)) for name in names))
    report(rates)


def report(rates: Mapping[str, Sequence[Rate]]) -> None:
    for side, of in rates.items():
        speeds = sorted(one.per_second for one in of)
        cpu = statistics.median(one.cpu_ms for one in of)
        print(
            f"{side:5} median {statistics.median(speeds):5.0f} objects/s "
            f"({speeds[0]:.0f}-{speeds[-1]:.0f})  {cpu:.3f} ms CPU each"
        )
    pairs = zip(rates["ours"], rates["raw"], strict=True)
    ratio = statistics.median(ours.per_second / raw.per_second for ours, raw in pairs)
    print(f"ours/raw, median over neighbouring turns: {ratio:.3f}")


async def make(cluster: Cluster, name: str) -> None:
    await cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


async def main(options: argparse.Namespace) -> None:
    connection = load(options.kubeconfig, options.context, current=options.context is None)
    tls = connection.tls((await connection.issue()).certificate)
    connector = aiohttp.TCPConnector(limit=options.connections, ssl=tls or True)
    async with (
        Cluster(connection, limit=options.connections) as cluster,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        await compare(cluster, Raw(cluster, session), options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context")
    parser.add_argument("--objects", type=int, default=250)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--connections", type=int, default=32)
    asyncio.run(main(parser.parse_args()))
