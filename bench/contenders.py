"""Who is measured: the raw floor, kubectl and mto, each on its own copy of the same work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson
import world
from world import ENVIRONMENT, Size

from mto.plan.build import Settings
from mto.sources.files import read_world

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of wall and of CPU, and bytes of memory at its peak."""

    seconds: float
    cpu: float
    memory: float

    def __add__(self, other: Cost) -> Cost:
        """One after the other."""
        return Cost(
            self.seconds + other.seconds, self.cpu + other.cpu, max(self.memory, other.memory)
        )


@dataclass(frozen=True)
class Site:
    """Where a round happens: a folder of its own, and the cluster."""

    folder: Path
    kubeconfig: Path
    kubectl: Path

    @property
    def python(self) -> dict[str, str]:
        """Compiled modules are kept, as on anybody's machine, whatever the surroundings say."""
        kept = str(self.folder / "pycache")
        return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}

    def run(self, *command: str | Path, **environ: str) -> tuple[Cost, str]:
        """What the command cost, and what it said."""
        result, output = self.folder / "result.json", self.folder / "output.txt"
        launcher = [sys.executable, "-I", "-S", HERE / "measured.py", result, output]
        subprocess.run(
            list(map(str, (*launcher, *command))),
            check=True,
            cwd=self.folder,
            env={**os.environ, **self.python, **environ},
        )
        cost, said = json.loads(result.read_text()), output.read_text()
        if cost.pop("code"):
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said[-2000:]}")
        return Cost(**cost), said


class Contender(Protocol):
    """One way to bring about the work that was prepared under ``prefix``.

    ``prepare`` answers with the number of objects. ``cold`` makes those of some tenants, ``again``
    finds nothing to do for all of them, ``edited`` carries out one change; None where there is
    nothing that could be measured.
    """

    name: str

    def prepare(self, size: Size, prefix: str) -> int: ...
    def cold(self, tenants: Sequence[int]) -> Cost: ...
    def again(self) -> Cost | None: ...
    def edited(self) -> Cost: ...


@dataclass
class Work:
    """The declared files of one contender, and the objects that they stand for."""

    site: Site
    size: Size
    prefix: str

    def __post_init__(self) -> None:
        self.manifests = self.site.folder / f"{self.prefix}-manifests"
        world.write(self.manifests, self.size, self.prefix)
        self.objects = self._objects()

    def names(self, tenants: Iterable[int]) -> list[str]:
        return [world.tenant_name(self.prefix, index) for index in tenants]

    def edit(self) -> None:
        world.edit(self.manifests, self.prefix)

    def _objects(self) -> dict[str, list[dict[str, Any]]]:
        plans = world.planned(read_world(self.manifests), Settings(ENVIRONMENT))
        return {name: list(world.objects(plan)) for name, plan in plans.items()}

    def changed(self) -> list[dict[str, Any]]:
        """The objects that an edit of the files changes."""
        before = self.objects
        self.edit()
        self.objects = self._objects()
        return [
            one for name, found in self.objects.items() for one in found if one not in before[name]
        ]

    @property
    def count(self) -> int:
        return sum(map(len, self.objects.values()))


class Raw:
    """Server-side apply and nothing else, over so many connections."""

    name = "raw"

    def __init__(self, site: Site, connections: int) -> None:
        self._site = site
        self._connections = connections

    def prepare(self, size: Size, prefix: str) -> int:
        self._work = Work(self._site, size, prefix)
        return self._work.count

    def cold(self, tenants: Sequence[int]) -> Cost:
        names = self._work.names(tenants)
        return self._apply(one for name in names for one in self._work.objects[name])

    def again(self) -> None:
        """Who knows no state can't know that there is nothing to do."""

    def edited(self) -> Cost:
        return self._apply(self._work.changed())

    def _apply(self, objects: Iterable[dict[str, Any]]) -> Cost:
        """The seconds are those of the requests alone."""
        first: list[dict[str, Any]] = []
        inside: list[dict[str, Any]] = []
        for one in objects:
            (inside if "namespace" in one["metadata"] else first).append(one)
        path = self._site.folder / "objects.json"
        path.write_bytes(orjson.dumps([first, inside]))
        options = ("--connections", str(self._connections))
        cost, said = self._site.run(
            sys.executable, HERE / "raw.py", self._site.kubeconfig, path, *options
        )
        return Cost(json.loads(said)["seconds"], cost.cpu, cost.memory)


class Kubectl:
    """``kubectl apply --server-side`` on a folder with a file for each tenant's objects."""

    name = "kubectl"

    def __init__(self, site: Site) -> None:
        self._site = site

    def prepare(self, size: Size, prefix: str) -> int:
        self._work = Work(self._site, size, prefix)
        self._folder = self._site.folder / f"{prefix}-objects"
        self._folder.mkdir()
        self._write()
        return self._work.count

    def _write(self) -> None:
        for name, found in self._work.objects.items():
            documents = (json.dumps(one) for one in found)
            self._file(name).write_text("\n---\n".join(documents))

    def _file(self, tenant: str) -> Path:
        return self._folder / f"{tenant}.yaml"

    def cold(self, tenants: Sequence[int]) -> Cost:
        return self._apply(*map(self._file, self._work.names(tenants)))

    def again(self) -> Cost:
        return self._apply(self._folder)

    def edited(self) -> Cost:
        self._work.changed()
        self._write()
        return self._apply(self._folder)

    def _apply(self, *paths: Path) -> Cost:
        options = ("--server-side", "--force-conflicts", *(f"-f={path}" for path in paths))
        cost, _ = self._site.run(
            self._site.kubectl,
            "apply",
            *options,
            KUBECONFIG=str(self._site.kubeconfig),
            KUBECACHEDIR=str(self._site.folder / "kubectl"),
        )
        return cost


class Mto:
    """``mto up`` with a state of its own, in which the platform is up already."""

    name = "mto up"

    def __init__(self, site: Site) -> None:
        self.site = site

    @staticmethod
    def set_up(site: Site) -> None:
        """The project folder, and the platform that all contenders need."""
        (site.folder / "stacks").mkdir()
        (site.folder / "Pulumi.yaml").write_text("name: mto\nruntime: python\n")
        settings = {"config": {"mto:kubeconfig": str(site.kubeconfig)}}
        (site.folder / "stacks" / f"Pulumi.{ENVIRONMENT}.yaml").write_text(json.dumps(settings))
        world.write_platform(site.folder / "platform")
        up(site, site.folder / "platform", site.folder / "state")

    def prepare(self, size: Size, prefix: str) -> int:
        self.work = Work(self.site, size, prefix)
        self.state = self.site.folder / f"{prefix}-state"
        shutil.copytree(self.site.folder / "state", self.state)
        return self.work.count

    def cold(self, tenants: Sequence[int]) -> Cost:
        return self._up(*self.work.names(tenants))

    def again(self) -> Cost:
        return self._up("--expect-no-changes")

    def edited(self) -> Cost:
        self.work.edit()
        return self._up()

    def _up(self, *options: str) -> Cost:
        return up(self.site, self.work.manifests, self.state, *options)


def up(site: Site, manifests: Path, state: Path, *options: str) -> Cost:
    program = Path(sys.executable).with_name("mto")
    asked: tuple[str | Path, ...] = ("up", "--yes", "-e", ENVIRONMENT, "-f", manifests, *options)
    cost, _ = site.run(program, *asked, PULUMI_BACKEND_URL=f"file://{state}")
    return cost
