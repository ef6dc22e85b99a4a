"""Nothing foreign is ever taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mto.engine.direct.ownership import is_ours, managers, may_adopt, owner, taken_over, united

MINE = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "blue"}
THEIRS = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "red"}
PLATFORM = {"mto.stakater.com/managed": "true"}
UNMANAGED = {"stakater.com/tenant": "blue"}
HANDED_OVER = {"mto.stakater.com/adopt": "true"}


def live(
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    manager: str = "",
) -> dict[str, Any]:
    fields = [{"manager": manager, "operation": "Update"}] if manager else None
    return {"metadata": {"labels": labels, "annotations": annotations, "managedFields": fields}}


@pytest.mark.parametrize(
    ("found", "begun", "adopted"),
    [
        pytest.param(live(), False, False, id="nobody's"),
        pytest.param(live(MINE), False, True, id="marked, of this tenant"),
        pytest.param(live(THEIRS), False, False, id="marked, of another tenant"),
        pytest.param(live(PLATFORM), False, False, id="marked, of the platform"),
        pytest.param(live(UNMANAGED), False, False, id="of this tenant, but not ours"),
        pytest.param(live(manager="mto"), False, False, id="our manager proves nothing by itself"),
        pytest.param(live(MINE, manager="mto"), True, True, id="a killed run of ours made it"),
        pytest.param(live(manager="mto"), True, False, id="retained once, and long not ours"),
        pytest.param(live(manager="kubectl"), True, False, id="somebody was quicker"),
        pytest.param(live(), True, False, id="begun, and nobody knows who made it"),
        pytest.param(live(annotations=HANDED_OVER), False, True, id="handed over"),
        pytest.param(live(THEIRS, HANDED_OVER), False, True, id="handed over by another tenant"),
        pytest.param(
            live(annotations={"mto.stakater.com/adopt": "yes"}), False, False, id="not quite"
        ),
    ],
)
def test_who_may_take_what(found: Any, *, begun: bool, adopted: bool) -> None:
    assert may_adopt(found, {"metadata": {"labels": MINE}}, begun=begun) is adopted


@pytest.mark.parametrize(
    ("labels", "adopted"),
    [
        pytest.param({"team": "a"}, True, id="declared by hand"),
        pytest.param(THEIRS, False, id="marked, of another tenant"),
    ],
)
def test_a_declaration_in_the_cluster_becomes_the_copy_of_the_file_that_repeats_it(
    labels: Mapping[str, str], *, adopted: bool
) -> None:
    copy = {"metadata": {"labels": MINE, "annotations": {"mto.stakater.com/declared-in": "a.yaml"}}}
    assert may_adopt(live(labels), copy, begun=False) is adopted


@pytest.mark.parametrize("manager", ["mto", "pulumi-kubernetes-abc"])
def test_what_a_killed_run_was_making_without_a_marker_is_known_by_its_manager(
    manager: str,
) -> None:
    desired = {"metadata": {"labels": {"app": "web"}}}
    assert may_adopt(live(manager=manager), desired, begun=True)
    assert not may_adopt(live(manager=manager), desired, begun=False)


def test_what_was_handed_over_is_no_leftover_of_ours_to_delete() -> None:
    desired = {"metadata": {"labels": MINE}}
    assert not is_ours(live(annotations=HANDED_OVER, manager="mto"), desired, begun=True)


def test_the_platform_takes_its_own_and_no_tenant_s() -> None:
    desired = {"metadata": {"labels": PLATFORM}}
    assert may_adopt(live(PLATFORM), desired, begun=False)
    assert not may_adopt(live(MINE), desired, begun=False)


def test_without_a_marker_of_its_own_a_plan_takes_no_object_of_no_tenant() -> None:
    assert not may_adopt(live(), {"metadata": {"name": "x"}}, begun=False)


@pytest.mark.parametrize(
    ("manager", "adopted"),
    [
        ("mto", True),
        ("pulumi-kubernetes", True),
        ("pulumi-kubernetes-1f", True),
        ("kubectl", False),
    ],
)
def test_what_bears_no_marks_is_known_by_its_manager_after_a_killed_run(
    manager: str, *, adopted: bool
) -> None:
    desired = {"metadata": {"name": "x"}}
    assert may_adopt(live(manager=manager), desired, begun=True) is adopted
    assert not may_adopt(live(manager=manager), desired, begun=False)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (live(THEIRS), "it belongs to tenant 'red'"),
        (live(UNMANAGED), "it belongs to tenant 'blue'"),
        (live(PLATFORM), "it belongs to another stack of MTO"),
        (live(manager="kubectl"), "its fields are managed by kubectl"),
        (live(manager="mto"), "MTO left it behind when its tenant was taken away"),
        (live(), "nobody says whose it is"),
    ],
)
def test_a_message_says_whose_it_is(found: Any, said: str) -> None:
    assert owner(found) == said


def test_all_managers_are_named_once() -> None:
    found = live()
    found["metadata"]["managedFields"] = [
        {"manager": name} for name in ("kubectl", "helm", "kubectl")
    ]
    assert owner(found) == "its fields are managed by helm, kubectl"


@pytest.mark.parametrize(
    ("outputs", "taken"),
    [
        pytest.param({}, False, id="nothing is known"),
        pytest.param({"__fieldManager": "mto"}, False, id="ours"),
        pytest.param({"__fieldManager": "pulumi-kubernetes-1f"}, True, id="the CLI's own"),
        pytest.param(
            {"__fieldManager": "mto", **live(manager="pulumi-kubernetes")},
            True,
            id="made by the CLI in our name",
        ),
        pytest.param({"__fieldManager": "mto", **live(manager="kubectl")}, False, id="edited"),
    ],
)
def test_objects_of_the_cli_are_recognised(outputs: dict[str, Any], *, taken: bool) -> None:
    assert taken_over(outputs) is taken


def entry(manager: str, operation: str, fields: Any, **more: str) -> Mapping[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_fields_of_the_cli_become_ours_so_that_dropping_them_removes_them() -> None:
    theirs = entry("pulumi-kubernetes", "Update", {"f:spec": {"f:a": {}, "f:b": {}}}, time="1")
    ours = entry("mto", "Apply", {"f:spec": {"f:b": {}, "f:c": {}}}, time="2")
    foreign = entry("kubectl", "Update", {"f:data": {}})
    assert united([theirs, foreign, ours]) == [
        entry("mto", "Apply", {"f:spec": {"f:a": {}, "f:b": {}, "f:c": {}}}, time="2"),
        foreign,
    ]


def test_what_others_hold_and_what_is_of_a_subresource_stays() -> None:
    entries = [
        entry("kubectl", "Update", {"f:data": {}}),
        entry("mto", "Update", {"f:status": {}}, subresource="status"),
    ]
    assert united(entries) == entries


def test_ours_alone_stays_as_it_is() -> None:
    """Also behind others: an order of entries is nothing to write for."""
    entries = [
        entry("typechecker", "Apply", {"f:status": {}}, subresource="status"),
        entry("mto", "Apply", {"f:spec": {}}),
    ]
    assert united(entries) == entries


def test_an_object_without_managers_has_none() -> None:
    assert managers(live()) == managers({"metadata": {}}) == []
