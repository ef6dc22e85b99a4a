"""Whose is an object that is already there: the direct engine against a real API server."""

from __future__ import annotations

import json
from dataclasses import replace

from mto.engine.port import Op
from mto.plan.resource import PROVIDER, Plan, Resource
from mto.state.checkpoint import Checkpoint, Operation, PendingOperation, ResourceState
from tests.support.kubectl import Kubectl
from tests.support.stack import COMPONENT, GreenStack, live, ops


def test_a_foreign_object_is_never_taken_over(bench: GreenStack, admin: Kubectl) -> None:
    bench.up(bench.plan())
    admin("-n", bench.namespace, "create", "configmap", "a", "--from-literal=theirs=1")
    result = bench.up(bench.plan(bench.config_map("a", ours="1"), bench.config_map("b", x="1")))
    (failure,) = result.failures
    assert failure.message == (
        f"ConfigMap {bench.namespace}/a exists and is not MTO's: its fields are managed by "
        "kubectl-create. Choose another name, delete it, or hand it over by annotating it with "
        'mto.stakater.com/adopt: "true"'
    )
    assert live(admin, bench, "a")["data"] == {"theirs": "1"}
    assert live(admin, bench, "b")["data"] == {"x": "1"}


def test_an_object_that_its_owner_hands_over_is_adopted(bench: GreenStack, admin: Kubectl) -> None:
    bench.up(bench.plan())
    admin("-n", bench.namespace, "create", "configmap", "a", "--from-literal=x=0")
    admin("-n", bench.namespace, "annotate", "configmap", "a", "mto.stakater.com/adopt=true")
    assert bench.up(bench.plan(bench.config_map("a", x="1"))).ok
    after = live(admin, bench, "a")
    assert after["data"] == {"x": "1"}
    assert "mto.stakater.com/adopt" not in after["metadata"].get("annotations", {})


def test_an_object_of_another_tenant_is_refused_although_it_is_marked_as_ours(
    bench: GreenStack, admin: Kubectl
) -> None:
    bench.up(bench.plan())
    admin("-n", bench.namespace, "create", "configmap", "a")
    labels = ("mto.stakater.com/managed=true", "stakater.com/tenant=red")
    admin("-n", bench.namespace, "label", "configmap", "a", *labels)
    (failure,) = bench.up(bench.plan(bench.config_map("a", x="1"))).failures
    assert "it belongs to tenant 'red'" in failure.message


def test_after_a_lost_state_what_is_ours_is_found_again(bench: GreenStack, admin: Kubectl) -> None:
    plan = bench.plan(bench.config_map("a", x="1"))
    bench.up(plan)
    uid = live(admin, bench, "a")["metadata"]["uid"]
    bench.backend.remove("dev.green")
    assert bench.up(plan).ok
    assert live(admin, bench, "a")["metadata"]["uid"] == uid
    assert bench.up(plan).changes == ()


def test_an_object_deleted_and_made_again_by_somebody_is_not_overwritten(
    bench: GreenStack, admin: Kubectl
) -> None:
    bench.up(bench.plan(bench.config_map("a", x="1")))
    admin("-n", bench.namespace, "delete", "configmap", "a")
    admin("-n", bench.namespace, "create", "configmap", "a", "--from-literal=theirs=1")
    (failure,) = bench.up(bench.plan(bench.config_map("a", x="2"))).failures
    assert "is not MTO's" in failure.message
    assert bench.up(bench.plan()).ok
    assert live(admin, bench, "a")["data"] == {"theirs": "1"}


def test_fields_that_the_cli_made_are_removed_as_well_when_they_are_dropped(
    bench: GreenStack, admin: Kubectl
) -> None:
    """The CLI creates under ``pulumi-kubernetes``/Update, which would keep its fields alive."""
    bench.up(bench.plan())
    wanted = bench.config_map("a", {"colour": "red"}, x="1", y="2")
    manifest = json.dumps(wanted.inputs)
    made = admin("create", "--field-manager=pulumi-kubernetes", "-f", "-", stdin=manifest)
    assert made.code == 0, made.stderr
    checkpoint = bench.backend.load("dev.green")
    assert checkpoint is not None
    outputs = {**live(admin, bench, "a"), "__inputs": wanted.inputs, "__fieldManager": "mto"}
    plan = bench.plan(wanted)
    provider = next(one for one in checkpoint.resources if one.type == PROVIDER)
    state = ResourceState(
        plan.urn(wanted.key),
        wanted.type,
        id=f"{bench.namespace}/a",
        inputs=wanted.inputs,
        outputs=outputs,
        parent=plan.urn(COMPONENT),
        provider=f"{provider.urn}::{provider.id}",
        dependencies=tuple(plan.urn(key) for key in wanted.depends_on),
    )
    bench.backend.save(replace(checkpoint, resources=(*checkpoint.resources, state)))
    assert bench.up(plan).changes == ()
    assert bench.up(bench.plan(bench.config_map("a", x="1"))).ok
    after = live(admin, bench, "a")
    assert after["data"] == {"x": "1"}
    assert "colour" not in after["metadata"]["labels"]
    assert {one["manager"] for one in after["metadata"]["managedFields"]} == {"mto"}


def test_what_a_killed_cli_made_without_recording_it_is_recognised(
    bench: GreenStack, admin: Kubectl
) -> None:
    """As in checkpoint-5: pending creates, of which some happened."""
    bench.up(bench.plan())
    unmarked = {"name": "a", "namespace": bench.namespace}
    one = bench.object("v1", "ConfigMap", unmarked, data={"x": "1"})
    other = replace(one, name="b", inputs={**one.inputs, "metadata": {**unmarked, "name": "b"}})
    admin("create", "--field-manager=pulumi-kubernetes", "-f", "-", stdin=json.dumps(one.inputs))
    plan = bench.plan(one, other)
    _pending(bench, plan, one, other)
    assert ops(bench.up(plan)) == {
        f"ConfigMap/{bench.namespace}/a": Op.CREATE,
        f"ConfigMap/{bench.namespace}/b": Op.CREATE,
    }
    assert live(admin, bench, "b")["data"] == {"x": "1"}
    checkpoint = bench.backend.load("dev.green")
    assert checkpoint is not None
    assert checkpoint.pending == ()
    assert bench.up(plan).changes == ()


def test_what_a_killed_run_made_and_nobody_wants_any_more_is_deleted(
    bench: GreenStack, admin: Kubectl
) -> None:
    bench.up(bench.plan())
    one, other = bench.config_map("a", x="1"), bench.config_map("b", x="1")
    admin("create", "--field-manager=mto", "-f", "-", stdin=json.dumps(one.inputs))
    _pending(bench, bench.plan(one, other), one, other)
    assert bench.up(bench.plan()).ok
    assert admin("-n", bench.namespace, "get", "configmap", "a").code == 1
    checkpoint = bench.backend.load("dev.green")
    assert checkpoint is not None
    assert checkpoint.pending == ()


def _pending(bench: GreenStack, plan: Plan, *begun: Resource) -> None:
    checkpoint = bench.backend.load("dev.green") or Checkpoint("dev.green")
    provider = next(one for one in checkpoint.resources if one.type == PROVIDER)
    operations = tuple(
        PendingOperation(
            ResourceState(
                plan.urn(one.key),
                one.type,
                inputs=one.inputs,
                parent=plan.urn(COMPONENT),
                provider=f"{provider.urn}::{provider.id}",
            ),
            Operation.CREATING,
        )
        for one in begun
    )
    bench.backend.save(replace(checkpoint, pending=operations))
