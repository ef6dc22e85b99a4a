from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as some

from mto.admission.cel import either, every, listed, matches, quoted


def test_a_text_is_quoted_with_its_backslashes_and_quotes() -> None:
    assert quoted(r"^a\.b$") == r'"^a\\.b$"'
    assert quoted('a"b') == r'"a\"b"'
    assert quoted("a\nb") == r'"a\nb"'


@given(some.text())
def test_no_text_ends_its_own_quotes(text: str) -> None:
    assert json.loads(quoted(text)) == text
    assert "\n" not in quoted(text)


def test_lists_and_choices() -> None:
    assert listed(["a", "b"]) == '["a", "b"]'
    assert either(["x", "y"]) == "(x) || (y)"
    assert every(["x", "y"]) == "(x) && (y)"
    assert matches("name", ["^a", "b$"]) == '(name.matches("^a")) || (name.matches("b$"))'


def test_none_of_nothing_and_all_of_nothing() -> None:
    assert either([]) == "false"
    assert every([]) == "true"
    assert matches("name", []) == "false"
