from __future__ import annotations

from typing import Any

import pytest

from mto.serve.finalizer import FINALIZER, going, held, patch, to_hold

COPY = {
    "labels": {"mto.stakater.com/managed": "true"},
    "annotations": {"mto.stakater.com/declared-in": "blue.yaml"},
}
GONE = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
MINE = {"finalizers": ["theirs", FINALIZER]}


def live(kind: str = "Tenant", /, **metadata: object) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "blue", "uid": "u", "resourceVersion": "7"} | metadata,
    }


@pytest.mark.parametrize(
    ("found", "hold"),
    [
        pytest.param(live(), True, id="a tenant declared in the cluster"),
        pytest.param(live("Quota"), True, id="a quota declared in the cluster"),
        pytest.param(live("Extensions"), False, id="a kind that nothing hangs on"),
        pytest.param(live(**COPY), False, id="the copy of a file's"),
        pytest.param(live(**MINE), False, id="held already"),
        pytest.param(live(**GONE), False, id="too late"),
    ],
)
def test_what_is_held(found: dict[str, Any], *, hold: bool) -> None:
    assert to_hold(found) is hold


def test_what_is_going_waits_for_us_only_if_it_is_held() -> None:
    assert going(live(**MINE, **GONE))
    assert not going(live(**GONE))
    assert not going(live(**MINE))
    assert not going(None)
    assert held(live(**MINE))


def test_other_finalizers_stay_and_only_this_version_is_changed() -> None:
    pinned = {"resourceVersion": "7", "uid": "u"}
    assert patch(live(finalizers=["theirs"]), hold=True) == {
        "metadata": {"finalizers": ["theirs", FINALIZER], **pinned}
    }
    assert patch(live(**MINE), hold=False) == {"metadata": {"finalizers": ["theirs"], **pinned}}
