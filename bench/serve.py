"""The service on a local control plane: what it takes to get there, and what people then wait for.

Everything in one run: cold provisioning beside the raw floor and kubectl, a restart, edits, foreign
changes, namespaces of owners, members, demand for budget, a burst, memory. Markdown goes to
standard output, progress to standard error.

    python bench/serve.py [--quick] [--tenants 1000] [--namespaces 3] [--probes 50]
    python bench/serve.py --plane NAME --folder PATH    # both are kept, and taken up again
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import world
from contenders import Contender, Kubectl, Mto, Raw, Site, up
from plane import QUIET, calm, control_plane
from probes import Probes, percentile
from service import Service, Weight, turns_of
from table import markdown
from world import ENVIRONMENT, Size

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.local import cluster as local
from mto.local.binaries import locate
from mto.local.user import kubeconfig_for
from mto.plan.build import Settings
from mto.sources.files import read_world

PREFIX = "s"
OWNER = "anna@example.org"
SAMPLE = Size(40, 3)
CONNECTIONS = 32
IDLE_SECONDS = 10.0


@dataclass
class Found:
    """What came out, in the order in which it was measured."""

    size: Size
    objects: int = 0
    cold: list[tuple[str, ...]] = field(default_factory=list)
    waits: list[tuple[str, ...]] = field(default_factory=list)
    single: list[tuple[str, str]] = field(default_factory=list)

    def one(self, what: str, value: str) -> None:
        say(f"  {what}: {value}")
        self.single.append((what, value))

    def weigh(self, when: str, weight: Weight) -> None:
        parts = (("RSS", weight.rss), ("PSS", weight.pss), ("RSS at its peak", weight.peak))
        told = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in parts)
        self.one(f"memory {when}", told)

    def report(self) -> Iterator[str]:
        yield f"{self.size}, {self.objects:,} objects\n"
        if self.cold:
            yield markdown(("cold", "objects", "seconds", "objects/s"), self.cold) + "\n"
        yield markdown(("what somebody waits for", "n", "p50 ms", "p95 ms", "longest"), self.waits)
        yield ""
        yield markdown(("what else", "result"), self.single)


class Bench:
    """One size, on one control plane."""

    def __init__(self, site: Site, plane: str, size: Size) -> None:
        self.site, self.plane, self.size = site, plane, size
        self.manifests, self.state = site.folder / "tenants", site.folder / "serve-state"
        self.found = Found(size)
        if not self.manifests.exists():
            world.write(self.manifests, size, PREFIX)
        plans = world.planned(read_world(self.manifests), Settings(ENVIRONMENT))
        self.found.objects = sum(len(list(world.objects(one))) for one in plans.values())

    def run(self, probes: int) -> Found:
        if not (self.state / ".pulumi").exists():
            self._cold()
        with self._service() as service:
            self._restart(service)
            asyncio.run(self._probe(service, probes))
            self._burst(service)
            self.found.weigh("at the end", service.weight())
            service.stop()
        self._unchanged()
        return self.found

    def _service(self) -> Service:
        return Service(self.site.folder, self.manifests, self.state)

    def _cold(self) -> None:
        """The floor and kubectl on a sample, before and after: they must not be in the way."""
        others: list[Contender] = [Raw(self.site, CONNECTIONS), Kubectl(self.site)]
        self._sample(others, "a")
        with self._service() as service:
            ready = service.ready()
            turns = self.size.tenants + 1
            took = service.quiet(turns) - ready
            cpu = service.cpu()
            self._row("mto serve", self.found.objects, took)
            self.found.one("CPU of cold provisioning", f"{cpu:.1f} s")
            _requests(self.found, service.metrics(), self.found.objects)
            self.found.weigh("after cold provisioning", service.weight())
            service.stop()
        calm(self.site.kubeconfig)
        self._sample(others, "b")

    def _sample(self, others: list[Contender], prefix: str) -> None:
        for one in others:
            count = one.prepare(SAMPLE, f"{one.name[0]}{prefix}")
            cost = one.cold(range(SAMPLE.tenants))
            self._row(f"{one.name}, a sample", count, cost.seconds)
            calm(self.site.kubeconfig)

    def _row(self, who: str, count: int, seconds: float) -> None:
        row = (who, f"{count:,}", f"{seconds:.1f}", f"{count / seconds:,.0f}")
        say(f"  cold: {' '.join(row)}")
        self.found.cold.append(row)

    def _restart(self, service: Service) -> None:
        """Everything is as it should be; the service only has to find that out."""
        found = self.found
        found.one("restart → ready", f"{service.ready():.1f} s")
        found.one("restart → quiet", f"{service.quiet(self.size.tenants + 1):.1f} s")
        found.one("CPU of a restart", f"{service.cpu():.1f} s")
        _requests(found, service.metrics(), 0)
        found.weigh("after a restart", service.weight())
        before = service.cpu()
        time.sleep(IDLE_SECONDS)
        found.one("CPU while nothing happens", f"{(service.cpu() - before) / IDLE_SECONDS:.1%}")

    async def _probe(self, service: Service, count: int) -> None:
        connection = load(self.site.kubeconfig, None, current=True)
        path = self.site.folder / "owner.kubeconfig"
        path.write_text(kubeconfig_for(self.plane, OWNER))
        async with (
            Cluster(connection) as cluster,
            Cluster(load(path, None, current=True)) as owner,
        ):
            probes = Probes(cluster, owner, self.manifests, self.size, PREFIX)
            few = max(3, count // 3)
            for what, probe, times in (
                ("file saved → object changed", probes.edit, count),
                ("object deleted → there again", probes.deleted, count // 2),
                ("object edited → as declared", probes.changed, count // 2),
                ("namespace made by an owner → a pod is taken", probes.namespace, few),
                ("member added → in all RoleBindings", probes.member, few),
                ("budget asked for → granted", probes.demand, few),
            ):
                self._waited(what, await probes.repeated(probe, times))
                await asyncio.to_thread(service.quiet)

    def _waited(self, what: str, seconds: list[float]) -> None:
        ranked = (median(seconds), percentile(seconds, 0.95), max(seconds))
        row = (what, str(len(seconds)), *(f"{one * 1000:,.0f}" for one in ranked))
        say(f"  {' '.join(row)}")
        self.found.waits.append(row)

    def _burst(self, service: Service) -> None:
        """Every tenant's file at once, as a `git pull` does; and once more with nothing new."""
        offline = Probes(None, None, self.manifests, self.size, PREFIX)  # type: ignore[arg-type]
        names = [world.tenant_name(PREFIX, index) for index in range(self.size.tenants)]
        for what, stage in (("changed", f"b{time.time_ns()}"), ("touched", "")):
            before, began = service.metrics(), service.seconds
            for name in names:
                path = self.manifests / f"{name}.yaml"
                offline.save(name, stage) if stage else path.touch()
            turns = turns_of(before) + (len(names) if stage else 0)
            took = service.quiet(turns, lasting=2.0) - began
            combine = 'mto_phase_seconds_count{phase="combine"}'
            passes = service.metrics()[combine] - before[combine]
            rate = f", {len(names) / took:,.0f} tenants/s" if stage else ""
            self.found.one(
                f"{len(names):,} files {what} at once", f"{passes:g} passes, {took:.1f} s{rate}"
            )

    def _unchanged(self) -> None:
        cost = up(self.site, self.manifests, self.state, "--expect-no-changes")
        again = up(self.site, self.manifests, self.state, "--expect-no-changes")
        self.found.one(
            "`mto up` with nothing to do",
            f"{again.seconds:.2f} s (first {cost.seconds:.2f} s), CPU {again.cpu:.1f} s, "
            f"peak {again.memory / 1e6:,.0f} MB",
        )


def _requests(found: Found, metrics: dict[str, float], objects: int) -> None:
    sent = {name: one for name, one in metrics.items() if name.startswith("mto_api_requests_total")}
    reads = ("get", "list", "watch")
    writes = sum(
        one for name, one in sent.items() if not any(f'verb="{verb}"' in name for verb in reads)
    )
    told = f"{sum(sent.values()):,.0f}, of them {writes:,.0f} writes"
    per = f"; {sum(sent.values()) / objects:.2f} an object" if objects else ""
    found.one("requests to the API server", told + per)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--namespaces", type=int, default=3, help="of each tenant")
    parser.add_argument("--probes", type=int, default=50, help="edits; fewer of everything else")
    parser.add_argument("--plane", help="a local control plane that is kept")
    parser.add_argument("--folder", type=Path, help="manifests and state that are kept")
    parser.add_argument("--quick", action="store_true", help="20 tenants, 10 edits")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.tenants, chosen.probes = 20, 10
    return chosen


def main() -> None:
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the control plane is removed
    kept = chosen.plane and local.up(
        chosen.plane, options=None if chosen.plane in local.names() else QUIET
    )
    scratch = tempfile.TemporaryDirectory(prefix="mto-bench-")
    with scratch as temporary, nullcontext(kept) if kept else control_plane() as plane:
        folder = (chosen.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        say(f"control plane {plane.name} is up")
        site = Site(folder, plane.kubeconfig, locate(["kubectl"])["kubectl"])
        if not (folder / "platform").exists():
            Mto.set_up(site)
        bench = Bench(site, plane.name, Size(chosen.tenants, chosen.namespaces))
        found = bench.run(chosen.probes)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores\n")
    print("\n".join(found.report()))


if __name__ == "__main__":
    main()
