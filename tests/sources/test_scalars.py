from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.sources.scalars import Scalar, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("On", True),
        ("y", True),
        ("TRUE", True),
        ("no", False),
        ("off", False),
        ("N", False),
        ("tRue", "tRue"),
        ("", None),
        ("~", None),
        ("Null", None),
        ("0", 0),
        ("-12", -12),
        ("+3", 3),
        ("010", 8),
        ("-010", -8),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("08", 8.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("500m", "500m"),
        ("1.2.3", "1.2.3"),
        ("2001-01-01", "2001-01-01"),
        ("12:30:45", "12:30:45"),
        ("-", "-"),
        ("0x", "0x"),
        ("blue", "blue"),
        ("9" * 500, "9" * 500),
    ],
)
def test_a_plain_scalar_means_what_kubectl_takes_it_for(text: str, value: Scalar) -> None:
    found = resolve(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf"])
def test_infinities_are_numbers(text: str) -> None:
    assert abs(float(resolve(text) or 0)) == float("inf")


@given(st.integers())
def test_a_whole_number_is_read_as_it_was_written(number: int) -> None:
    assert resolve(str(number)) == number


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    resolve(text)
