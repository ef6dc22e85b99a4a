"""A quota counts from the moment that it is written: the status follows the spec at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.ref import Ref
from mto.engine.direct.diff import Action
from mto.engine.direct.quota import QUOTA, Enforcing, status
from mto.engine.port import Op, Step
from mto.plan.resource import NAMESPACE, Resource
from mto.state.checkpoint import ResourceState
from tests.support.apiserver import Reply, Server, refused, talk


def quota(**hard: str) -> Resource:
    metadata = {"name": "mto", "namespace": "blue-dev"}
    inputs = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
    return Resource(QUOTA, "blue-dev/quota", {**inputs, "spec": {"hard": hard}})


def namespace() -> Resource:
    inputs = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue-dev"}}
    return Resource(NAMESPACE, "blue-dev", inputs)


def action(op: Op, desired: Resource | None, old: Resource | None = None) -> Action:
    before = ResourceState("urn", QUOTA, inputs=old.inputs) if old else None
    return Action(Step(op, "urn", "x"), desired, before)


@pytest.mark.parametrize(
    ("old", "fresh", "patch"),
    [
        pytest.param(quota(pods="9"), False, {"hard": {"pods": "5"}}, id="another amount"),
        pytest.param(
            quota(pods="5", services="1"),
            False,
            {"hard": {"pods": "5", "services": None}},
            id="a key less",
        ),
        pytest.param(None, False, {"hard": {"pods": "5"}}, id="where something may be in use"),
        pytest.param(
            None, True, {"hard": {"pods": "5"}, "used": {"pods": "0"}}, id="in a new namespace"
        ),
    ],
)
def test_the_status_says_what_the_spec_says_and_leaves_counting_to_kubernetes(
    old: Resource | None, patch: dict[str, Any], *, fresh: bool
) -> None:
    assert status(action(Op.UPDATE, quota(pods="5"), old), fresh=fresh) == patch


def asked(*actions: Action, found: bool = False, answer: Reply | None = None) -> Server:
    """What is asked for after these actions were carried out by somebody else."""

    async def carry_out(_action: Action) -> str:
        return "uid"

    async def say(cluster: Cluster) -> None:
        known = {Ref("v1", "Namespace", "blue-dev")} if found else set()
        enforcing = Enforcing(cluster, carry_out, known)
        for one in actions:
            assert await enforcing.carry_out(one) == "uid"

    _, server = talk([answer or Reply()], say)
    return server


def test_a_quota_is_followed_by_its_status() -> None:
    (seen,) = asked(action(Op.UPDATE, quota(pods="5"), quota(pods="9"))).seen
    assert (seen.method, seen.path) == (
        "PATCH",
        "/api/v1/namespaces/blue-dev/resourcequotas/mto/status",
    )
    assert seen.body == {"status": {"hard": {"pods": "5"}}}


def test_in_a_namespace_of_this_update_nothing_is_used_yet() -> None:
    (seen,) = asked(action(Op.CREATE, namespace()), action(Op.CREATE, quota(pods="5"))).seen
    assert seen.body == {"status": {"hard": {"pods": "5"}, "used": {"pods": "0"}}}


def test_in_a_namespace_that_was_found_only_kubernetes_can_count() -> None:
    created = (action(Op.CREATE, namespace()), action(Op.CREATE, quota(pods="5")))
    (seen,) = asked(*created, found=True).seen
    assert seen.body == {"status": {"hard": {"pods": "5"}}}


def test_nothing_else_is_asked_for() -> None:
    other = replace(quota(), type="kubernetes:core/v1:LimitRange")
    assert asked(action(Op.CREATE, other), action(Op.DELETE, None)).seen == []


def test_a_quota_that_is_gone_again_is_no_failure() -> None:
    assert len(asked(action(Op.CREATE, quota(pods="5")), answer=refused(404, "NotFound")).seen) == 1
