from __future__ import annotations

from typing import Any

from mto.plan.observed import Quota
from mto.serve.board import Board, LiveTenant, Type, tightest


def tenant(name: str = "blue", *conditions: dict[str, Any], seen: int = 1) -> dict[str, Any]:
    status = {"conditions": list(conditions), "observedGeneration": seen}
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {"quota": "small"},
        "status": status if conditions else {},
    }


def ready(reason: str = "UpToDate", message: str = "everything is as declared") -> dict[str, Any]:
    said = "True" if reason == "UpToDate" else "False"
    return {"type": "Ready", "status": said, "reason": reason, "message": message}


def namespace(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": "1", "labels": {"stakater.com/tenant": "blue"}}}


def quota(space: str, used: str = "0", hard: str = "5") -> dict[str, Any]:
    labels = {"stakater.com/tenant": "blue"}
    metadata = {"name": "mto", "namespace": space, "labels": labels}
    return {
        "metadata": metadata,
        "spec": {"hard": {"pods": hard}},
        "status": {"used": {"pods": used}},
    }


def told(board: Board) -> list[tuple[Type, LiveTenant]]:
    return [(change.type, change.tenant) for change in board.changes()]


def test_what_is_there_is_added_and_what_differs_later_is_modified() -> None:
    board = Board()
    board.namespace(namespace("blue-dev"), gone=False)
    board.quota(quota("blue-dev"), gone=False)
    board.tenant(tenant("blue", ready()), gone=False)
    ((kind, first),) = told(board)
    assert kind is Type.ADDED
    assert (first.name, first.state, first.quota, first.used) == (
        "blue",
        "Ready",
        "small",
        "pods 0/5",
    )
    assert [(one.name, one.made) for one in first.namespaces] == [("blue-dev", "by an owner")]
    board.quota(quota("blue-dev", used="3"), gone=False)
    ((kind, later),) = told(board)
    assert (kind, later.used) == (Type.MODIFIED, "pods 3/5")
    assert board.tenants == (later,)


def test_what_changes_nothing_that_is_shown_is_not_told() -> None:
    board = Board()
    board.tenant(tenant("blue", ready()), gone=False)
    board.changes()
    board.tenant(tenant("blue", ready(), {"type": "Other", "status": "True"}), gone=False)
    assert told(board) == []


def test_a_tenant_that_goes_is_deleted_with_what_was_last_known_of_it() -> None:
    board = Board()
    board.tenant(tenant("blue", ready()), gone=False)
    ((_, before),) = told(board)
    board.tenant(tenant("blue"), gone=True)
    assert told(board) == [(Type.DELETED, before)]
    assert board.tenants == ()


def test_a_namespace_of_a_tenant_that_nobody_declares_is_no_tenant() -> None:
    board = Board()
    board.namespace(namespace("blue-dev"), gone=False)
    assert told(board) == []


def test_others_than_the_named_ones_are_left_out() -> None:
    board = Board(frozenset({"red"}))
    for name in ("blue", "red"):
        board.tenant(tenant(name, ready()), gone=False)
    assert [one.name for _, one in told(board)] == ["red"]


def test_a_state_is_ready_or_the_reason_why_not() -> None:
    def state(live: dict[str, Any]) -> tuple[str, str]:
        board = Board()
        board.tenant(live, gone=False)
        ((_, one),) = told(board)
        return one.state, one.message

    assert state(tenant("blue", ready())) == ("Ready", "")
    assert state(tenant("blue", ready("Failed", "no room"))) == ("Failed", "no room")
    assert state(tenant("blue")) == ("Unknown", "")
    changed = "it was changed and has not been looked at yet"
    assert state(tenant("blue", ready(), seen=0)) == ("Pending", changed)


def test_the_tightest_key_is_that_of_which_most_is_used_over_all_namespaces() -> None:
    one = Quota({"pods": "10", "limits.cpu": "4"}, {}, {"pods": "1", "limits.cpu": "1500m"})
    two = Quota({"pods": "10", "limits.cpu": "4"}, {}, {"pods": "2"})
    assert tightest([one, two]) == "limits.cpu 1500m/8"
    assert tightest([Quota({"pods": "10", "limits.cpu": "4"}, {}, {})]) == "pods 0/10"
    assert tightest([Quota({"pods": "0"}, {}, {"pods": "0"})]) == ""
    assert tightest([]) == ""
