"""From options to an opened workspace, and back to the terminal when something stops us."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import typer

from mto.engine.port import EngineName
from mto.errors import UsageError
from mto.local.paths import Home
from mto.service.environment import LOCAL, Environment, Overrides, find_root, load
from mto.service.workspace import Manner, Workspace, opened
from mto.sources.files import read_world
from mto.spec.world import World

T = TypeVar("T")
FEW = 3
"""Remarks on manifests that are shown by every command."""


@dataclass(frozen=True)
class Target:
    """What the command line says about where to work, and how."""

    environment: str | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    tenants: Path | None = None
    engine: EngineName = EngineName.AUTO
    delete_namespaces: frozenset[str] = frozenset()
    parallel: int = 8
    timeout: float = 600.0

    def load(self) -> Environment:
        """Raises UsageError where no environment is named and no local control plane runs."""
        root = find_root(Path.cwd())
        overrides = Overrides(self.kubeconfig, self.context, self.tenants)
        return load(
            self.environment or _default(), root=root, environ=os.environ, overrides=overrides
        )


def run(target: Target, work: Callable[[Workspace], Awaitable[T]]) -> T:
    """Read the manifests, open the workspace, do the work; Ctrl-C ends it cleanly."""
    environment = target.load()
    world = read_world(environment.tenants)
    _tell(world.warnings, environment.tenants)
    return asyncio.run(_opened(target, environment, world=world, work=work))


def _tell(warnings: tuple[str, ...], tenants: Path) -> None:
    """A few in full; many by their number, since `mto check` has them all."""
    told = warnings
    if len(warnings) > FEW:
        told = (f"{len(warnings)} remarks on the manifests; `mto check {tenants}` names them",)
    for warning in told:
        typer.secho(f"warning: {warning}", fg="yellow", err=True)


async def _opened(
    target: Target,
    environment: Environment,
    *,
    world: World,
    work: Callable[[Workspace], Awaitable[T]],
) -> T:
    manner = Manner(target.delete_namespaces, target.parallel, target.timeout, target.engine)
    async with opened(environment, world, manner) as workspace:
        for remark in workspace.backend.remarks():
            typer.secho(f"warning: {remark}", fg="yellow", err=True)
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work(workspace))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, workspace, task)
        try:
            return await task
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


def confirm(workspace: Workspace, question: str) -> None:
    """Raises Abort unless the answer is yes; Ctrl-C is a no, since nothing is under way yet."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    loop.remove_signal_handler(signal.SIGINT)
    if not typer.confirm(question):
        raise typer.Abort
    if task is not None:
        loop.add_signal_handler(signal.SIGINT, _stop, workspace, task)


def _stop(workspace: Workspace, task: asyncio.Future[T]) -> None:
    """First: nothing new begins. Second: drop everything; the next run finds what was under way."""
    stop = workspace.engine.stop
    if stop.is_set():
        task.cancel()
        return
    typer.secho("stopping: finishing what is under way (again to drop it)", fg="yellow", err=True)
    stop.set()


def _default() -> str:
    if Home(os.environ.get("MTO_LOCAL_NAME", "mto")).kubeconfig.is_file():
        return LOCAL
    raise UsageError(
        "no environment: name one with -e (a file stacks/Pulumi.<environment>.yaml), or start a "
        "local control plane with `mto local up`"
    )
