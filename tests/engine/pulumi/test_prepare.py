"""What the CLI is made to keep and to delete: as the direct engine would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mto.engine.port import Op
from mto.engine.pulumi.prepare import Prepared, prepared
from mto.plan.labels import marks
from mto.plan.resource import Key, Plan, Resource
from mto.state.checkpoint import Checkpoint, ResourceState

ROOT = "urn:pulumi:dev.blue::mto::"
SPACE = f"{ROOT}kubernetes:core/v1:Namespace::blue-dev"
QUOTA = f"{ROOT}kubernetes:core/v1:ResourceQuota::blue-dev/quota"
BUCKET = f"{ROOT}aws:s3/bucket:Bucket::data"


def recorded(urn: str, *, marked: bool = True, **options: Any) -> ResourceState:
    kind, name = urn.split("::")[2:]
    metadata: dict[str, Any] = {"name": name.split("/")[-1]}
    metadata |= {"namespace": "blue-dev"} if "/" in name else {}
    metadata |= {"labels": marks("blue")} if marked else {}
    manifest = {"apiVersion": "v1", "kind": kind.rsplit(":")[-1], "metadata": metadata}
    return ResourceState(urn, kind, inputs=manifest, **options)


def decided(plan: Plan, *states: ResourceState) -> Prepared:
    return prepared(plan, Checkpoint("dev.blue", states), reveal=lambda value: value)


def released(*names: str) -> Plan:
    keys = frozenset(Key("kubernetes:core/v1:Namespace", name) for name in names)
    return replace(
        Plan("dev.blue"), releases=keys, resources=(Resource("mto:tenancy:Tenant", "blue"),)
    )


def test_a_released_namespace_goes_with_all_that_is_in_it() -> None:
    ready = decided(released("blue-dev"), recorded(SPACE, retain_on_delete=True), recorded(QUOTA))
    space, quota = ready.checkpoint.resources
    assert not space.retain_on_delete
    assert quota.deleted_with == SPACE
    assert ready.steps[QUOTA].deleted_with == SPACE


def test_a_namespace_that_nobody_released_is_left_and_what_is_ours_in_it_goes() -> None:
    ready = decided(released(), recorded(SPACE), recorded(QUOTA, deleted_with=SPACE))
    space, quota = ready.checkpoint.resources
    assert space.retain_on_delete
    assert (quota.deleted_with, quota.retain_on_delete) == ("", False)
    assert ready.steps[SPACE].op is Op.FORGET


def test_what_users_added_is_left_as_it_is() -> None:
    theirs = recorded(SPACE, marked=False)
    bucket = ResourceState(BUCKET, "aws:s3/bucket:Bucket", retain_on_delete=True)
    ready = decided(released(), theirs, bucket)
    assert ready.checkpoint.resources == (theirs, bucket)
    assert BUCKET not in ready.steps


def test_a_record_that_says_so_already_is_not_written_again() -> None:
    checkpoint = Checkpoint("dev.blue", (recorded(SPACE, retain_on_delete=True), recorded(QUOTA)))
    ready = prepared(released(), checkpoint, reveal=lambda value: value)
    assert ready.checkpoint is checkpoint
