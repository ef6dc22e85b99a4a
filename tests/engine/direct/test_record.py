"""What is recorded after an update, held against what the real CLI wrote and what it would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from mto.engine.direct.diff import Action, actions
from mto.engine.direct.record import Recorder
from mto.engine.port import Op
from mto.plan.resource import PROVIDER, STACK, Plan
from mto.state.checkpoint import Checkpoint, Operation, serialise
from mto.state.integrity import verify
from mto.state.secret import Crypter, Secret, conceal, reveal
from tests.support import blue

UPDATED: dict[str, Any] = {"pods": "11", "owner": "berta@example.org", "extra": True}
FREE = ("outputs", "propertyDependencies", "created", "modified", "additionalSecretOutputs")
NOTHING_DOUBTED: frozenset[str] = frozenset()


def crypter(checkpoint: Checkpoint) -> Crypter:
    provider = blue.checkpoint("1-created").secrets_provider
    return Crypter(provider, settings=blue.PASSPHRASE, stack=checkpoint.stack)


def todo(plan: Plan, checkpoint: Checkpoint) -> tuple[Action, ...]:
    keys = crypter(checkpoint)
    return actions(plan, checkpoint, reveal=lambda value: reveal(value, keys))


def recorder(plan: Plan, checkpoint: Checkpoint, provider_id: str = "some-id") -> Recorder:
    keys = crypter(checkpoint)
    return Recorder(
        plan,
        checkpoint,
        provider_id,
        lambda value, before: conceal(value, keys, before=before),
    )


def ended(plan: Plan, checkpoint: Checkpoint, provider_id: str = "some-id") -> Checkpoint:
    """The record when everything was done."""
    found = todo(plan, checkpoint)
    done = {one.urn: f"uid-{one.step.object}" if one.request else "" for one in found}
    return recorder(plan, checkpoint, provider_id).ended(found, done, doubtful=NOTHING_DOUBTED)


def bound(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    """The part that both engines must agree about, secrets in the clear, dependencies sorted."""
    whole = orjson.loads(serialise(checkpoint))["checkpoint"]["latest"].get("resources", [])
    keys = crypter(checkpoint)
    resources = []
    for one in whole:
        kept = {key: value for key, value in one.items() if key not in FREE}
        if "inputs" in kept:
            kept["inputs"] = _open(reveal(kept["inputs"], keys))
        if "dependencies" in kept:
            kept["dependencies"] = sorted(kept["dependencies"])
        resources.append(kept)
    return sorted(resources, key=lambda one: str(one["urn"]))


def _open(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secret": value.value}
    if isinstance(value, Mapping):
        return {key: _open(one) for key, one in value.items()}
    return value


def provider_id(checkpoint: Checkpoint) -> str:
    return next(one.id for one in checkpoint.resources if one.type == PROVIDER)


# ---- beside the CLI ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "program"),
    [
        pytest.param("0-empty", "1-created", {}, id="a new stack"),
        pytest.param("1-created", "2-updated", UPDATED, id="an update"),
        pytest.param("0-empty", "2-updated", UPDATED, id="all of it at once"),
        pytest.param("3-refreshed-after-drift", "4-repaired", UPDATED, id="a repair"),
        pytest.param("4-repaired", "4-repaired", UPDATED, id="no change"),
    ],
)
def test_the_record_is_the_cli_s_but_for_what_it_is_free_to_say(
    before: str, after: str, program: dict[str, Any]
) -> None:
    wanted = blue.checkpoint(after)
    made = ended(blue.plan(**program), blue.checkpoint(before), provider_id(wanted))
    assert bound(made) == bound(wanted)
    assert made.secrets_provider == blue.checkpoint(before).secrets_provider
    verify(made)


def test_outputs_hold_what_the_cli_needs_to_go_on() -> None:
    made = ended(blue.plan(), blue.checkpoint("0-empty"))
    for one in made.resources:
        if one.type.startswith("kubernetes:"):
            assert one.outputs["__inputs"] == one.inputs
            assert one.outputs["__fieldManager"] == "mto"
            assert one.outputs["metadata"]["uid"].startswith("uid-")


def test_a_secret_is_sealed_and_an_unchanged_one_keeps_its_seal() -> None:
    made = ended(blue.plan(), blue.checkpoint("0-empty"))
    assert b"czNjcjN0" not in serialise(made)
    again = ended(blue.plan(pods="11"), made)
    (old,) = (one.inputs["data"] for one in made.resources if one.name == "blue-dev/pull")
    (new,) = (one.inputs["data"] for one in again.resources if one.name == "blue-dev/pull")
    assert new == old


def test_what_the_cli_wrote_of_its_own_is_kept_where_nothing_changed() -> None:
    before = blue.checkpoint("2-updated")
    made = ended(blue.plan(**UPDATED), before, provider_id(before))
    written = {one.urn: one for one in before.resources}
    for one in made.resources:
        assert one.created == written[one.urn].created
        assert one.property_dependencies == written[one.urn].property_dependencies


def test_a_stack_that_is_as_planned_has_nothing_to_record() -> None:
    before = blue.checkpoint("2-updated")
    same = recorder(blue.plan(**UPDATED), before, provider_id(before))
    assert same.unchanged()
    assert not recorder(blue.plan(), before, provider_id(before)).unchanged()
    renamed = replace(blue.plan(**UPDATED), outputs={"namespaces": []})
    assert not recorder(renamed, before, provider_id(before)).unchanged()


# ---- while it is under way -----------------------------------------------------------------------


def requests(plan: Plan, checkpoint: Checkpoint) -> tuple[Action, ...]:
    return tuple(one for one in todo(plan, checkpoint) if one.request)


def pending(checkpoint: Checkpoint) -> dict[str, Operation]:
    return {one.resource.name: one.type for one in checkpoint.pending}


def test_before_the_first_request_all_that_is_about_to_be_done_is_pending() -> None:
    before = blue.checkpoint("2-updated")
    plan = blue.plan(pods="12", owner="berta@example.org", services=1)
    made = recorder(plan, before, provider_id(before)).begun(requests(plan, before))
    assert pending(made) == {
        "blue-dev/quota": Operation.UPDATING,
        "blue-dev/svc0": Operation.CREATING,
        "blue-dev/extra": Operation.DELETING,
    }
    assert {one.urn for one in made.resources} == {one.urn for one in before.resources}
    verify(made)


def test_a_new_stack_s_pending_objects_have_a_provider_to_refer_to() -> None:
    empty = Checkpoint("dev.blue", secrets_provider=blue.checkpoint("1-created").secrets_provider)
    made = recorder(blue.plan(), empty).begun(requests(blue.plan(), empty))
    assert [one.type for one in made.resources] == [STACK, PROVIDER, "mto:tenancy:Tenant"]
    assert len(made.pending) == 5
    verify(made)


def test_what_was_not_done_stays_as_it_was_recorded() -> None:
    before = blue.checkpoint("1-created")
    plan = blue.plan(**UPDATED)
    found = todo(plan, before)
    done = {one.urn: "" for one in found if not one.request}
    made = recorder(plan, before, provider_id(before)).ended(found, done, doubtful=NOTHING_DOUBTED)
    written = {one.urn: one for one in made.resources}
    for one in before.resources:
        if one.type.startswith("kubernetes:"):
            assert written[one.urn].inputs == one.inputs
    assert not any(one.name == "blue-dev/extra" for one in made.resources)
    assert made.pending == ()


def test_what_may_have_been_done_all_the_same_stays_pending() -> None:
    before = blue.checkpoint("1-created")
    plan = blue.plan(extra=True)
    found = todo(plan, before)
    (extra,) = (one for one in found if one.step.op is Op.CREATE)
    done = {one.urn: "" for one in found if one is not extra}
    made = recorder(plan, before, provider_id(before)).ended(
        found, done, doubtful=frozenset({extra.urn})
    )
    assert pending(made) == {"blue-dev/extra": Operation.CREATING}


def test_what_a_killed_run_began_and_this_one_did_not_get_to_stays_pending() -> None:
    before = blue.checkpoint("5-killed")
    plan = blue.plan(pods="12", owner="berta@example.org", services=16)
    found = todo(plan, before)
    made = recorder(plan, before, provider_id(before)).ended(found, {}, doubtful=NOTHING_DOUBTED)
    assert pending(made) == pending(before)
    objects = {one.urn for one in before.resources if one.type.startswith("kubernetes:")}
    assert objects <= {one.urn for one in made.resources}


def test_when_all_is_gone_nothing_is_recorded() -> None:
    before = blue.checkpoint("2-updated")
    made = ended(Plan("dev.blue"), before)
    assert made.resources == ()
    assert made.pending == ()
