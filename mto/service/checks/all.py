"""Every check, in the order of the report."""

from __future__ import annotations

from typing import Final

from mto.service.checks import benchmark, objects, reach, theft, use
from mto.service.checks.check import Check

CHECKS: Final[tuple[Check, ...]] = (
    *benchmark.checks(),
    *reach.checks(),
    *theft.checks(),
    *objects.checks(),
    *use.checks(),
)
