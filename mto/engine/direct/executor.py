"""Order: every action waits for those it names, independent ones run side by side.

A failed action fails what depends on it and nothing else. Once ``stopped`` says so nothing new
starts; what is under way is finished and reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mto.engine.direct.diff import Action
from mto.errors import MtoError

T = TypeVar("T")


@dataclass
class Outcome(Generic[T]):
    """What became of each action, by URN; one that is nowhere was never started.

    ``skipped`` names the object whose failure, or whose own skipping, was in the way.
    """

    done: dict[str, T] = field(default_factory=dict)
    failed: dict[str, MtoError] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


async def execute(
    actions: Iterable[Action],
    carry_out: Callable[[Action], Awaitable[T]],
    *,
    stopped: Callable[[], bool],
    report: Callable[[Action], None],
) -> Outcome[T]:
    """Carry the actions out; raises nothing but bugs."""
    outcome: Outcome[T] = Outcome()
    graph = _Graph(actions)
    running: dict[asyncio.Future[T], Action] = {}
    # Not asyncio.wait, which looks at every running task whenever one ends: thousands run at once.
    finished: asyncio.Queue[asyncio.Future[T]] = asyncio.Queue()
    ready = graph.ready()
    try:
        while ready or running:
            if not stopped():
                for action in ready:
                    begun = asyncio.ensure_future(carry_out(action))
                    begun.add_done_callback(finished.put_nowait)
                    running[begun] = action
            ready = []
            if not running:
                break
            task = await finished.get()
            action = running.pop(task)
            _settle(task, action, outcome)
            report(action)
            ready += graph.freed(action, outcome)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return outcome


def _settle(task: asyncio.Future[T], action: Action, outcome: Outcome[T]) -> None:
    try:
        outcome.done[action.urn] = task.result()
    except MtoError as error:
        outcome.failed[action.urn] = error


class _Graph:
    """What still waits for what."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = {action.urn: action for action in actions}
        self._missing = {
            urn: {one for one in action.after if one in self._actions}
            for urn, action in self._actions.items()
        }
        self._dependants: dict[str, list[str]] = {urn: [] for urn in self._actions}
        for urn, needed in self._missing.items():
            for one in needed:
                self._dependants[one].append(urn)

    def ready(self) -> list[Action]:
        return [action for urn, action in self._actions.items() if not self._missing[urn]]

    def freed(self, action: Action, outcome: Outcome[T]) -> list[Action]:
        """Actions that this one was the last to hold up; what depended on a failure is skipped."""
        broken = action.urn in outcome.failed or action.urn in outcome.skipped
        freed: list[Action] = []
        for urn in self._dependants[action.urn]:
            self._missing[urn].discard(action.urn)
            if broken:
                outcome.skipped.setdefault(urn, action.step.object)
            if self._missing[urn]:
                continue
            next_one = self._actions[urn]
            freed += self.freed(next_one, outcome) if urn in outcome.skipped else [next_one]
        return freed
