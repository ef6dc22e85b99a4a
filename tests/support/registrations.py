"""The Pulumi program run against a monitor of ours, and every registration request it makes.

The mock monitor stands where the engine does. It records the requests themselves, since Pulumi's
mocks hand only types, names and inputs on to a test, none of the options.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import ROOT
from pulumi.runtime.stack import run_in_stack
from typing_extensions import override

from mto.components.register import register
from mto.plan.resource import PROJECT, STACK, Plan

SOME_STACK: Any = object()


@dataclass(frozen=True)
class Registration:
    """One resource as the engine is asked to make it; empty is what was not asked for."""

    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any]
    parent: str
    dependencies: frozenset[str] = frozenset()
    provider: str = ""
    deleted_with: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    version: str = ""
    secret_outputs: tuple[str, ...] = ()


class Echo(Mocks):
    """Every resource is as it was wanted; its id is its name."""

    @override
    def call(self, args: Any) -> Any:
        raise AssertionError(f"the program called {args.token}")

    @override
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return args.name, dict(args.inputs)


class Monitor(MockMonitor):
    """Keeps what is registered, under the URNs that the engine would give."""

    def __init__(self) -> None:
        super().__init__(Echo())
        self.registrations: dict[str, Registration] = {}
        self.outputs: dict[str, Any] = {}

    @override
    def make_urn(self, parent: str, type_: str, name: str) -> str:
        around = parent.split("::")[2] if parent else STACK
        whole = type_ if around == STACK else f"{around}${type_}"
        return f"urn:pulumi:{pulumi.get_stack()}::{PROJECT}::{whole}::{name}"

    @override
    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        assert urn not in self.registrations
        self.registrations[urn] = Registration(
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs=rpc.deserialize_properties(request.object),
            parent=request.parent,
            dependencies=frozenset(request.dependencies),
            provider=request.provider,
            deleted_with=request.deletedWith,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            ignore_changes=tuple(request.ignoreChanges),
            version=request.version,
            secret_outputs=tuple(request.additionalSecretOutputs),
        )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    @override
    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.outputs[request.urn] = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


@contextmanager
def one_worker(runner: asyncio.Runner) -> Iterator[None]:
    """Answer the SDK's requests in one thread; its event loop, which mocks need, is closed."""
    ours = asyncio.new_event_loop()
    with closing(ours), ThreadPoolExecutor(1, "monitor", asyncio.set_event_loop, (ours,)) as pool:
        runner.get_loop().set_default_executor(pool)
        yield


def run(plan: Plan) -> Monitor:
    """What a plan becomes."""

    def program() -> None:
        register(plan)

    return run_program(program, stack=plan.stack)


def run_program(program: Callable[[], None], *, stack: str) -> Monitor:
    """Run a program in a context of its own: Pulumi keeps its stack there."""
    monitor = Monitor()

    def inside() -> None:
        ROOT.set(SOME_STACK)  # else set_mocks makes one, and closes it before the program begins
        set_mocks(Echo(), project=PROJECT, stack=stack, preview=False, monitor=monitor)
        ROOT.set(None)
        with asyncio.Runner() as runner, one_worker(runner):
            runner.run(run_in_stack(program))

    contextvars.copy_context().run(inside)
    return monitor
