"""Where mto's time goes: each phase by itself, through the same functions that ``mto up`` calls."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import world
from contenders import Mto
from world import ENVIRONMENT

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.engine.direct.diff import Action, actions
from mto.engine.direct.record import Recorder
from mto.plan.build import Settings
from mto.plan.resource import PROVIDER, Plan
from mto.service.survey import Survey, survey
from mto.service.update import lost
from mto.sources.files import read_world
from mto.state.checkpoint import Checkpoint
from mto.state.filebackend import FileBackend

START = "start of the program"
READ = "manifests read and checked"
SURVEY = "namespaces and quotas listed"
PLAN = "plans"
DIFF = "plan against record"
STATE = "state written (twice)"
LOAD = "state read"
RECORD = "record compared"
REST = "the rest: requests, waiting for the API server, printing"
MODULES = "mto.cli.main, mto.cli.session, mto.service.update"


@dataclass
class Clock:
    """Seconds by phase."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def started(environ: Mapping[str, str]) -> float:
    """Seconds until the program's modules are there; the median of five."""

    def once() -> float:
        begun = time.perf_counter()
        command = [sys.executable, "-c", f"import {MODULES}"]
        subprocess.run(command, check=True, env={**os.environ, **environ})
        return time.perf_counter() - begun

    return statistics.median(once() for _ in range(5))


def cold(mto: Mto, scratch: Path, *, runs: int) -> dict[str, float]:
    """Of first updates, so many for all tenants together: all but the requests."""
    clock = Clock({START: started(mto.site.python)})
    plans = _plans(mto.work.manifests, Settings(ENVIRONMENT), clock)
    backend = FileBackend(f"file://{scratch}")
    for plan in plans.values():
        empty = Checkpoint(plan.stack)
        with clock.phase(DIFF):
            todo = _actions(plan, empty)
        with clock.phase(STATE):
            _record(plan, todo, empty, save=backend.save)
    once = {name: clock.seconds[name] * runs for name in (START, READ)}
    return {**clock.seconds, **once}


def unchanged(mto: Mto) -> dict[str, float]:
    """Of an update that finds nothing to do, with the stacks as they were made."""
    kubeconfig = mto.site.kubeconfig
    clock = Clock({START: started(mto.site.python)})
    plans = _plans(mto.work.manifests, Settings(ENVIRONMENT, str(kubeconfig)), clock)
    with clock.phase(SURVEY):
        live = asyncio.run(_survey(kubeconfig))
    backend = FileBackend(f"file://{mto.state}")
    for plan in plans.values():
        with clock.phase(LOAD):
            known = backend.load(plan.stack)
            lost(backend.load(plan.stack), live.namespaces)
        if known is None:
            raise SystemExit(f"stack {plan.stack} has no state in {mto.state}")
        with clock.phase(DIFF):
            _actions(plan, known)
        with clock.phase(RECORD):
            _recorder(plan, known).unchanged()
    return clock.seconds


def _plans(manifests: Path, settings: Settings, clock: Clock) -> dict[str, Plan]:
    with clock.phase(READ):
        read = read_world(manifests)
    with clock.phase(PLAN):
        return world.planned(read, settings)


async def _survey(kubeconfig: Path) -> Survey:
    async with Cluster(load(kubeconfig, None, current=True)) as cluster:
        return await survey(cluster)


def _actions(plan: Plan, known: Checkpoint) -> tuple[Action, ...]:
    return actions(plan, known, reveal=lambda value: value)


def _recorder(plan: Plan, known: Checkpoint) -> Recorder:
    found = next((one.id for one in known.resources if one.type == PROVIDER), str(uuid.uuid4()))
    return Recorder(plan, known, found, lambda value, _: value)


def _record(
    plan: Plan,
    todo: tuple[Action, ...],
    known: Checkpoint,
    *,
    save: Callable[[Checkpoint], None],
) -> None:
    recorder = _recorder(plan, known)
    save(recorder.begun(one for one in todo if one.request))
    uids = {one.urn: str(uuid.uuid4()) for one in todo}
    save(recorder.ended(todo, uids, doubtful=frozenset()))


def lines(seconds: dict[str, float], total: float) -> Iterator[tuple[str, ...]]:
    """Phase, seconds, share of the ``total`` that the whole run took."""
    rest = max(0.0, total - sum(seconds.values()))
    for name, took in {**seconds, REST: rest}.items():
        yield name, f"{took:.2f}", f"{took / total:.0%}"
