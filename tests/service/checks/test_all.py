"""The checks as data: complete, distinct, each with proof that it can tell something."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from mto.service.checks.all import CHECKS
from mto.service.checks.check import Check, no_facts, nothing

BENCHMARK = {
    "MTB-PL1-CC-CPI-1",
    "MTB-PL1-BC-CPI-2",
    "MTB-PL1-BC-CPI-3",
    "MTB-PL1-BC-CPI-4",
    "MTB-PL1-BC-CPI-5",
    "MTB-PL1-BC-CPI-6",
    "MTB-PL1-BC-HI-1",
    "MTB-PL1-BC-HI-2",
    "MTB-PL1-BC-HI-3",
    "MTB-PL1-BC-HI-4",
    "MTB-PL1-BC-HI-5",
    "MTB-PL1-CC-DI-1",
    "MTB-PL1-BC-NI-1",
    "MTB-PL1-CC-FNS-1",
    "MTB-PL1-CC-FNS-2",
    "MTB-PL1-CC-TI-1",
    "MTB-PL1-CC-TI-2",
    "MTB-PL2-BC-OPS-3",
    "MTB-PL2-BC-OPS-4",
}
by_id = pytest.mark.parametrize("check", CHECKS, ids=[one.id for one in CHECKS])


def test_the_nineteen_checks_of_the_benchmark_are_all_there() -> None:
    assert {one.id for one in CHECKS if one.id.startswith("MTB-")} == BENCHMARK


def test_ids_are_distinct() -> None:
    counts = Counter(one.id for one in CHECKS)

    assert max(counts.values()) == 1
    assert all(re.fullmatch(r"(MTB-PL\d-[BC]C|MTO)-[A-Z]+-\d+", one) for one in counts)


@by_id
def test_every_check_with_attempts_has_a_control(check: Check) -> None:
    assert check.tries is nothing or check.controls is not nothing


@by_id
def test_every_check_proves_something(check: Check) -> None:
    assert (check.tries, check.controls, check.facts) != (nothing, nothing, no_facts)
