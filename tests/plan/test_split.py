"""A budget over many namespaces: never handed out twice, never left lying about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mto.plan.split import Share, split, targets

AMOUNT = some.integers(0, 60)
SHARES = some.dictionaries(
    some.text("abcdef", min_size=1, max_size=2),
    some.builds(Share, spec=some.none() | AMOUNT, status=AMOUNT, used=AMOUNT),
    max_size=8,
)
BUDGET = some.integers(0, 200)


def held(shares: dict[str, Share]) -> int:
    return sum(one.held for one in shares.values())


def handed_out(shares: dict[str, Share]) -> int:
    return sum(one.limit for one in shares.values())


def settled(budget: int, shares: dict[str, Share]) -> dict[str, Share]:
    """What is left when every update was carried out and the cluster has caught up."""
    for _ in range(4):
        parts = split(budget, shares)
        shares = {name: Share(parts[name], parts[name], one.used) for name, one in shares.items()}
    return shares


@given(BUDGET, SHARES)
def test_no_update_ever_lets_namespaces_hold_more_than_the_budget(
    budget: int, shares: dict[str, Share]
) -> None:
    parts = split(budget, shares)
    during = sum(max(parts[name], one.held) for name, one in shares.items())
    assert during <= max(budget, held(shares))


@given(BUDGET, SHARES)
def test_no_update_ever_hands_out_more_than_the_budget_whatever_slipped_past_admission(
    budget: int, shares: dict[str, Share]
) -> None:
    parts = split(budget, shares)
    during = sum(max(parts[name], one.limit) for name, one in shares.items())
    assert during <= max(budget, handed_out(shares))


@given(BUDGET, SHARES)
def test_in_the_end_the_whole_budget_is_handed_out_and_nothing_moves_any_more(
    budget: int, shares: dict[str, Share]
) -> None:
    end = settled(budget, shares)
    used = sum(one.used for one in shares.values())
    if shares and used < budget:
        assert sum(one.spec or 0 for one in end.values()) == budget
    else:
        assert all((one.spec or 0) <= one.used for one in end.values())
    assert split(budget, end) == {name: one.spec for name, one in end.items()}


@given(BUDGET, SHARES)
def test_no_namespace_is_cut_below_what_it_uses(budget: int, shares: dict[str, Share]) -> None:
    aims = targets(budget, shares)
    assert all(aims[name] >= min(one.used, one.limit) for name, one in shares.items())


@given(BUDGET, SHARES)
def test_the_order_of_the_namespaces_does_not_matter(budget: int, shares: dict[str, Share]) -> None:
    backwards = dict(reversed(shares.items()))
    assert split(budget, shares) == split(budget, backwards)


@pytest.mark.parametrize(
    ("budget", "shares", "parts"),
    [
        pytest.param(10, {}, {}, id="no namespace"),
        pytest.param(
            10,
            {"a": Share(), "b": Share(), "c": Share()},
            {"a": 4, "b": 3, "c": 3},
            id="even at first, the rest by name",
        ),
        pytest.param(
            10,
            {"a": Share(7, 7, 1), "b": Share(3, 3, 0)},
            {"a": 7, "b": 3},
            id="sticky while it adds up",
        ),
        pytest.param(
            10,
            {"a": Share(5, 5, 1), "b": Share(5, 5, 0), "c": Share()},
            {"a": 4, "b": 3, "c": 0},
            id="a newcomer waits until others have given up their part",
        ),
        pytest.param(
            10,
            {"a": Share(4, 5, 1), "b": Share(3, 3, 0), "c": Share(0, 0, 0)},
            {"a": 4, "b": 3, "c": 2},
            id="it grows by what admission no longer allows elsewhere",
        ),
        pytest.param(
            12,
            {"a": Share(5, 5, 1), "b": Share(5, 5, 0)},
            {"a": 6, "b": 6},
            id="a raised budget is shared out",
        ),
        pytest.param(
            4,
            {"a": Share(6, 6, 5), "b": Share(4, 4, 1)},
            {"a": 5, "b": 1},
            id="a budget cut below use freezes what is used",
        ),
        pytest.param(
            10,
            {"a": Share(2, 2, 9), "b": Share(8, 8, 0)},
            {"a": 2, "b": 1},
            id="what slipped past admission is taken back elsewhere, and raises nobody yet",
        ),
        pytest.param(
            10,
            {"a": Share(2, 2, 9), "b": Share(1, 1, 0)},
            {"a": 9, "b": 1},
            id="then what it uses becomes its part",
        ),
        pytest.param(
            10,
            {"a": Share(5, 5, 8), "b": Share(5, 5, 4)},
            {"a": 5, "b": 4},
            id="where more slipped than the budget has, nobody gets more",
        ),
    ],
)
def test_the_next_parts(budget: int, shares: dict[str, Share], parts: dict[str, int]) -> None:
    assert split(budget, shares) == parts
