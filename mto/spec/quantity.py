"""Kubernetes quantities (``500m``, ``1.5Gi``, ``12e6``), exactly: no float comes near them.

The canonical text follows the rules of the API server's package
``apimachinery/pkg/api/resource``, and comes back from it unchanged:

- the family of the suffix stays: ``1e3`` is printed ``1e3``, ``1000`` is printed ``1k``,
  ``1024Ki`` is printed ``1Mi``;
- the largest suffix is taken that leaves no fraction: ``0.5`` → ``500m``, ``1.5Gi`` → ``1536Mi``;
- a binary amount that is below 1024 or not whole is printed in the decimal family:
  ``0.5Gi`` → ``512Mi``, ``0.5Ki`` → ``512``, ``0.1Ki`` → ``102400m``;
- anything finer than a nano is rounded up to the next nano.

The API server itself also leaves some texts alone that are not canonical (``1.500``, ``+5``), so
amounts are compared as numbers, or both in their canonical form; never as they were written.
Amounts of 2^63 and more, which the API server cuts or misprints, are refused.
"""

from __future__ import annotations

import re
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from mto.errors import SpecError


class QuantityError(SpecError, ValueError):
    """The text is no quantity; the message says what one looks like."""


class Family(Enum):
    """How an amount was written, and so how it is printed."""

    DECIMAL = "decimal"
    BINARY = "binary"
    EXPONENT = "exponent"


_DECIMAL: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {power: suffix for suffix, power in _BINARY.items()}
_NANO: Final = 10**9
_LIMIT: Final = 2**63
_MAX_EXPONENT: Final = 30
_SHAPE: Final = re.compile(
    r"(?P<number>[+-]?([0-9]+\.?[0-9]*|\.[0-9]+))([eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[A-Za-z]*))",
    re.ASCII,
)
_MAX_LENGTH: Final = 64


def parse(text: str) -> Fraction:
    """The amount, exactly; ``QuantityError`` if ``text`` is no quantity."""
    return _read(text)[0]


def canonical(text: str) -> str:
    """``text`` in the one form that the API server stores unchanged."""
    amount, family = _read(text)
    return render(amount, family)


def render(amount: Fraction | int, family: Family = Family.DECIMAL) -> str:
    """The canonical text of an amount; finer than a nano is rounded up."""
    nanos = _nanos(Fraction(amount))
    if nanos == 0:
        return "0"
    if family is Family.BINARY and nanos % _NANO == 0 and abs(nanos) >= 1024 * _NANO:
        whole, power = _without_factor(nanos // _NANO, 1024, most=max(_BINARY_SUFFIX))
        return f"{whole}{_BINARY_SUFFIX.get(power, '')}"
    mantissa, thousands = _without_factor(nanos, 1000, most=9)
    exponent = 3 * thousands - 9
    if family is Family.EXPONENT:
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    return f"{mantissa}{_DECIMAL_SUFFIX[exponent]}"


def family_of(text: str) -> Family:
    """The family of suffixes that ``text`` is written in, for rendering a related amount."""
    return _read(text)[1]


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Fraction, Family]:
    match = _SHAPE.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        raise QuantityError(f"{text[:_MAX_LENGTH]!r} is no quantity; {_ALLOWED}")
    number = Fraction(match["number"])
    if match["exponent"] is not None:
        amount, kind = number * _power_of_ten(text, int(match["exponent"])), Family.EXPONENT
    elif (suffix := match["suffix"]) in _BINARY:
        amount, kind = number * 1024 ** _BINARY[suffix], Family.BINARY
    elif suffix in _DECIMAL:
        amount, kind = number * Fraction(10) ** _DECIMAL[suffix], Family.DECIMAL
    else:
        raise QuantityError(f"{text!r} ends in {suffix!r}, which is no unit; {_ALLOWED}")
    if abs(amount) >= _LIMIT:
        raise QuantityError(f"{text!r} is too large; a quantity is below 2^63 (8Ei)")
    return Fraction(_nanos(amount), _NANO), kind


_ALLOWED: Final = "write a number with one of n u m k M G T P E Ki Mi Gi Ti Pi Ei or none, or 12e6"


def _power_of_ten(text: str, exponent: int) -> Fraction:
    if abs(exponent) > _MAX_EXPONENT:
        raise QuantityError(f"{text!r} has an exponent beyond {_MAX_EXPONENT}; {_ALLOWED}")
    return Fraction(10) ** exponent


def _nanos(amount: Fraction) -> int:
    """Whole nanos, rounded away from zero as the API server does."""
    scaled = amount * _NANO
    away = -(-abs(scaled.numerator) // scaled.denominator)
    return away if scaled >= 0 else -away


def _without_factor(value: int, factor: int, *, most: int) -> tuple[int, int]:
    """``(rest, times)``: ``value == rest * factor ** times``, ``times`` as large as it gets."""
    times = 0
    while times < most and value % factor == 0:
        value //= factor
        times += 1
    return value, times
