from __future__ import annotations

import pickle

import pytest

from mto.sources.lines import Branch, Lines

LINES = Lines(Branch(1, {"a": 2, "b": Branch(3, [4, Branch(5, {"c": 6})])}))


def test_a_line_is_found_by_its_path() -> None:
    assert [LINES[path] for path in ((), ("a",), ("b",), ("b", 0), ("b", 1, "c"))] == [
        1,
        2,
        3,
        4,
        6,
    ]


@pytest.mark.parametrize("path", [("x",), ("a", "b"), ("b", 9), ("b", "x"), (0,)])
def test_a_path_that_is_not_there_has_no_line(path: tuple[str | int, ...]) -> None:
    assert LINES.get(path) is None
    with pytest.raises(KeyError):
        LINES[path]


def test_a_part_has_lines_of_its_own() -> None:
    assert dict(LINES.under(("b", 1))) == {(): 5, ("c",): 6}


def test_it_is_a_mapping_of_every_path() -> None:
    assert list(LINES) == [(), ("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c")]
    assert len(LINES) == 6


def test_it_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(LINES)) == LINES  # noqa: S301 - our own bytes
