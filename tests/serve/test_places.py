"""Which turns may begin, whatever those under way are waiting for."""

from __future__ import annotations

import pytest

from mto.serve.queue import MOST_TURNS, SLOW, places

NOW = 100.0
OLD = NOW - SLOW


@pytest.mark.parametrize(
    ("begun", "free", "freed"),
    [
        pytest.param([], 2, None, id="nothing is under way"),
        pytest.param([NOW - 1], 1, NOW - 1 + SLOW, id="one has begun"),
        pytest.param([NOW - 1, NOW], 0, NOW - 1 + SLOW, id="all places are taken, for a while"),
        pytest.param([OLD, OLD, OLD], 2, None, id="slow ones take no place"),
        pytest.param([OLD] * 2 * MOST_TURNS, 0, None, id="but there is an end to it"),
    ],
)
def test_places_for_turns(begun: list[float], free: int, freed: float | None) -> None:
    assert places(begun, NOW, parallel=2) == (free, freed)
