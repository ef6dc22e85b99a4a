"""What of a live object counts as drift: declared fields only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mto.cluster.live import Live
from mto.cluster.ref import Ref
from mto.engine.direct.refresh import project, refreshed
from mto.engine.port import Op
from mto.state.secret import Crypter
from tests.support import blue


@pytest.mark.parametrize(
    ("live", "known", "seen"),
    [
        pytest.param({"a": 1, "b": 2}, {"a": 1}, {"a": 1}, id="what others added is theirs"),
        pytest.param({"a": 2}, {"a": 1}, {"a": 2}, id="an edited field"),
        pytest.param({"b": 1}, {"a": 1}, {}, id="a removed field"),
        pytest.param(
            {"x": {"a": 1, "c": 3}}, {"x": {"a": 2}}, {"x": {"a": 1}}, id="an inner field"
        ),
        pytest.param(
            {},
            {"labels": {}, "scopes": [], "s": ""},
            {"labels": {}, "scopes": [], "s": ""},
            id="what is empty may be left out by the API server",
        ),
        pytest.param(
            {"l": [{"a": 1, "added": 1}]}, {"l": [{"a": 1}]}, {"l": [{"a": 1}]}, id="a list"
        ),
        pytest.param(
            {"l": [{"a": 1}, {"a": 2}]},
            {"l": [{"a": 1}]},
            {"l": [{"a": 1}, {"a": 2}]},
            id="a longer list, as a whole",
        ),
        pytest.param({"l": []}, {"l": [1]}, {"l": []}, id="a list that was emptied"),
        pytest.param({"a": "text"}, {"a": {"b": 1}}, {"a": "text"}, id="another type"),
        pytest.param({"a": None}, {"a": {"b": 1}}, {"a": None}, id="null"),
    ],
)
def test_the_declared_part_of_a_live_object(live: Any, known: Any, seen: Any) -> None:
    assert project(live, known) == seen


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=3),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_an_object_that_is_as_declared_shows_no_drift(value: Any) -> None:
    assert project(value, value) == value


@given(some.dictionaries(some.sampled_from("abc"), JSON), some.dictionaries(some.just("z"), JSON))
def test_whatever_others_add_is_no_drift(known: dict[str, Any], more: dict[str, Any]) -> None:
    assert project({**known, **more}, known) == known


@dataclass
class Picture:
    """The cluster, holding one object."""

    live: dict[str, Any]

    async def get(self, _: Ref) -> dict[str, Any]:
        return self.live


def test_what_somebody_made_again_leaves_the_record_and_is_not_taken_for_ours() -> None:
    checkpoint = blue.checkpoint("1-created")
    (space,) = (one for one in checkpoint.resources if one.name == "blue-dev")
    other = {**space.inputs, "metadata": {**space.inputs["metadata"], "uid": "another"}}
    crypter = Crypter(None, settings={}, stack="dev.blue")
    alone = replace(checkpoint, resources=(space,))
    steps, seen = asyncio.run(refreshed(alone, cast("Live", Picture(other)), crypter=crypter))
    assert [one.op for one in steps] == [Op.DELETE]
    assert seen.resources == ()
