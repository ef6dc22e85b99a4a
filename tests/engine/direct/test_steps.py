"""What is asked of the API server for one step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mto.cluster.errors import NotFound
from mto.engine.direct.diff import Action
from mto.engine.direct.steps import Steps, emptying
from mto.engine.errors import Relabelled
from mto.engine.port import Op, Step
from mto.plan.resource import Resource
from mto.state.checkpoint import ResourceState
from tests.support.apiserver import Reply, Server, fail, refused, talk


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        pytest.param({"a": {"x": 1}}, {"a": {}}, {"a": {"x": None}}, id="a mapping becomes empty"),
        pytest.param(
            {"s": {"a": {"x": 1}}}, {"s": {"a": {}}}, {"s": {"a": {"x": None}}}, id="deep"
        ),
        pytest.param({"a": {"x": 1, "y": 2}}, {"a": {"x": 1}}, {}, id="something stays in it"),
        pytest.param({"a": {"x": 1}}, {}, {}, id="it goes altogether"),
        pytest.param({"a": {}}, {"a": {}}, {}, id="it was empty before"),
        pytest.param({"a": [1]}, {"a": {}}, {}, id="it was no mapping"),
        pytest.param({}, {"a": {}}, {}, id="it was not there"),
    ],
)
def test_only_what_is_emptied_is_dropped_beforehand(
    before: dict[str, Any], after: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert emptying(before, after) == patch


# ---- requests ------------------------------------------------------------------------------------

MARKS = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "blue"}


def recorded(kind: str = "Namespace", *, name: str = "blue-dev") -> ResourceState:
    metadata = {"name": name, "labels": MARKS if not kind.endswith("Patch") else {"team": "a"}}
    inputs = {"apiVersion": "v1", "kind": kind.removesuffix("Patch"), "metadata": metadata}
    kind = f"kubernetes:core/v1:{kind}"
    return ResourceState(
        f"urn:pulumi:dev.blue::mto::{kind}::{name}",
        kind,
        inputs=inputs,
        outputs={"metadata": {"uid": "u1"}},
    )


def found(labels: dict[str, str], uid: str = "u1") -> Reply:
    fields = [{"manager": "mto", "operation": "Apply"}]
    return Reply(
        body={
            "metadata": {"name": "blue-dev", "uid": uid, "labels": labels, "managedFields": fields}
        }
    )


def deleting(state: ResourceState, *, uncertain: bool = False) -> Action:
    return Action(Step(Op.DELETE, state.urn, "x"), None, state, uncertain=uncertain)


GONE = refused(404, "NotFound")


def asked(server: Server) -> list[str]:
    return [one.method for one in server.seen]


def test_a_namespace_goes_with_our_labels_on_it() -> None:
    act = deleting(recorded())
    _, server = talk(
        [found(MARKS), Reply(), GONE], lambda cluster: Steps(cluster, gone_within=1).carry_out(act)
    )
    assert asked(server) == ["GET", "DELETE", "GET"]


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({**MARKS, "stakater.com/tenant": "red"}, id="handed to another tenant"),
        pytest.param({"mto.stakater.com/managed": "true"}, id="taken out of its tenant"),
        pytest.param({"stakater.com/tenant": "blue"}, id="no longer marked"),
    ],
)
def test_a_namespace_that_was_handed_on_is_never_deleted(labels: dict[str, str]) -> None:
    act = deleting(recorded())
    error, server = fail(
        [found(labels)], lambda cluster: Steps(cluster, gone_within=1).carry_out(act)
    )
    assert isinstance(error, Relabelled)
    assert asked(server) == ["GET"]


def test_a_patch_that_a_killed_run_began_is_given_back_and_its_object_stays() -> None:
    act = deleting(recorded("NamespacePatch"), uncertain=True)
    _, server = talk(
        [found({}), Reply(body={"metadata": {"uid": "u1"}})],
        lambda cluster: Steps(cluster, gone_within=1).carry_out(act),
    )
    assert asked(server) == ["GET", "PATCH"]
    assert server.seen[1].body["metadata"] == {"name": "blue-dev", "uid": "u1"}


def test_a_patch_makes_no_namespace() -> None:
    state = recorded("NamespacePatch")
    desired = Resource(state.type, state.name, state.inputs)
    act = Action(Step(Op.CREATE, state.urn, "x"), desired)
    error, server = fail([GONE], lambda cluster: Steps(cluster, gone_within=1).carry_out(act))
    assert isinstance(error, NotFound)
    assert asked(server) == ["GET"]


def giving_back(state: ResourceState) -> Action:
    return Action(Step(Op.FORGET, state.urn, "x"), None, state, given_back=True)


def test_what_is_given_back_loses_our_marks_and_keeps_the_rest() -> None:
    state = recorded("ConfigMap", name="settings")
    metadata = {
        **state.inputs["metadata"],
        "namespace": "blue-dev",
        "annotations": {"pulumi.com/patchFieldManager": "mto", "team": "a"},
    }
    state = replace(state, inputs={**state.inputs, "metadata": metadata})
    act = giving_back(state)
    uid, server = talk([Reply()], lambda cluster: Steps(cluster, gone_within=1).carry_out(act))
    (seen,) = server.seen
    assert uid == ""
    assert (seen.method, seen.path) == (
        "PATCH",
        "/api/v1/namespaces/blue-dev/configmaps/settings",
    )
    assert seen.body == {
        "metadata": {
            "uid": "u1",
            "labels": {
                "app.kubernetes.io/managed-by": None,
                "mto.stakater.com/managed": None,
                "stakater.com/tenant": None,
            },
            "annotations": {"pulumi.com/patchFieldManager": None},
        }
    }


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(GONE, id="it is gone"),
        pytest.param(refused(409, "Conflict"), id="somebody made it again"),
    ],
)
def test_what_is_no_longer_ours_needs_no_giving_back(answer: Reply) -> None:
    act = giving_back(recorded("ConfigMap"))
    uid, _ = talk([answer], lambda cluster: Steps(cluster, gone_within=1).carry_out(act))
    assert uid == ""
