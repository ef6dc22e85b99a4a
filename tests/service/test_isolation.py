"""From what became of requests to a verdict."""

from __future__ import annotations

import pytest

from mto.service.isolation import About, Line, Outcome, Report, Status, line

ABOUT = About("X-1", "Block it", "Tenant Isolation", "blue")
PASSES = Outcome("ann can do right", refused=False)
REFUSED = Outcome("ann can do wrong", refused=True, by="RBAC")
POSSIBLE = Outcome("ann can do wrong", refused=False)
UNCLEAR = Outcome("ann can do wrong", refused=True, said="exceeded quota", proves=False)
BROKEN = Outcome("ann can do right", refused=True, said="no such class", proves=False)


@pytest.mark.parametrize(
    ("control", "attempt", "left_open", "status"),
    [
        pytest.param(PASSES, REFUSED, "", Status.PASS, id="refused"),
        pytest.param(PASSES, REFUSED, "a switch", Status.PASS, id="refused although left open"),
        pytest.param(PASSES, POSSIBLE, "", Status.FAIL, id="possible"),
        pytest.param(PASSES, POSSIBLE, "a switch", Status.OPEN, id="possible and left open"),
        pytest.param(PASSES, UNCLEAR, "", Status.UNKNOWN, id="refused by something else"),
        pytest.param(BROKEN, REFUSED, "", Status.UNKNOWN, id="nothing at all passes"),
        pytest.param(BROKEN, POSSIBLE, "", Status.FAIL, id="possible whatever the control says"),
    ],
)
def test_a_check_passes_only_where_wrong_is_refused_and_right_passes(
    control: Outcome, attempt: Outcome, left_open: str, status: Status
) -> None:
    found = line(ABOUT, controls=(control,), tries=(attempt,), left_open=left_open)

    assert found.status is status
    assert found.requests == 2


def test_facts_count_like_what_was_possible() -> None:
    found = line(ABOUT, controls=(), tries=(), facts=("no quota limits cpu",))

    assert found.status is Status.FAIL
    assert found.possible == ("no quota limits cpu",)


def test_what_is_in_doubt_is_not_proven() -> None:
    found = line(ABOUT, controls=(), tries=(), doubts=("nobody gets in",))

    assert (found.status, found.unproven) == (Status.UNKNOWN, ("nobody gets in",))


def test_a_verdict_says_what_was_possible_what_is_unproven_and_who_refused() -> None:
    found = line(ABOUT, controls=(BROKEN,), tries=(REFUSED, REFUSED, UNCLEAR))

    assert found.refused_by == {"RBAC": 2}
    assert found.unproven == (
        "ann can do right: must pass, was refused: no such class",
        "ann can do wrong: exceeded quota",
    )


@pytest.mark.parametrize(
    ("statuses", "strict", "code"),
    [
        pytest.param((Status.PASS, Status.SKIP), False, 0, id="isolated"),
        pytest.param((Status.OPEN,), False, 0, id="as open as the settings say"),
        pytest.param((Status.OPEN,), True, 3, id="open, strictly"),
        pytest.param((Status.UNKNOWN,), False, 4, id="not proven"),
        pytest.param((Status.UNKNOWN, Status.FAIL), False, 3, id="broken"),
    ],
)
def test_exit_codes(statuses: tuple[Status, ...], strict: bool, code: int) -> None:  # noqa: FBT001
    lines = tuple(Line("X-1", "t", "c", "blue", one) for one in statuses)

    assert Report(lines).exit_code(strict=strict) == code


def test_a_tenant_that_was_not_looked_at_is_no_success() -> None:
    assert Report((), ("tenant 'blue': no namespace",)).exit_code() == 4
