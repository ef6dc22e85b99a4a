"""``mto local serve``: the service beside the local control plane, waited for until all is well."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mto.cli.follow import COLUMNS, row
from mto.cli.output import print_table, say
from mto.errors import SpecError, UsageError
from mto.local import background
from mto.local.background import Background, Program
from mto.local.errors import ServiceEnded
from mto.local.paths import Home
from mto.serve.board import UNKNOWN, LiveTenant
from mto.service.environment import LOCAL, Environment, find_root, load

if TYPE_CHECKING:
    from mto.cluster.client import Cluster

PATIENCE: Final = 120.0
"""Seconds until it is said that the service is still at work."""
GRACE: Final = 25.0
"""Seconds to end in: a little more than the service gives to its updates."""
UNDER_WAY: Final = frozenset({UNKNOWN, "Pending", "Settling"})


@dataclass(frozen=True)
class Standing:
    """``tenants`` as last seen; ``whole``: the service has looked at each that is declared."""

    tenants: tuple[LiveTenant, ...]
    whole: bool


def serve(name: str, environment: str) -> None:
    """Start it unless it runs, wait until every tenant was looked at, and show them.

    Raises UsageError where this is no project or the environment is another cluster's,
    ServedElsewhere, ServiceEnded.
    """
    begin, home, root = time.monotonic(), Home(name), find_root(Path.cwd())
    tenants = _environment(home, root, environment).tenants
    before = background.status(home)
    if before is not None and not before.running:
        say(f"{ServiceEnded(before.log, before.last_words())}\nit is started again")
    found, started = background.start(home, _program(name, root, environment))
    standing = asyncio.run(_settled(home, found, _declared(tenants)))
    seconds = time.monotonic() - begin
    _show(standing.tenants)
    if not standing.whole:
        say(f"the service is still at work after {seconds:.0f} s; follow it: mto status -w")
    elif started:
        count = len(standing.tenants)
        many = "1 tenant" if count == 1 else f"{count} tenants"
        say(f"the service brought {many} up in {seconds:.1f} s")
    else:
        say("the service was running already, and every tenant is up")
    say(f"service: pid {found.pid}, http://{found.address()}/metrics, log {found.log}")


def stop(name: str) -> None:
    """End it, and let it finish what is under way."""
    if background.stop(Home(name), seconds=GRACE):
        say(f"the service of local control plane {name!r} has ended; what it made stays")
    else:
        say(f"no service of local control plane {name!r} runs; nothing to end")


def _environment(home: Home, root: Path, name: str) -> Environment:
    found = load(name, root=root, environ={**os.environ, "MTO_LOCAL_NAME": home.name})
    if found.kubeconfig != home.kubeconfig:
        raise UsageError(
            f"environment {name!r} is on {found.kubeconfig or 'the cluster around it'}, not on "
            f"local control plane {home.name!r}: use -e {LOCAL}, or `mto serve -e {name}`"
        )
    return found


def _program(name: str, root: Path, environment: str) -> Program:
    command = ("-m", "mto.cli.main", "serve", "-e", environment, "--listen", "127.0.0.1:0")
    return Program((sys.executable, *command), root, {"MTO_LOCAL_NAME": name})


def _declared(tenants: Path) -> frozenset[str]:
    """Whom to wait for. What is wrong in the files is said, and keeps nobody else."""
    from mto.sources.files import read_world

    try:
        return frozenset(read_world(tenants).tenants)
    except SpecError as error:
        say(str(error))
        return frozenset()


async def _settled(home: Home, found: Background, names: Collection[str]) -> Standing:
    """Until the service has looked at everybody; raises ServiceEnded."""
    from mto.cluster.client import Cluster
    from mto.cluster.kubeconfig import load as connection

    seen: list[LiveTenant] = []
    async with Cluster(connection(home.kubeconfig, None, current=True)) as cluster:
        watching = asyncio.create_task(_watch(cluster, found, names, seen))
        ends = time.monotonic() + PATIENCE
        while not watching.done() and time.monotonic() < ends:
            await asyncio.wait({watching}, timeout=0.2)
            now = background.status(home)
            if now is None or not now.running:
                watching.cancel()
                raise ServiceEnded(found.log, found.last_words())
        if not watching.done():
            watching.cancel()
            return Standing(tuple(seen), whole=False)
        await watching
    return Standing(tuple(seen), whole=True)


async def _watch(
    cluster: Cluster, found: Background, names: Collection[str], seen: list[LiveTenant]
) -> None:
    """``seen`` is what there is. Only what the running service says counts."""
    from mto.serve.follow import follow

    async for news in follow(cluster, names):
        seen[:] = news.tenants
        judged = {one.name for one in seen if one.state not in UNDER_WAY}
        if f"-{found.pid}-" in news.service and found.address() and judged >= set(names):
            return


def _show(tenants: Collection[LiveTenant]) -> None:
    print_table([row(one) for one in tenants], COLUMNS)
    for one in tenants:
        if one.message:
            say(f"{one.name}: {one.message}")
