"""Bad days, one after the other and at random, on a service at work; repeatable by its seed.

What happens is in ``Chaos``; each method is one bad day, chosen by ``run`` as its seed says. In the
end everything must be as a fresh provisioning of the same manifests makes it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from mto.local import cluster as planes
from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from tests.support.apiserver import refused
from tests.support.etcd import compact
from tests.support.kubectl import Answer, Kubectl
from tests.support.load import BUDGET, DECLARED, OWNER, TENANT, budget
from tests.support.mto import Manifest, Project, members, quota, tenant
from tests.support.objects import config, namespace
from tests.support.proxy import Door, Fault, door
from tests.support.service import Service

OTHERS: Final = tuple(f"t{number}" for number in range(8))
SPACES: Final = ("dev", "qa", "lab")
PEOPLE: Final = ("joe", "kim", "lee")
FOREIGN: Final = "foreign"
STUCK: Final = "t0-stuck"
PAST_THE_LEASE: Final = 20.0
CALM: Final = 3.0
GONE: Final = refused(410, "Expired", "too old resource version")
BUSY: Final = refused(429, "TooManyRequests", "too many", retryAfterSeconds=1)
FULL: Final = refused(500, "InternalError", "etcd is full")

READS: Final = (Fault(BUSY), Fault(reset=True), Fault(seconds=0.3))
WRITES: Final = (*READS, Fault(FULL), Fault(lost=True))


@dataclass
class Chaos:
    """One cluster, one project, one service, restarted whenever it has ended."""

    plane: ControlPlane
    project: Project
    admin: Kubectl
    way: Door
    chance: random.Random
    service: Service
    declared: dict[str, Manifest] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    luck: random.Random = field(default_factory=random.Random)
    """Of single requests, which come when they come: no seed makes that repeatable."""
    weather: float = 0.0
    expired: bool = False

    # ---- the service -----------------------------------------------------------------------------

    def begin(self) -> Service:
        return Service(self.project.begin("serve", "--listen", "127.0.0.1:0"))

    def supervise(self) -> None:
        """As a kubelet would; what it said at its end is kept, and must be no traceback."""
        if self.service.process.poll() is None:
            return
        self.buried(self.service)
        self.service = self.begin()

    def buried(self, service: Service) -> None:
        service.process.wait()
        service._reader.join(timeout=10)  # noqa: SLF001 - what it said to the last
        said = "".join(service.rest)
        assert "Traceback" not in said, said[-3000:]
        bugs = service.said("a turn ended with a bug")
        assert bugs == [], bugs
        self.ended[said.strip()[-200:] or f"code {service.process.returncode}"] += 1
        for stream in (service.process.stdout, service.process.stderr):
            if stream is not None:
                stream.close()

    def kill(self) -> None:
        self.service.process.kill()
        self.supervise_after_a_moment()

    def stop(self) -> None:
        self.service.process.send_signal(signal.SIGTERM)
        self.supervise_after_a_moment()

    def supervise_after_a_moment(self) -> None:
        self.service.process.wait(timeout=60)
        time.sleep(self.chance.uniform(0, 1))
        self.supervise()

    def pause_past_the_lease(self) -> None:
        """The other replica takes over; who was paused must not go on when it wakes."""
        other, first = self.begin(), self.service
        first.process.send_signal(signal.SIGSTOP)
        time.sleep(PAST_THE_LEASE)
        first.process.send_signal(signal.SIGCONT)
        self.service = other
        time.sleep(self.chance.uniform(2, 6))
        first.process.kill()  # unless it had the Lease it only stands by, for good
        self.buried(first)

    # ---- the API server and etcd -----------------------------------------------------------------

    def kill_the_api_server(self) -> None:
        (server,) = (one for one in self.plane.processes if one.program == "kube-apiserver")
        os.kill(server.pid, signal.SIGKILL)
        time.sleep(self.chance.uniform(0, 4))
        self.plane = planes.up(self.plane.name)

    def pause_the_api_server(self) -> None:
        (server,) = (one for one in self.plane.processes if one.program == "kube-apiserver")
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(self.chance.uniform(1, 6))
        os.kill(server.pid, signal.SIGCONT)

    def bad_weather(self) -> None:
        """For a while some requests are refused, lost, slow or cut off."""
        self.weather = self.chance.uniform(0.05, 0.3)
        time.sleep(self.chance.uniform(3, 8))
        self.weather = 0.0

    def cut_the_watches(self) -> None:
        self.way.cut()

    def forget_the_past(self) -> None:
        """etcd is compacted, and every watch that comes back is told that it is too late."""
        compact(self.plane.name)
        self.expired = True
        self.way.cut()
        time.sleep(self.chance.uniform(0.5, 2))
        self.expired = False

    def _write(self, _number: int, _path: str) -> Fault | None:
        return self.luck.choice(WRITES) if self.luck.random() < self.weather else None

    def _read(self, request: web.Request) -> Fault | None:
        if self.expired and request.query.get("watch") == "true":
            return Fault(GONE)
        return self.luck.choice(READS) if self.luck.random() < self.weather else None

    # ---- the state -------------------------------------------------------------------------------

    def fill_the_disk(self) -> None:
        """No file can be written any more, then again."""
        with suppress(ProcessLookupError):
            pid, most = self.service.process.pid, resource.RLIM_INFINITY
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
            self.edit_a_tenant()
            time.sleep(self.chance.uniform(2, 5))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    def lose_the_state(self) -> None:
        """At any moment. (No tenant is taken away in these days: it would be nobody's then.)"""
        self.service.process.kill()
        self.service.process.wait()
        shutil.rmtree(self.project.root / ".state", ignore_errors=True)  # lost before perhaps
        self.supervise()

    def rests(self, seconds: float) -> bool:
        """Whether it comes to do nothing for a while; who always fails waits in the queue."""
        ends, since, before = time.monotonic() + seconds, time.monotonic(), -1.0
        while time.monotonic() < ends:
            self.supervise()
            done = self.service.metric('mto_updates_total{result="changed"}')
            busy = self.service.metric("mto_updates_running") or not self.leads()
            if busy or done != before:
                since, before = time.monotonic(), done
            if time.monotonic() - since > CALM:
                return True
            time.sleep(0.2)
        return False

    def leads(self) -> bool:
        ready = self.service.get("/readyz")[0] == HTTPStatus.OK
        return ready and self.service.metric("mto_leader") == 1.0

    # ---- people ----------------------------------------------------------------------------------

    def edit_a_tenant(self) -> None:
        name = self.chance.choice(OTHERS)
        count = self.chance.randint(1, len(SPACES))
        self.declare(name, self.chance.sample(SPACES, count), self.chance.choice(PEOPLE))

    def declare(self, name: str, spaces: list[str], owner: str) -> None:
        access = members(owners=[owner])
        self.declared[name] = tenant(name, *sorted(spaces), quota="small", accessControl=access)
        self.write(name)

    def write(self, name: str) -> None:
        self.project.declare(self.declared[name], file=f"{name}.yaml")

    def break_a_file(self) -> None:
        """Its tenant stays as it was until the file is mended."""
        name = self.chance.choice(OTHERS)
        (self.project.root / "tenants" / f"{name}.yaml").write_text("kind: Tenant\n  metadata: {")
        time.sleep(self.chance.uniform(1, 4))
        self.write(name)

    def break_many_files(self) -> None:
        broken = [self.project.root / "tenants" / f"broken-{number}.yaml" for number in range(300)]
        for one in broken:
            one.write_text("kind: [")
        time.sleep(self.chance.uniform(1, 4))
        for one in broken:
            one.unlink()

    def edit_a_quota(self) -> None:
        self.project.declare(quota("small", pods=self.chance.randint(4, 20)), file="small.yaml")

    def drift(self) -> None:
        """What administrators do by mistake."""
        name = f"{self.chance.choice(OTHERS)}-{self.chance.choice(SPACES)}"
        for words in self.chance.sample(MISTAKES, 3):
            self.admin(*(word.format(name) for word in words))

    def stuck_namespace(self) -> None:
        """Somebody's finalizer holds it; a later bad day, or the end, lets it go."""
        self.apply(namespace(STUCK, **{"stakater.com/tenant": "t0"}))
        held = config(STUCK, "held")
        held["metadata"]["finalizers"] = ["example.org/nobody"]
        self.apply(held)
        self.admin("delete", "namespace", STUCK, "--wait=false")

    def release(self) -> None:
        patch = '{"metadata":{"finalizers":null}}'
        self.admin("-n", STUCK, "patch", "configmap", "held", "--type=merge", "-p", patch)

    def apply(self, manifest: Manifest) -> Answer:
        return self.admin("apply", "-f", "-", stdin=json.dumps(manifest))


MISTAKES: Final = (
    ("-n", "{0}", "delete", "rolebinding", "--all", "--wait=false"),
    ("-n", "{0}", "delete", "tenantpolicy", "--all", "--wait=false"),
    ("-n", "{0}", "delete", "resourcequota", "mto", "--wait=false"),
    ("-n", "{0}", "label", "rolebinding", "--all", "mto.stakater.com/managed-"),
    ("label", "namespace", "{0}", "stakater.com/kind=wrong", "--overwrite"),
    ("delete", "namespace", "{0}", "--wait=false"),
)

DAYS: Final = (
    *("kill", "stop", "kill_the_api_server", "pause_the_api_server", "bad_weather"),
    *("cut_the_watches", "forget_the_past", "fill_the_disk", "lose_the_state"),
    *("edit_a_tenant", "edit_a_tenant", "break_a_file", "break_many_files", "edit_a_quota"),
    *("drift", "drift", "stuck_namespace", "release", "pause_past_the_lease"),
)


@contextmanager
def opened(plane: ControlPlane, folder: Path, *, seed: int) -> Iterator[Chaos]:
    """Everything declared and the service begun; it is killed at the end, whatever happens."""
    project = Project(folder, plane.kubeconfig, settings={"prune": True})
    admin = Kubectl(locate(["kubectl"])["kubectl"], plane.kubeconfig, folder / "kubectl")
    with ExitStack() as stack:
        way = stack.enter_context(door(plane.kubeconfig, lambda _, __: None, folder))
        project.configure(kubeconfig=str(way.kubeconfig), prune=True)
        chance = random.Random(seed)  # noqa: S311
        chaos = Chaos(plane, project, admin, way, chance, None)  # type: ignore[arg-type]
        way.decide, way.asked = chaos._write, chaos._read  # noqa: SLF001
        access = members(owners=[OWNER])
        blue = tenant(TENANT, *DECLARED, quota=TENANT, accessControl=access)
        chaos.declared[TENANT] = blue
        project.declare(budget(BUDGET), blue, file="blue.yaml")
        project.declare(quota("small", pods=12), file="small.yaml")
        for name in OTHERS:
            chaos.declare(name, ["dev", "qa"], "joe")
        chaos.apply(namespace(FOREIGN))
        spaces = {"withoutTenantPrefix": [FOREIGN]}
        chaos.declared["failing"] = tenant("failing", "dev", quota="small", namespaces=spaces)
        chaos.write("failing")
        chaos.service = chaos.begin()
        try:
            yield chaos
        finally:
            chaos.service.process.kill()
            chaos.buried(chaos.service)


def said(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()
