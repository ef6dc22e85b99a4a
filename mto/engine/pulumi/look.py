"""What would a project's own functions register? Asked without CLI, provider or network.

The program runs under the SDK's mocks: every resource is as it was wanted, every question to a
provider is answered by nothing. A function that can't live with that needs the CLI, and says so.
"""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import ROOT
from pulumi.runtime.stack import run_in_stack
from typing_extensions import override

from mto.components.extra import Extra, add
from mto.components.register import register
from mto.plan.resource import PROJECT, STACK, Key, Plan

SOME_STACK: Any = object()


class _Echo(Mocks):
    def __init__(self) -> None:
        self.seen: list[Key] = []

    @override
    def call(self, args: Any) -> Any:
        return {}

    @override
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.seen.append(Key(args.typ, args.name))
        return args.name, dict(args.inputs)


def added(plan: Plan, extra: Extra) -> tuple[Key, ...]:
    """Types and names of what the project's function registers besides the plan."""
    echo = _Echo()

    def inside() -> None:
        ROOT.set(SOME_STACK)  # else set_mocks makes one, and closes it before the program begins
        monitor = MockMonitor(echo)
        set_mocks(echo, project=PROJECT, stack=plan.stack, preview=True, monitor=monitor)
        ROOT.set(None)
        # The SDK's requests are answered in one thread, which the mocks want a loop of its own for.
        answering = asyncio.new_event_loop()
        with (
            asyncio.Runner() as runner,
            ThreadPoolExecutor(1, "mocks", asyncio.set_event_loop, (answering,)) as thread,
        ):
            runner.get_loop().set_default_executor(thread)
            runner.run(run_in_stack(lambda: add(extra, plan, register(plan))))
        answering.close()

    contextvars.copy_context().run(inside)
    known = set(plan.by_key)
    return tuple(one for one in echo.seen if one not in known and one.type != STACK)
