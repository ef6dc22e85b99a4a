from __future__ import annotations

from typing import Any

import pytest

from mto.engine.direct.steps import emptying


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        pytest.param({"a": {"x": 1}}, {"a": {}}, {"a": {"x": None}}, id="a mapping becomes empty"),
        pytest.param(
            {"s": {"a": {"x": 1}}}, {"s": {"a": {}}}, {"s": {"a": {"x": None}}}, id="deep"
        ),
        pytest.param({"a": {"x": 1, "y": 2}}, {"a": {"x": 1}}, {}, id="something stays in it"),
        pytest.param({"a": {"x": 1}}, {}, {}, id="it goes altogether"),
        pytest.param({"a": {}}, {"a": {}}, {}, id="it was empty before"),
        pytest.param({"a": [1]}, {"a": {}}, {}, id="it was no mapping"),
        pytest.param({}, {"a": {}}, {}, id="it was not there"),
    ],
)
def test_only_what_is_emptied_is_dropped_beforehand(
    before: dict[str, Any], after: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert emptying(before, after) == patch
