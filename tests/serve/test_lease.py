from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mto.serve.lease import LASTS, Candidate, term

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def live(holder: str, version: str = "1", transitions: int = 3, lasts: int = 15) -> dict[str, Any]:
    spec = {"holderIdentity": holder, "leaseTransitions": transitions}
    return {
        "metadata": {"name": "mto", "resourceVersion": version},
        "spec": {**spec, "leaseDurationSeconds": lasts, "acquireTime": "before"},
    }


def test_a_free_lease_may_be_taken_at_once() -> None:
    assert Candidate("me").may_take(live(""), 0.0)


def test_a_lease_of_somebody_else_may_be_taken_once_it_was_seen_unchanged_long_enough() -> None:
    me = Candidate("me")
    assert not me.may_take(live("other"), 100.0)
    assert not me.may_take(live("other"), 100.0 + LASTS)
    assert me.may_take(live("other"), 100.1 + LASTS)


def test_a_renewal_begins_the_wait_anew() -> None:
    me = Candidate("me")
    assert not me.may_take(live("other"), 0.0)
    assert not me.may_take(live("other", version="2"), 14.0)
    assert not me.may_take(live("other", version="2"), 28.0)
    assert me.may_take(live("other", version="2"), 30.0)


def test_one_s_own_lease_is_renewed_in_the_same_term() -> None:
    me = Candidate("me")
    assert me.may_take(live("me"), 0.0)
    renewed = me.taken(live("me"), NOON)
    assert renewed["spec"] == {
        "holderIdentity": "me",
        "leaseTransitions": 3,
        "leaseDurationSeconds": LASTS,
        "acquireTime": "before",
        "renewTime": "2026-01-01T12:00:00.000000Z",
    }
    assert renewed["metadata"]["resourceVersion"] == "1"


@pytest.mark.parametrize(
    ("before", "number"),
    [
        pytest.param(None, 31579200, id="the first, in seconds since 2025"),
        pytest.param(live("other"), 4, id="somebody else's"),
        pytest.param(live(""), 4, id="one that was released"),
    ],
)
def test_a_new_holder_begins_a_new_term(before: dict[str, Any] | None, number: int) -> None:
    taken = Candidate("me").taken(before, NOON)
    assert term(taken) == number
    assert taken["spec"]["acquireTime"] == "2026-01-01T12:00:00.000000Z"


def test_a_released_lease_keeps_its_term() -> None:
    released = Candidate("me").released(live("me"))
    assert released["spec"]["holderIdentity"] == ""
    assert term(released) == 3


def test_a_lease_that_was_deleted_never_comes_back_in_a_term_that_was() -> None:
    first = Candidate("me").taken(None, NOON)
    later = Candidate("other").taken(None, NOON + timedelta(seconds=2))
    assert term(later) > term(Candidate("other").taken(first, NOON))
    assert term(Candidate("me").taken(None, datetime(2090, 1, 1, tzinfo=UTC))) < 2**31
