"""Memory of the service over a long time of steady change.

    make soak DURATION=1800
    python -m tests.trials.soak [--seconds 1800] [--tenants 50]

Tenants are edited, their objects are tampered with, namespaces come and go and pods press on a
budget, all the time and evenly, on a control plane of its own that is always removed. What counts
is the slope of the second half: the first one fills what is kept once for each object.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mto.local import cluster as planes
from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from tests.support.aftermath import loaded
from tests.support.kubectl import Kubectl
from tests.support.load import BUDGET, DECLARED, OWNER, TENANT, budget
from tests.support.mto import Project, members, quota, tenant
from tests.support.service import Service, serving

SPACES = ("dev", "qa", "lab")


class Sample(NamedTuple):
    """``seconds`` since the service was ready; ``turns`` so far that changed something."""

    seconds: float
    megabytes: float
    turns: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two samples")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    name = f"test-{os.getpid()}-soak"
    try:
        with tempfile.TemporaryDirectory() as folder:
            soak = Soak(planes.up(name), Path(folder), chosen.tenants)
            samples = soak.run(chosen.seconds, chosen.every)
    finally:
        planes.down(name)
    half = [one for one in samples if one.seconds >= chosen.seconds / 2]
    say(f"slope of the second half: {slope(half) * 3600:+.1f} MB an hour")
    return 0


class Soak:
    def __init__(self, plane: ControlPlane, folder: Path, count: int) -> None:
        self.plane, self.folder = plane, folder
        self.project = Project(folder, plane.kubeconfig)
        self.admin = Kubectl(locate(["kubectl"])["kubectl"], plane.kubeconfig, folder / "kubectl")
        self.names = [f"t{number}" for number in range(count)]
        self.chance = random.Random(1)  # noqa: S311 - a change that can be repeated

    def run(self, seconds: float, every: float) -> list[Sample]:
        owners = members(owners=[OWNER])
        blue = tenant(TENANT, *DECLARED, quota=TENANT, accessControl=owners)
        self.project.declare(budget(BUDGET), quota("small", pods=12), blue)
        for name in self.names:
            self.declare(name)
        with serving(self.project) as service:
            service.quiet(3.0)
            with loaded(self.plane, self.folder, 1):
                return self._followed(service, seconds, every)

    def declare(self, name: str) -> None:
        spaces = self.chance.sample(SPACES, self.chance.randint(1, len(SPACES)))
        one = tenant(name, *sorted(spaces), quota="small", accessControl=members(owners=["joe"]))
        self.project.declare(one, file=f"{name}.yaml")

    def _followed(self, service: Service, seconds: float, every: float) -> list[Sample]:
        begun, samples = time.monotonic(), list[Sample]()
        while (passed := time.monotonic() - begun) < seconds:
            if passed >= len(samples) * every:
                turns = service.metric('mto_updates_total{result="changed"}')
                samples.append(Sample(passed, resident(service.process.pid), turns))
                say("{:6.0f} s {:7.1f} MB {:8.0f} updates".format(*samples[-1]))
            name = self.chance.choice(self.names)
            self.declare(name)
            self.admin("-n", f"{name}-dev", "delete", "rolebinding", "--all", "--wait=false")
            time.sleep(1.0)
        return samples


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds, as Linux counts them."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(pid)


def slope(samples: Sequence[Sample]) -> float:
    """Megabytes a second, by least squares."""
    count = len(samples)
    x = sum(one.seconds for one in samples) / count
    y = sum(one.megabytes for one in samples) / count
    below = sum((one.seconds - x) ** 2 for one in samples)
    return sum((one.seconds - x) * (one.megabytes - y) for one in samples) / below if below else 0.0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
