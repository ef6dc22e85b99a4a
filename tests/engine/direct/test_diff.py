"""Which steps lead from what the CLI recorded to what is planned now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mto.engine.direct.diff import Action, actions
from mto.engine.errors import Unsupported
from mto.engine.port import Op
from mto.plan.resource import Key, Plan, Resource
from mto.state.checkpoint import Checkpoint, Operation, PendingOperation
from mto.state.secret import Crypter, Secret, reveal
from tests.support import blue


def steps(plan: Plan, checkpoint: Checkpoint) -> list[Action]:
    crypter = Crypter(checkpoint.secrets_provider, settings=blue.PASSPHRASE, stack=checkpoint.stack)
    return list(actions(plan, checkpoint, reveal=lambda value: reveal(value, crypter)))


def changed(plan: Plan, checkpoint: Checkpoint) -> dict[str, Op]:
    found = steps(plan, checkpoint)
    return {one.step.object: one.step.op for one in found if one.step.op is not Op.SAME}


@pytest.mark.parametrize(
    ("name", "program"),
    [
        pytest.param("1-created", {}, id="after the first up"),
        pytest.param(
            "2-updated",
            {"pods": "11", "owner": "berta@example.org", "extra": True},
            id="after an update",
        ),
        pytest.param(
            "4-repaired",
            {"pods": "11", "owner": "berta@example.org", "extra": True},
            id="after a repair",
        ),
    ],
)
def test_a_stack_of_the_cli_shows_no_change(name: str, program: dict[str, Any]) -> None:
    assert changed(blue.plan(**program), blue.checkpoint(name)) == {}


def test_an_empty_stack_is_created_whole() -> None:
    found = changed(blue.plan(), blue.checkpoint("0-empty"))
    assert set(found.values()) == {Op.CREATE}
    assert len(found) == 7


def test_drift_that_the_cli_recorded_is_repaired() -> None:
    plan = blue.plan(pods="11", owner="berta@example.org", extra=True)
    assert changed(plan, blue.checkpoint("3-refreshed-after-drift")) == {
        "RoleBinding/blue-dev/mto-owner-admin": Op.CREATE,
        "ResourceQuota/blue-dev/mto": Op.UPDATE,
    }


def test_a_killed_run_of_the_cli_goes_on_where_it_stopped() -> None:
    plan = blue.plan(pods="12", owner="berta@example.org", services=16)
    found = steps(plan, blue.checkpoint("5-killed"))
    creates = {one.step.object for one in found if one.step.op is Op.CREATE}
    assert creates == {
        f"Service/blue-dev/svc{number}" for number in range(16) if number not in (0, 1, 2)
    }
    uncertain = {one.step.object for one in found if one.uncertain}
    assert uncertain == {f"Service/blue-dev/svc{number}" for number in (3, 4, 5, 7, 11, 13, 14, 15)}


def test_what_a_killed_run_began_and_nobody_wants_any_more_is_looked_for_and_deleted() -> None:
    plan = blue.plan(pods="12", owner="berta@example.org")
    found = [one for one in steps(plan, blue.checkpoint("5-killed")) if one.uncertain]
    assert len(found) == 8
    assert {one.step.op for one in found} == {Op.DELETE}


def test_an_update_names_each_field_with_both_values() -> None:
    (update,) = (
        one.step
        for one in steps(blue.plan(pods="12"), blue.checkpoint("1-created"))
        if one.step.op is Op.UPDATE
    )
    assert [str(change) for change in update.changes] == ["~ spec.hard.pods: 10 → 12"]


def test_a_secret_is_compared_in_the_clear_and_never_shown() -> None:
    plan = blue.plan()
    resources = tuple(
        replace(one, inputs={**one.inputs, "data": Secret({"token": "b3RoZXI="})})
        if one.name == "blue-dev/pull"
        else one
        for one in plan
    )
    found = steps(replace(plan, resources=resources), blue.checkpoint("1-created"))
    (update,) = (one.step for one in found if one.step.op is Op.UPDATE)
    assert update.object == "Secret/blue-dev/pull"
    assert "b3RoZXI=" not in repr(update)
    assert "czNjcjN0" not in repr(update)


def test_a_role_that_is_bound_otherwise_is_a_replacement() -> None:
    plan = blue.plan()
    bound = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    resources = tuple(
        replace(one, inputs={**one.inputs, "roleRef": bound})
        if one.name == "blue-dev/owner"
        else one
        for one in plan
    )
    found = changed(replace(plan, resources=resources), blue.checkpoint("1-created"))
    assert found == {"RoleBinding/blue-dev/mto-owner-admin": Op.REPLACE}


def test_deletions_come_last_and_children_before_their_namespace() -> None:
    empty = Plan("dev.blue")
    order = [one.step.object for one in steps(empty, blue.checkpoint("1-created"))]
    assert order.index("RoleBinding/blue-dev/mto-owner-admin") < order.index("Namespace/blue-dev")
    assert set(order[-2:]) == {"kubernetes/cluster", "Tenant/blue"}


def test_protected_retained_and_taken_along_are_told_apart() -> None:
    found = {one.step.object: one for one in steps(Plan("dev.blue"), blue.checkpoint("options"))}
    assert found["ResourceQuota/blue-dev/mto"].step.op is Op.FORGET
    binding = found["RoleBinding/blue-dev/mto-owner-admin"]
    assert binding.step.deleted_with.endswith("::blue-dev")
    assert not binding.request
    assert found["Namespace/blue-dev"].old is not None
    assert found["Namespace/blue-dev"].old.protect


def test_a_released_namespace_is_deleted_although_it_is_retained() -> None:
    checkpoint = blue.checkpoint("1-created")
    kept = replace(
        checkpoint,
        resources=tuple(
            replace(one, retain_on_delete=True) if one.name == "blue-dev" else one
            for one in checkpoint.resources
        ),
    )
    assert changed(Plan("dev.blue"), kept)["Namespace/blue-dev"] is Op.FORGET
    released = Plan("dev.blue", releases=frozenset({blue.NAMESPACE}))
    assert changed(released, kept)["Namespace/blue-dev"] is Op.DELETE


def test_the_end_of_a_patch_says_that_the_object_stays() -> None:
    checkpoint = blue.checkpoint("1-created")
    kind = "kubernetes:core/v1:ResourceQuota"
    resources = tuple(
        replace(one, type=f"{kind}Patch", urn=one.urn.replace(kind, f"{kind}Patch"))
        if one.type == kind
        else one
        for one in checkpoint.resources
    )
    found = steps(Plan("dev.blue"), replace(checkpoint, resources=resources))
    said = {one.step.object: one.step.because for one in found}
    assert said["ResourceQuota/blue-dev/mto"] == (
        "no longer declared; the object stays, without what MTO set on it"
    )
    assert said["RoleBinding/blue-dev/mto-owner-admin"] == "no longer declared"


def test_an_object_that_goes_on_under_another_logical_name_is_not_deleted() -> None:
    plan = blue.plan()
    resources = tuple(
        replace(one, name="blue-dev/limits") if one.name == "blue-dev/quota" else one
        for one in plan
    )
    found = steps(replace(plan, resources=resources), blue.checkpoint("1-created"))
    ops = {one.step.urn.rsplit("::", 1)[1]: one.step.op for one in found}
    assert ops["blue-dev/limits"] is Op.CREATE
    assert ops["blue-dev/quota"] is Op.FORGET


def test_another_provider_is_refused_by_name() -> None:
    plan = Plan("dev.blue", (Resource("aws:s3/bucket:Bucket", "logs"),))
    with pytest.raises(Unsupported) as error:
        steps(plan, Checkpoint("dev.blue"))
    assert str(error.value) == (
        "urn:pulumi:dev.blue::mto::aws:s3/bucket:Bucket::logs: aws:s3/bucket:Bucket is of another "
        "provider; the direct engine can't run it, use --engine pulumi"
    )


def test_urns_name_every_parent() -> None:
    plan = blue.plan()
    assert plan.urn(Key("kubernetes:core/v1:Namespace", "blue-dev")) == (
        "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$kubernetes:core/v1:Namespace::blue-dev"
    )


def pending(checkpoint: Checkpoint, ending: str, operation: Operation) -> Checkpoint:
    """As a run leaves it that was killed in the middle of one step."""
    (one,) = (one for one in checkpoint.resources if one.urn.endswith(ending))
    return replace(checkpoint, pending=(PendingOperation(one, operation),))


@pytest.mark.parametrize("operation", [Operation.UPDATING, Operation.DELETING])
def test_what_a_killed_run_may_have_changed_is_applied_again_though_the_record_agrees(
    operation: Operation,
) -> None:
    killed = pending(blue.checkpoint("1-created"), "::blue-dev/owner", operation)
    assert changed(blue.plan(), killed) == {"RoleBinding/blue-dev/mto-owner-admin": Op.UPDATE}


def lost(checkpoint: Checkpoint, *, retain: bool) -> Checkpoint:
    """The namespace was begun by a killed run and never recorded."""
    (space,) = (one for one in checkpoint.resources if one.name == "blue-dev")
    begun = PendingOperation(replace(space, retain_on_delete=retain), Operation.CREATING)
    kept = tuple(one for one in checkpoint.resources if not one.type.startswith("kubernetes:"))
    return replace(checkpoint, resources=kept, pending=(begun,))


@pytest.mark.parametrize(("retain", "op"), [(True, Op.FORGET), (False, Op.DELETE)])
def test_a_begun_namespace_that_is_to_be_retained_is_not_deleted_with_its_tenant(
    op: Op, *, retain: bool
) -> None:
    found = changed(Plan("dev.blue"), lost(blue.checkpoint("1-created"), retain=retain))
    assert found["Namespace/blue-dev"] is op


def test_a_begun_namespace_goes_once_it_is_released() -> None:
    released = Plan("dev.blue", releases=frozenset({blue.NAMESPACE}))
    found = changed(released, lost(blue.checkpoint("1-created"), retain=True))
    assert found["Namespace/blue-dev"] is Op.DELETE


def test_a_namespace_that_nobody_looked_into_is_left_behind_by_an_update() -> None:
    """It is not released although it is not retained: its label was taken off, say."""
    checkpoint = blue.checkpoint("1-created")
    (provider, component, *_) = blue.plan().resources
    found = changed(Plan("dev.blue", (provider, component)), checkpoint)
    assert found["Namespace/blue-dev"] is Op.FORGET
    assert found["RoleBinding/blue-dev/mto-owner-admin"] is Op.DELETE


def retained(plan: Plan) -> Plan:
    keep = {"ResourceQuota", "Namespace"}
    resources = (
        replace(one, retain_on_delete=True) if one.inputs.get("kind") in keep else one
        for one in plan
    )
    return replace(plan, resources=tuple(resources))


def recorded_as(plan: Plan, checkpoint: Checkpoint) -> Checkpoint:
    """The same record, with ``retain_on_delete`` as in the plan."""
    kept = {plan.urn(one.key) for one in plan if one.retain_on_delete}
    states = (replace(one, retain_on_delete=one.urn in kept) for one in checkpoint.resources)
    return replace(checkpoint, resources=tuple(states))


def test_what_is_retained_is_given_back_but_for_namespaces() -> None:
    known = recorded_as(retained(blue.plan()), blue.checkpoint("1-created"))
    found = {one.step.object: one for one in steps(Plan("dev.blue"), known)}
    quota, space = found["ResourceQuota/blue-dev/mto"], found["Namespace/blue-dev"]
    assert (quota.step.op, quota.given_back, quota.request) == (Op.FORGET, True, True)
    assert quota.step.because == (
        "no longer declared; the object stays as it is, without MTO's marks"
    )
    assert (space.step.op, space.given_back, space.request) == (Op.FORGET, False, False)


def test_what_goes_on_under_another_name_is_not_given_back() -> None:
    plan = retained(blue.plan())
    known = recorded_as(plan, blue.checkpoint("1-created"))
    renamed = tuple(
        replace(one, name="blue-dev/budget") if one.name == "blue-dev/quota" else one
        for one in plan
    )
    (old,) = (
        one
        for one in steps(replace(plan, resources=renamed), known)
        if one.urn.endswith("blue-dev/quota")
    )
    assert (old.step.op, old.given_back, old.request) == (Op.FORGET, False, False)
