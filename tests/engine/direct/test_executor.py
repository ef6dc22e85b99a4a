"""Order, independence and failure among the steps of one update."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as some

from mto.engine.direct.diff import Action
from mto.engine.direct.executor import Outcome, execute
from mto.engine.port import Op, Step
from mto.errors import MtoError


def action(urn: str, *after: str) -> Action:
    return Action(Step(Op.CREATE, urn, urn), after=frozenset(after))


def run(
    actions: list[Action],
    carry_out: Callable[[Action], Awaitable[str]],
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome[str]:
    return asyncio.run(execute(actions, carry_out, stopped=stopped, report=lambda _: None))


def test_an_action_starts_only_when_everything_it_waits_for_is_done() -> None:
    order: list[str] = []

    async def carry_out(one: Action) -> str:
        await asyncio.sleep(0)
        order.append(one.urn)
        return ""

    run([action("c", "a", "b"), action("b", "a"), action("a")], carry_out)
    assert order == ["a", "b", "c"]


def test_independent_actions_run_side_by_side() -> None:
    met = asyncio.Barrier(3)

    async def carry_out(_: Action) -> str:
        async with asyncio.timeout(5):
            await met.wait()
        return ""

    assert len(run([action("a"), action("b"), action("c")], carry_out).done) == 3


def test_a_failure_skips_what_depends_on_it_and_nothing_else() -> None:
    async def carry_out(one: Action) -> str:
        if one.urn == "a":
            raise MtoError("no")
        return ""

    outcome = run([action("a"), action("b", "a"), action("c", "b"), action("d")], carry_out)
    assert set(outcome.failed) == {"a"}
    assert outcome.skipped == {"b": "a", "c": "b"}
    assert set(outcome.done) == {"d"}


def test_once_stopped_nothing_new_starts_and_what_runs_is_finished() -> None:
    started: list[str] = []

    async def carry_out(one: Action) -> str:
        started.append(one.urn)
        await asyncio.sleep(0)
        return ""

    outcome = run([action("a"), action("b", "a")], carry_out, stopped=lambda: bool(started))
    assert set(outcome.done) == {"a"}
    assert started == ["a"]


GRAPHS = some.integers(1, 12).flatmap(
    lambda size: some.tuples(
        some.lists(
            some.tuples(some.integers(0, size - 1), some.integers(0, size - 1)), max_size=30
        ),
        some.sets(some.integers(0, size - 1)),
        some.just(size),
    )
)


@given(GRAPHS)
def test_every_action_is_done_failed_or_skipped_exactly_once(
    graph: tuple[list[tuple[int, int]], set[int], int],
) -> None:
    edges, broken, size = graph
    waits: dict[int, set[str]] = {number: set() for number in range(size)}
    for one, other in edges:
        if one != other:
            waits[max(one, other)].add(str(min(one, other)))
    actions = [action(str(number), *waits[number]) for number in range(size)]
    done: set[str] = set()

    async def carry_out(one: Action) -> str:
        assert one.after <= done
        if int(one.urn) in broken:
            raise MtoError("broken")
        done.add(one.urn)
        return ""

    outcome = run(actions, carry_out)
    groups = [set(outcome.done), set(outcome.failed), set(outcome.skipped)]
    assert set.union(*groups) == {one.urn for one in actions}
    assert sum(map(len, groups)) == size
