from __future__ import annotations

from typing import Any

import pytest

from mto.engine.port import Op
from mto.engine.pulumi.events import Event, Remark, Story, Summary, Told, read

URN = "urn:pulumi:dev.blue::mto::kubernetes:core/v1:ConfigMap::one"
KIND = "kubernetes:core/v1:ConfigMap"


def step(op: str, event: str = "resourcePreEvent", **old: Any) -> dict[str, Any]:
    states = {"old": {"custom": True, **old} if old else None, "new": {"custom": True}}
    return {event: {"metadata": {"op": op, "urn": URN, "type": KIND, **states}}}


def told(*events: dict[str, Any]) -> Told:
    story = Story()
    for event in events:
        found = read(event)
        assert found is not None
        story.hear(found)
    (one,) = story.steps.values()
    return one


@pytest.mark.parametrize(
    ("name", "op"),
    [
        pytest.param("same", Op.SAME, id="same"),
        pytest.param("create", Op.CREATE, id="create"),
        pytest.param("update", Op.UPDATE, id="update"),
        pytest.param("delete", Op.DELETE, id="delete"),
        pytest.param("replace", Op.REPLACE, id="replace"),
        pytest.param("create-replacement", Op.REPLACE, id="the new one of a replacement"),
        pytest.param("delete-replaced", Op.REPLACE, id="the old one of a replacement"),
        pytest.param("refresh", Op.SAME, id="a look"),
        pytest.param("something-new", Op.SAME, id="an operation that is not known yet"),
    ],
)
def test_an_operation_is_told_in_the_port_s_words(name: str, op: Op) -> None:
    assert told(step(name)).op is op


def test_a_deletion_of_what_is_retained_only_leaves_the_record() -> None:
    assert told(step("delete", retainOnDelete=True)).op is Op.FORGET


def test_a_step_is_done_when_its_outputs_are_known() -> None:
    assert not told(step("create")).done
    assert told(step("create"), step("create", "resOutputsEvent")).done


def test_a_failed_step_stays_failed() -> None:
    one = told(step("update"), step("update", "resOpFailedEvent"))
    assert (one.op, one.failed, one.done) == (Op.UPDATE, True, False)


def test_a_replacement_is_one_step() -> None:
    one = told(
        step("delete-replaced", inputs={"a": "1"}),
        step("delete-replaced", "resOutputsEvent", inputs={"a": "1"}),
        step("replace", inputs={"a": "1"}),
        step("create-replacement", inputs={"a": "1"}),
        step("create-replacement", "resOutputsEvent", inputs={"a": "1"}),
    )
    assert (one.op, one.old, one.done) == (Op.REPLACE, {"a": "1"}, True)


def test_what_was_created_and_then_looked_at_was_created() -> None:
    assert told(step("create"), step("same")).op is Op.CREATE


def test_a_look_before_the_step_itself_does_not_hide_it() -> None:
    looked = step("refresh", "resOutputsEvent")
    assert told(step("refresh"), looked, step("update")).op is Op.UPDATE


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        pytest.param(
            {
                "diagnosticEvent": {
                    "message": "<{%reset%}>error: no room\n<{%reset%}>",
                    "severity": "error",
                    "urn": URN,
                }
            },
            Remark("error", "no room", URN),
            id="a remark, without its colours",
        ),
        pytest.param(
            {"diagnosticEvent": {"message": "x", "severity": "info", "ephemeral": True}},
            None,
            id="a remark for the moment",
        ),
        pytest.param(
            {"errorEvent": {"error": "it broke"}}, Remark("error", "it broke"), id="an error"
        ),
        pytest.param({"summaryEvent": {"result": "failed"}}, Summary(failed=True), id="a failure"),
        pytest.param({"summaryEvent": {"result": "succeeded"}}, Summary(), id="a success"),
        pytest.param({"preludeEvent": {"config": {}}}, None, id="of no interest"),
    ],
)
def test_other_events(event: dict[str, Any], heard: Event | None) -> None:
    assert read(event) == heard


def test_what_was_said_twice_is_told_once() -> None:
    story = Story()
    for text in ("one", "two", "one", ""):
        story.hear(Remark("error", text, URN))
    assert story.said("error", URN) == ["one", "two"]
    assert story.said("warning", URN) == []
