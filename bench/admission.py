"""What admission costs a real user: creates with the policies off and on, side by side in one run.

The cluster grows to so many tenants, each with every rule set and an owner of its own, since nobody
owns a thousand; one owner then creates pods, claims, Ingresses and namespaces, as dry runs and for
real, one after the other over one connection. Blocks with the policies off and on take turns (off
on on off …), so that what else goes on hits both. *Off* means that policies and bindings are
deleted: roles, quotas and limits stay. Markdown goes to standard output, progress to standard
error.

    python bench/admission.py [--quick] [--tenants 1 100 1000] [--requests 200] [--blocks 4]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import world
from contenders import Mto, Site, up
from multidict import CIMultiDict
from plane import calm, control_plane
from table import markdown

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.cluster.ref import Ref
from mto.cluster.session import Session
from mto.local.binaries import locate
from mto.local.user import kubeconfig_for

Manifest = dict[str, Any]
OFF, ON = "off", "on"
USER = "anna@example.org"
VERSION = "admissionregistration.k8s.io/v1"
KINDS = ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy")
HEADERS = CIMultiDict({"Content-Type": "application/json"})
GOAL = 1.0
REAL_NAMESPACES = 10
"""In a block, of namespaces that are really made: each brings others in its train."""
RULES = """\
  storageClasses: {{allowed: [fast, standard]}}
  ingressClasses: {{allowed: [nginx, internal]}}
  podPriorityClasses: {{allowed: [batch, '']}}
  runtimeClasses: {{allowed: [gvisor, '']}}
  serviceAccounts: {{denied: [deployer]}}
  imageRegistries: {{allowed: [ghcr.io, registry.example.org, quay.io]}}
  hostValidationConfig:
    allowed: [{name}.example.org]
    allowedRegex: ^[a-z0-9-]+\\.{name}\\.example\\.org$
  services: {{disableNodePorts: true, disableExternalIPs: true}}
  pods:
    nodeSelector: {{pool: [tenants]}}
    tolerations: {{allowed: [{{key: dedicated, value: tenants}}]}}
    disableHostPorts: true
"""
COLUMNS = (
    "create",
    "tenants",
    "off, median ms",
    "on, median ms",
    "difference",
    "on / off",
    "off, p95 ms",
    "on, p95 ms",
)


@dataclass
class Work:
    """One kind of create: milliseconds of each request, by whether the policies were on."""

    kind: str
    tenants: int
    real: bool
    times: dict[str, list[float]] = field(default_factory=lambda: {OFF: [], ON: []})

    @property
    def name(self) -> str:
        return self.kind if self.real else f"{self.kind}, dry run"

    @property
    def difference(self) -> float:
        return statistics.median(self.times[ON]) - statistics.median(self.times[OFF])

    def line(self) -> tuple[str, ...]:
        off, on = (statistics.median(self.times[mode]) for mode in (OFF, ON))
        tails = (statistics.quantiles(self.times[mode], n=20)[-1] for mode in (OFF, ON))
        numbers = (off, on, on - off, on / off, *tails)
        return (self.name, f"{self.tenants:,}", *(f"{one:.2f}" for one in numbers))


def manifest(kind: str, name: str, tenant: str) -> Manifest:
    """Something that every rule allows, with as much to judge as people usually write."""
    metadata: Manifest = {"name": name, "namespace": f"{tenant}-n000"}
    container = {"name": "main", "image": "ghcr.io/web/app:1", "ports": [{"containerPort": 80}]}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    host = f"{name}.{tenant}.example.org"
    specs: Mapping[str, Manifest] = {
        "Pod": {
            "schedulerName": "nobody",  # it stays as it is, and no controller has work with it
            "nodeSelector": {"pool": "tenants"},
            "containers": [container, {**container, "name": "side", "ports": []}],
        },
        "PersistentVolumeClaim": {
            "storageClassName": "fast",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
        "Ingress": {
            "ingressClassName": "nginx",
            "rules": [{"host": host, "http": {"paths": [path]}}],
            "tls": [{"hosts": [host], "secretName": "web"}],
        },
    }
    if kind == "Namespace":
        labels = {"stakater.com/tenant": tenant}
        metadata = {"name": f"{tenant}-{name}", "labels": labels}
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    version = "networking.k8s.io/v1" if kind == "Ingress" else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": specs[kind]}


class Client:
    """An owner's connection, and that of whoever switches the policies."""

    def __init__(self, admin: Cluster, owner: Session, cluster: Cluster) -> None:
        self._admin, self._owner, self._cluster = admin, owner, cluster
        self._policies: list[Manifest] = []
        self._numbers = itertools.count()

    async def switch(self, mode: str, tenant: str) -> None:
        """Delete or make the policies, and wait until the API server does as they say."""
        if mode == OFF:
            found = [one for kind in KINDS for one in await self._admin.list(VERSION, kind)]
            self._policies = [one for one in found if one["metadata"]["name"].startswith("mto-")]
            for one in self._policies:
                await self._admin.delete(Ref.of(one))
        else:
            for one in reversed(self._policies):
                kept = {key: one["metadata"][key] for key in ("name", "labels")}
                same = {key: one[key] for key in ("apiVersion", "kind", "spec")}
                await self._admin.apply({**same, "metadata": kept})
        bad = manifest("Pod", "probe", tenant)
        bad["spec"]["containers"][0]["image"] = "evil.example.org/web"
        ends = time.monotonic() + 60
        while ((await self._create(bad, real=False))[0] == 201) is (mode == ON):  # noqa: PLR2004
            if time.monotonic() > ends:
                raise SystemExit(f"the policies are not {mode} after a minute")
            await asyncio.sleep(0.2)
        await asyncio.sleep(1.5)  # the API server takes up all policies once a second

    async def measure(self, work: Work, mode: str, tenant: str, *, requests: int) -> None:
        """The first tenth is not counted: connection and caches are warm afterwards."""
        made: list[Manifest] = []
        for number in range(-(requests // 10), requests):
            one = manifest(work.kind, f"m{next(self._numbers)}", tenant)
            started = time.perf_counter()
            status, answer = await self._create(one, real=work.real)
            taken = (time.perf_counter() - started) * 1000
            if status != 201:  # noqa: PLR2004 - Created
                raise SystemExit(f"{work.name}, policies {mode}: {answer.decode()[:1000]}")
            made.append(one)
            if number >= 0:
                work.times[mode].append(taken)
        if work.real:
            await asyncio.gather(*(self._admin.delete(Ref.of(one)) for one in made))

    async def _create(self, one: Manifest, *, real: bool) -> tuple[int, bytes]:
        served = await self._cluster.served(one["apiVersion"], one["kind"])
        path = served.collection(one["metadata"].get("namespace", ""))
        path += "" if real else "?dryRun=All"
        body = orjson.dumps(one)
        answer = await self._owner.exchange("POST", path, headers=HEADERS, body=body, seconds=30)
        return answer.status, answer.body


def grow(site: Site, manifests: Path, tenants: int) -> None:
    """Declare so many tenants, and bring them up."""
    manifests.mkdir(exist_ok=True)
    (manifests / "platform.yaml").write_text(world.PLATFORM)
    for index in range(tenants):
        name = world.tenant_name("", index)
        text = world.TENANT.format(name=name, namespaces="n000") + RULES.format(name=name)
        for person in (USER, "john@example.org") if index else ():
            text = text.replace(person, f"{index}-{person}")
        (manifests / f"{name}.yaml").write_text(text)
    up(site, manifests, site.folder / "state")
    calm(site.kubeconfig)


async def measured(
    site: Site, owner: Path, works: list[Work], *, requests: int, blocks: int
) -> None:
    tenant = world.tenant_name("", 0)
    theirs = load(owner, None, current=True)
    session = Session(theirs, 1)
    async with (
        Cluster(load(site.kubeconfig, None, current=True)) as admin,
        Cluster(theirs) as cluster,
    ):
        client = Client(admin, session, cluster)
        mode = ON
        for block in range(blocks):
            for wanted in (OFF, ON) if block % 2 == 0 else (ON, OFF):
                if wanted != mode:
                    await client.switch(wanted, tenant)
                    mode = wanted
                for work in works:
                    few = work.real and work.kind == "Namespace"
                    count = min(requests, REAL_NAMESPACES) if few else requests
                    await client.measure(work, mode, tenant, requests=count)
            say(f"  block {block + 1} of {blocks}")
        if mode == OFF:
            await client.switch(ON, tenant)
        await session.close()


def report(works: list[Work]) -> Iterator[str]:
    yield markdown(COLUMNS, (one.line() for one in works))
    pods = [one for one in works if one.kind == "Pod"]
    largest = max(one.tenants for one in pods)
    for one in pods:
        if one.tenants == largest:
            word = "reached" if one.difference <= GOAL else "missed"
            yield (
                f"\n{one.name} at {largest:,} tenants: {one.difference:+.2f} ms at the median; "
                f"goal at most {GOAL:.0f} ms: {word}"
            )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tenants", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--requests", type=int, default=200, help="of each kind in a block")
    parser.add_argument("--blocks", type=int, default=4, help="each with the policies off and on")
    parser.add_argument("--quick", action="store_true", help="1 and 10 tenants, 2 blocks of 50")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.tenants, chosen.requests, chosen.blocks = [1, 10], 50, 2
    return chosen


def main() -> None:
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the control plane is removed
    works: list[Work] = []
    with tempfile.TemporaryDirectory(prefix="mto-bench-") as text, control_plane() as plane:
        folder = Path(text)
        site = Site(folder, plane.kubeconfig, locate(["kubectl"])["kubectl"])
        Mto.set_up(site)
        owner = folder / "owner.kubeconfig"
        owner.write_text(kubeconfig_for(plane.name, USER))
        for tenants in sorted(chosen.tenants):
            say(f"{tenants} tenants")
            grow(site, folder / "manifests", tenants)
            now = [
                Work(kind, tenants, real)
                for kind in ("Pod", "PersistentVolumeClaim", "Ingress", "Namespace")
                for real in (False, True)
            ]
            asyncio.run(measured(site, owner, now, requests=chosen.requests, blocks=chosen.blocks))
            works += now
    works.sort(key=lambda one: one.kind)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores\n")
    print("\n".join(report(works)))


if __name__ == "__main__":
    main()
