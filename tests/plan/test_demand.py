"""Slack goes to whoever presses on the limit: never above the budget, never to and fro."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mto.plan.demand import Want, leaned, wants
from mto.plan.split import Share, split, targets

USED = some.integers(0, 60)
SHARES = some.dictionaries(
    some.text("abcdef", min_size=1, max_size=2),
    some.builds(Share, spec=USED, status=USED, used=USED),
    min_size=1,
    max_size=6,
)
REFUSED = some.dictionaries(some.text("abcdef", min_size=1, max_size=2), some.integers(1, 30))
BUDGET = some.integers(0, 200)


def goal(budget: int, shares: dict[str, Share], refused: dict[str, int]) -> dict[str, int]:
    parts = targets(budget, shares)
    return leaned(budget, parts, shares, asked=wants(budget, shares, refused))


@given(BUDGET, SHARES, REFUSED)
def test_what_is_handed_out_is_the_same_and_nobody_is_cut_below_use(
    budget: int, shares: dict[str, Share], refused: dict[str, int]
) -> None:
    parts, aims = targets(budget, shares), goal(budget, shares, refused)
    assert sum(aims.values()) == sum(parts.values())
    assert all(aims[name] >= min(one.used, one.limit) for name, one in shares.items())


@given(BUDGET, SHARES, REFUSED)
def test_no_update_lets_namespaces_hold_more_than_the_budget(
    budget: int, shares: dict[str, Share], refused: dict[str, int]
) -> None:
    parts = split(budget, shares, goal=goal(budget, shares, refused))
    during = sum(max(parts[name], one.held) for name, one in shares.items())
    assert during <= max(budget, sum(one.held for one in shares.values()))


@given(BUDGET, SHARES)
def test_while_use_stays_the_same_parts_come_to_rest(budget: int, shares: dict[str, Share]) -> None:
    seen = []
    for _ in range(40):
        parts = split(budget, shares, goal=goal(budget, shares, {}))
        seen.append(parts)
        shares = {name: Share(parts[name], parts[name], one.used) for name, one in shares.items()}
    assert seen[-1] == seen[-2]


@given(BUDGET, SHARES, REFUSED)
def test_nobody_who_was_refused_stays_refused_while_others_hold_slack(
    budget: int, shares: dict[str, Share], refused: dict[str, int]
) -> None:
    aims, asked = goal(budget, shares, refused), wants(budget, shares, refused)
    short = [name for name, want in asked.items() if want.urgent and aims[name] < want.part]
    slack = [
        name
        for name, one in shares.items()
        if aims[name] > one.used and not (name in asked and asked[name].urgent)
    ]
    assert not (short and slack)


FULL, IDLE, OVER = Share(5, 5, 5), Share(5, 5, 1), Share(6, 6, 6)
NEARLY = Share(5, 5, 4)


@pytest.mark.parametrize(
    ("a", "b", "refused", "parts"),
    [
        pytest.param(Share(5, 5, 2), IDLE, {}, (5, 5), id="nobody presses"),
        pytest.param(FULL, IDLE, {}, (6, 4), id="one is full"),
        pytest.param(FULL, NEARLY, {}, (5, 5), id="who is nearly full as well keeps a reserve"),
        pytest.param(FULL, NEARLY, {"a": 1}, (6, 4), id="what was refused takes the reserve too"),
        pytest.param(FULL, IDLE, {"a": 9}, (9, 1), id="no more than there is"),
        pytest.param(
            Share(0, 0, 0), Share(10, 10, 3), {"a": 2}, (2, 8), id="a namespace without any part"
        ),
        pytest.param(FULL, FULL, {"a": 1, "b": 1}, (5, 5), id="nothing is left"),
        pytest.param(OVER, OVER, {"a": 1}, (6, 6), id="a budget cut below use"),
    ],
)
def test_where_parts_lean_to(
    a: Share, b: Share, refused: dict[str, int], parts: tuple[int, int]
) -> None:
    assert goal(10, {"a": a, "b": b}, refused) == dict(zip("ab", parts, strict=True))


def test_a_refusal_asks_for_what_was_refused_or_a_step_whichever_is_more() -> None:
    shares = {"a": Share(50, 50, 50), "b": Share(50, 50, 0)}
    assert wants(100, shares, {"a": 1}) == {"a": Want(62, urgent=True)}
    assert wants(100, shares, {"a": 40}) == {"a": Want(90, urgent=True)}
    assert wants(100, shares, {}) == {"a": Want(62)}
