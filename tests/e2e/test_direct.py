"""The direct engine against a real API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.engine.direct.engine import DirectEngine, Vault
from mto.engine.port import Op, Result
from mto.local.cluster import Cluster as ControlPlane
from mto.plan.resource import PROVIDER, Key, Plan, Resource, kubernetes_type
from mto.state.backend import FileBackend
from mto.state.checkpoint import Checkpoint, Operation, PendingOperation, ResourceState
from tests.support import blue
from tests.support.kubectl import Kubectl, KubectlAs

T = TypeVar("T")
COMPONENT = Key("mto:tenancy:Tenant", "green")
MARKS = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "green"}


@dataclass
class Bench:
    """One stack in a state of its own, in a namespace of its own."""

    plane: ControlPlane
    backend: FileBackend
    namespace: str

    def run(self, work: Callable[[DirectEngine], Awaitable[T]], **options: Any) -> T:
        async def inside() -> T:
            connection = load(self.plane.kubeconfig, None, current=True)
            async with Cluster(connection) as cluster:
                vault = Vault(blue.PASSPHRASE)
                return await work(DirectEngine(cluster, self.backend, vault=vault, **options))

        return asyncio.run(inside())

    def up(self, plan: Plan) -> Result:
        return self.run(lambda engine: engine.up(plan, deadline=60, watch=lambda _: None))

    def destroy(self, **options: Any) -> Result:
        return self.run(
            lambda engine: engine.destroy(
                "dev.green", deadline=60, watch=lambda _: None, dry_run=False
            ),
            **options,
        )

    def plan(self, *objects: Resource, retain: bool = False) -> Plan:
        provider = Resource(PROVIDER, "cluster", {"kubeconfig": "/etc/mto/kubeconfig"})
        namespace = self.object(
            "v1", "Namespace", {"name": self.namespace, "labels": MARKS}, retain_on_delete=retain
        )
        return Plan("dev.green", (provider, Resource(*COMPONENT), namespace, *objects))

    def object(
        self, api_version: str, kind: str, metadata: dict[str, Any], **rest: Any
    ) -> Resource:
        options = {key: rest.pop(key) for key in ("retain_on_delete",) if key in rest}
        manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
        return Resource(
            kubernetes_type(api_version, kind), metadata["name"], manifest, COMPONENT, **options
        )

    def config_map(self, name: str, labels: dict[str, str] | None = None, **data: str) -> Resource:
        metadata = {
            "name": name,
            "namespace": self.namespace,
            "labels": MARKS | (labels or {}),
        }
        one = self.object("v1", "ConfigMap", metadata, data=data)
        inside = (Key(kubernetes_type("v1", "Namespace"), self.namespace),)
        return replace(one, depends_on=inside)


@pytest.fixture
def bench(control_plane: ControlPlane, tmp_path: Path) -> Bench:
    backend = FileBackend(f"file://{tmp_path}")
    return Bench(control_plane, backend, f"green-{uuid4().hex[:8]}")


@pytest.fixture
def admin(kubectl: KubectlAs) -> Kubectl:
    return kubectl()


def ops(result: Result) -> dict[str, Op]:
    return {one.object: one.op for one in result.changes if "kubernetes:" in one.urn}


def live(admin: Kubectl, bench: Bench, name: str) -> dict[str, Any]:
    answer = admin(
        "-n", bench.namespace, "get", "configmap", name, "-o", "json", "--show-managed-fields"
    )
    assert answer.code == 0, answer.stderr
    found: dict[str, Any] = answer.json
    return found


def test_what_is_made_belongs_to_one_apply_manager_and_dropped_fields_go(
    bench: Bench, admin: Kubectl
) -> None:
    assert bench.up(bench.plan(bench.config_map("a", {"colour": "red"}, x="1", y="2"))).ok
    (entry,) = live(admin, bench, "a")["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("mto", "Apply")
    result = bench.up(bench.plan(bench.config_map("a", x="1")))
    assert ops(result) == {f"ConfigMap/{bench.namespace}/a": Op.UPDATE}
    after = live(admin, bench, "a")
    assert after["data"] == {"x": "1"}
    assert "colour" not in after["metadata"]["labels"]


def test_an_update_that_changes_nothing_writes_nothing(bench: Bench, admin: Kubectl) -> None:
    plan = bench.plan(bench.config_map("a", x="1"))
    bench.up(plan)
    state = next(Path(bench.backend.root).rglob("dev.green.json"))
    before = (state.read_bytes(), live(admin, bench, "a")["metadata"]["resourceVersion"])
    assert bench.up(plan).changes == ()
    assert (state.read_bytes(), live(admin, bench, "a")["metadata"]["resourceVersion"]) == before


def test_a_foreign_object_is_never_taken_over(bench: Bench, admin: Kubectl) -> None:
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


def test_an_object_that_its_owner_hands_over_is_adopted(bench: Bench, admin: Kubectl) -> None:
    bench.up(bench.plan())
    admin("-n", bench.namespace, "create", "configmap", "a", "--from-literal=x=0")
    admin("-n", bench.namespace, "annotate", "configmap", "a", "mto.stakater.com/adopt=true")
    assert bench.up(bench.plan(bench.config_map("a", x="1"))).ok
    assert live(admin, bench, "a")["data"] == {"x": "1"}


def test_an_object_of_another_tenant_is_refused_although_it_is_marked_as_ours(
    bench: Bench, admin: Kubectl
) -> None:
    bench.up(bench.plan())
    admin("-n", bench.namespace, "create", "configmap", "a")
    labels = ("mto.stakater.com/managed=true", "stakater.com/tenant=red")
    admin("-n", bench.namespace, "label", "configmap", "a", *labels)
    (failure,) = bench.up(bench.plan(bench.config_map("a", x="1"))).failures
    assert "it belongs to tenant 'red'" in failure.message


def test_after_a_lost_state_what_is_ours_is_found_again(bench: Bench, admin: Kubectl) -> None:
    plan = bench.plan(bench.config_map("a", x="1"))
    bench.up(plan)
    uid = live(admin, bench, "a")["metadata"]["uid"]
    bench.backend.remove("dev.green")
    assert bench.up(plan).ok
    assert live(admin, bench, "a")["metadata"]["uid"] == uid
    assert bench.up(plan).changes == ()


def test_an_object_deleted_and_made_again_by_somebody_is_not_overwritten(
    bench: Bench, admin: Kubectl
) -> None:
    bench.up(bench.plan(bench.config_map("a", x="1")))
    admin("-n", bench.namespace, "delete", "configmap", "a")
    admin("-n", bench.namespace, "create", "configmap", "a", "--from-literal=theirs=1")
    (failure,) = bench.up(bench.plan(bench.config_map("a", x="2"))).failures
    assert "is not MTO's" in failure.message
    assert bench.up(bench.plan()).ok
    assert live(admin, bench, "a")["data"] == {"theirs": "1"}


def test_an_object_deleted_by_somebody_is_made_again_by_an_update(
    bench: Bench, admin: Kubectl
) -> None:
    bench.up(bench.plan(bench.config_map("a", x="1")))
    admin("-n", bench.namespace, "delete", "configmap", "a")
    assert bench.up(bench.plan(bench.config_map("a", x="2"))).ok
    assert live(admin, bench, "a")["data"] == {"x": "2"}


def test_fields_that_the_cli_made_are_removed_as_well_when_they_are_dropped(
    bench: Bench, admin: Kubectl
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
    bench: Bench, admin: Kubectl
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
    bench: Bench, admin: Kubectl
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


def _pending(bench: Bench, plan: Plan, *begun: Resource) -> None:
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


def test_drift_is_shown_by_a_refresh_and_undone_by_the_update_after_it(
    bench: Bench, admin: Kubectl
) -> None:
    plan = bench.plan(bench.config_map("a", x="1"), bench.config_map("b", x="1"))
    bench.up(plan)
    admin("-n", bench.namespace, "delete", "configmap", "a")
    patch = '{"data":{"x":"9","theirs":"1"}}'
    admin("-n", bench.namespace, "patch", "configmap", "b", "-p", patch)
    seen = bench.run(lambda engine: engine.refresh("dev.green", deadline=60, dry_run=False))
    assert ops(seen) == {
        f"ConfigMap/{bench.namespace}/a": Op.DELETE,
        f"ConfigMap/{bench.namespace}/b": Op.UPDATE,
    }
    (edited,) = (one for one in seen.changes if one.op is Op.UPDATE)
    assert [str(change) for change in edited.changes] == ["~ data.x: 1 → 9"]
    assert ops(bench.up(plan)) == {
        f"ConfigMap/{bench.namespace}/a": Op.CREATE,
        f"ConfigMap/{bench.namespace}/b": Op.UPDATE,
    }
    assert live(admin, bench, "a")["data"] == {"x": "1"}
    assert live(admin, bench, "b")["data"] == {"x": "1", "theirs": "1"}


def test_destroying_leaves_a_retained_namespace_and_nothing_else(
    bench: Bench, admin: Kubectl
) -> None:
    bench.up(bench.plan(bench.config_map("a", x="1"), retain=True))
    result = bench.destroy()
    assert result.ok
    assert ops(result)[f"Namespace/{bench.namespace}"] is Op.FORGET
    assert admin("get", "namespace", bench.namespace).code == 0
    assert admin("-n", bench.namespace, "get", "configmap", "a").code == 1
    assert bench.backend.stacks() == []


def test_a_stuck_namespace_is_reported_with_what_holds_it_and_finished_by_the_next_run(
    bench: Bench, admin: Kubectl
) -> None:
    bench.up(bench.plan())
    held = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "held",
            "namespace": bench.namespace,
            "finalizers": ["example.org/hold"],
        },
    }
    admin("create", "-f", "-", stdin=json.dumps(held))
    result = bench.destroy(gone_within=12)
    (failure,) = (one for one in result.failures if not one.skipped)
    assert "still there after 12 s" in failure.message
    assert "example.org/hold" in failure.message
    assert bench.backend.stacks() == ["dev.green"]
    release = '{"metadata":{"finalizers":null}}'
    admin("-n", bench.namespace, "patch", "configmap", "held", "--type=merge", "-p", release)
    assert bench.destroy().ok
    assert bench.backend.stacks() == []
