"""What a shell offers at the press of a key, besides commands and options, which typer knows.

Asked at every press, so it must be quick: names come from the project's own files within a moment,
never from a cluster or a database, and nothing is loaded that only a running command needs. And it
must be quiet: whatever is wrong with the project is told by the command itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import typer
from typing_extensions import override

from mto.local.paths import Home
from mto.service.environment import LOCAL, Environment, Overrides, find_root, load
from mto.sources.names import Names, read_names
from mto.state.filebackend import FileBackend

MOMENT: Final = 0.15
"""Seconds that may be spent on reading files; then what was found is offered."""

_RUNNING: Final = (
    "mto.local.cluster",
    "mto.service.destroy",
    "mto.service.explain",
    "mto.service.refresh",
    "mto.service.state",
    "mto.service.status",
    "mto.service.update",
    "mto.service.workspace",
    "mto.sources.conversion",
    "mto.sources.files",
    "mto.sources.generated",
    "mto.spec.kinds",
    "mto.spec.reference",
    "mto.spec.schema",
    "mto.spec.world",
)
"""What commands use when they run, and nothing else does; to load it takes half a second."""

Completer = Callable[[typer.Context, str], list[str]]


class _Unneeded(ModuleType):
    """Stands in for a module whose names are imported and never used."""

    @override
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def lighten() -> None:
    """Leave out what only running commands need. For a process that does nothing but complete."""
    sys.modules.update({name: _Unneeded(name) for name in _RUNNING if name not in sys.modules})


def _offering(names: Callable[[typer.Context], Iterable[str]]) -> Completer:
    """A completer of typer's that keeps quiet, whatever is wrong."""

    @wraps(names)
    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return [one for one in names(ctx) if one.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - a person is typing; the command itself will tell
            return []

    complete.__annotations__ = {"ctx": typer.Context, "incomplete": str, "return": list[str]}
    del complete.__wrapped__  # typer asks for the parameters, which are not those of ``names``
    return complete


@_offering
def environments(_: typer.Context) -> Iterator[str]:
    """Files of settings in the project."""
    folder = find_root(Path.cwd()) / "stacks"
    for one in sorted(folder.glob("Pulumi.*.yaml")):
        yield one.name.removeprefix("Pulumi.").removesuffix(".yaml")


@_offering
def tenants(ctx: typer.Context) -> Iterable[str]:
    """Those that are declared; where one that is not can be meant, also those of the state."""
    recorded = _stacks(ctx) if ctx.info_name in ("destroy", "export", "import") else {}
    return sorted({*_names(ctx).tenants, *recorded} - set(ctx.params.get("tenants") or ()))


@_offering
def namespaces(ctx: typer.Context) -> Iterable[str]:
    """Those that the state records, of the tenants that are named or of all."""
    backend, chosen = _backend(_environment(ctx)), ctx.params.get("tenants")
    found: set[str] = set()
    for tenant, stack in _stacks(ctx).items():
        checkpoint = backend.load(stack) if not chosen or tenant in chosen else None
        for one in checkpoint.resources if checkpoint else ():
            if one.type == "kubernetes:core/v1:Namespace":
                found.add(one.inputs["metadata"]["name"])
    return sorted(found)


@_offering
def users(ctx: typer.Context) -> Iterable[str]:
    """Members of tenants."""
    return _names(ctx).users


@_offering
def groups(ctx: typer.Context) -> Iterable[str]:
    """Groups of tenants."""
    return _names(ctx).groups


def _names(ctx: typer.Context) -> Names:
    folder = ctx.params.get("folder") or _environment(ctx).tenants
    return read_names(Path(folder), seconds=MOMENT)


def _environment(ctx: typer.Context) -> Environment:
    named = ctx.params.get("environment") or os.environ.get("MTO_ENVIRONMENT")
    if not named and Home(os.environ.get("MTO_LOCAL_NAME", "mto")).kubeconfig.is_file():
        named = LOCAL
    anywhere = Overrides(kubeconfig=Path("unused"))  # which cluster it is doesn't matter here
    return load(named or "", root=find_root(Path.cwd()), environ=os.environ, overrides=anywhere)


def _stacks(ctx: typer.Context) -> dict[str, str]:
    """Stacks of the environment's tenants, by tenant."""
    environment = _environment(ctx)
    prefix = f"{environment.name}."
    stacks = _backend(environment).stacks()
    return {one.removeprefix(prefix): one for one in stacks if one.startswith(prefix)}


def _backend(environment: Environment) -> FileBackend:
    """Raises ValueError for state that lies behind a network."""
    if not environment.backend_url.startswith("file://"):
        raise ValueError(environment.backend_url)
    return FileBackend(environment.backend_url)
