from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.spec.quantity import Family, QuantityError, canonical, family_of, parse, render

SUFFIXES = ("n", "u", "m", "", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "E-2", "e+6")
numbers = st.one_of(
    st.integers(0, 10**5).map(str),
    st.tuples(st.integers(0, 999), st.integers(0, 9999)).map(lambda pair: f"{pair[0]}.{pair[1]}"),
)
texts = st.tuples(st.sampled_from(("", "+", "-")), numbers, st.sampled_from(SUFFIXES)).map("".join)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("500m", Fraction(1, 2), id="milli"),
        pytest.param("1.5Gi", Fraction(3 * 2**29), id="binary fraction"),
        pytest.param("1k", Fraction(1000), id="k is a thousand"),
        pytest.param("1Ki", Fraction(1024), id="Ki is 1024"),
        pytest.param("12e6", Fraction(12_000_000), id="exponent"),
        pytest.param("1E", Fraction(10**18), id="E alone is exa, no exponent"),
        pytest.param("1E3", Fraction(1000), id="E with digits is an exponent"),
        pytest.param(".5", Fraction(1, 2), id="no digit before the point"),
        pytest.param("1.", Fraction(1), id="no digit behind the point"),
        pytest.param("-5m", Fraction(-5, 1000), id="negative"),
        pytest.param("0.1n", Fraction(1, 10**9), id="rounded up to a nano"),
        pytest.param("-0.1n", Fraction(-1, 10**9), id="rounded away from zero"),
        pytest.param("0.1", Fraction(1, 10), id="a tenth, exactly"),
    ],
)
def test_an_amount_is_read_exactly(text: str, amount: Fraction) -> None:
    assert parse(text) == amount


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("0.5", "500m"),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1e3"),
        ("1.2e5", "120e3"),
        ("1000", "1k"),
        ("1024", "1024"),
        ("100000000", "100M"),
        ("1024Ki", "1Mi"),
        ("1536Ki", "1536Ki"),
        ("0.5Gi", "512Mi"),
        ("0.5Ki", "512"),
        ("0.1Ki", "102400m"),
        ("0.1Gi", "107374182400m"),
        ("0", "0"),
        ("0Gi", "0"),
        ("1e0", "1"),
        ("1500u", "1500u"),
    ],
)
def test_the_canonical_text_is_the_api_servers(text: str, printed: str) -> None:
    assert canonical(text) == printed


ALLOWED = "write a number with one of n u m k M G T P E Ki Mi Gi Ti Pi Ei or none, or 12e6"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"'' is no quantity; {ALLOWED}"),
        ("much", f"'much' is no quantity; {ALLOWED}"),
        ("1 Gi", f"'1 Gi' is no quantity; {ALLOWED}"),
        ("1.2.3", f"'1.2.3' is no quantity; {ALLOWED}"),
        ("\u0661", f"'\u0661' is no quantity; {ALLOWED}"),
        ("5\n", f"'5\\n' is no quantity; {ALLOWED}"),
        ("4GB", f"'4GB' ends in 'GB', which is no unit; {ALLOWED}"),
        ("4K", f"'4K' ends in 'K', which is no unit; {ALLOWED}"),
        ("8Ei", "'8Ei' is too large; a quantity is below 2^63 (8Ei)"),
        ("1e99", f"'1e99' has an exponent beyond 30; {ALLOWED}"),
        ("9" * 1000, f"{'9' * 64!r} is no quantity; {ALLOWED}"),
    ],
)
def test_what_is_no_quantity_is_refused_with_what_is_one(text: str, message: str) -> None:
    with pytest.raises(QuantityError) as error:
        parse(text)
    assert str(error.value) == message


@given(texts)
def test_the_canonical_text_says_the_same_amount(text: str) -> None:
    assert parse(canonical(text)) == parse(text)


@given(texts)
def test_the_canonical_text_stays_as_it_is(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once


@given(texts, texts)
def test_two_texts_of_one_family_are_equal_exactly_if_their_amounts_are(a: str, b: str) -> None:
    same = render(parse(a), Family.DECIMAL) == render(parse(b), Family.DECIMAL)
    assert same is (parse(a) == parse(b))


@given(st.integers(0, 2**62))
def test_a_whole_number_is_rendered_without_loss_in_every_family(whole: int) -> None:
    assert {parse(render(whole, family)) for family in Family} == {Fraction(whole)}


def test_the_family_is_that_of_the_suffix() -> None:
    assert [family_of(text) for text in ("1Ki", "1k", "1e3", "7")] == [
        Family.BINARY,
        Family.DECIMAL,
        Family.EXPONENT,
        Family.DECIMAL,
    ]
