"""What is mended in a record, what is said of it, and what is left to people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mto.state.checkpoint import Checkpoint, Operation, PendingOperation, ResourceState, parse
from mto.state.errors import StateBroken
from mto.state.integrity import verify
from mto.state.repair import repaired

FIXTURES = Path(__file__).parents[1] / "fixtures" / "checkpoints"
BLUE = parse((FIXTURES / "checkpoint-2-updated.json").read_bytes(), source="fixture")
ROOT, TENANT, PROVIDER = (one.urn for one in BLUE.resources[:3])
NAMESPACE = next(one.urn for one in BLUE.resources if one.type == "kubernetes:core/v1:Namespace")
QUOTA = next(one.urn for one in BLUE.resources if one.urn.endswith("ResourceQuota::blue-dev/quota"))
REFERENCE = f"{PROVIDER}::{BLUE.by_urn[PROVIDER].id}"


def changed(urn: str, **fields: object) -> Checkpoint:
    states = (replace(one, **fields) if one.urn == urn else one for one in BLUE.resources)  # type: ignore[arg-type]
    return replace(BLUE, resources=tuple(states))


def without(urn: str) -> Checkpoint:
    return replace(BLUE, resources=tuple(one for one in BLUE.resources if one.urn != urn))


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_a_state_that_holds_together_is_left_as_it_is(path: Path) -> None:
    checkpoint = parse(path.read_bytes(), source="fixture")

    repair = repaired(checkpoint)

    assert repair.checkpoint == checkpoint
    assert repair.done == ()


def test_order_is_restored() -> None:
    repair = repaired(replace(BLUE, resources=BLUE.resources[::-1]))

    verify(repair.checkpoint)
    assert {one.urn: one for one in repair.checkpoint.resources} == BLUE.by_urn
    assert repair.done == ("resources stood before what they name: they are put in order",)


def test_a_missing_parent_is_no_longer_named_and_the_urn_stays() -> None:
    repair = repaired(without(TENANT))

    assert repair.checkpoint.by_urn[NAMESPACE].parent == ""
    said = f"{NAMESPACE} names the parent {TENANT}, which is missing: it no longer does"
    assert said in repair.done


def test_missing_dependencies_of_every_kind_are_no_longer_named() -> None:
    gone = f"{ROOT}-gone"
    repair = repaired(
        changed(
            QUOTA,
            dependencies=(gone, NAMESPACE),
            property_dependencies={"spec": [gone], "metadata": [gone, NAMESPACE], "kind": []},
            deleted_with=gone,
        )
    )

    quota = repair.checkpoint.by_urn[QUOTA]
    assert quota.dependencies == (NAMESPACE,)
    assert quota.property_dependencies == {"metadata": [NAMESPACE]}
    assert quota.deleted_with == ""
    assert repair.done == tuple(
        f"{QUOTA} names the {role} {gone}, which is missing: it no longer does"
        for role in ("property dependency", "property dependency", "dependency", "deletedWith")
    )


def test_of_an_entry_that_stands_twice_the_later_stays() -> None:
    earlier = replace(BLUE.by_urn[QUOTA], id="blue-dev/old", inputs={})
    repair = repaired(replace(BLUE, resources=(*BLUE.resources[:4], earlier, *BLUE.resources[4:])))

    assert repair.checkpoint == BLUE
    assert repair.done == (
        f"{QUOTA} stands twice: the earlier entry, with the id 'blue-dev/old', is dropped",
    )


def test_the_half_of_a_replacement_that_is_to_be_deleted_stays() -> None:
    old = replace(BLUE.by_urn[QUOTA], delete=True)
    both = replace(BLUE, resources=(*BLUE.resources, old))

    assert repaired(both).checkpoint == both


def test_a_component_has_no_id() -> None:
    repair = repaired(changed(TENANT, id="x"))

    assert repair.checkpoint == BLUE
    assert repair.done == (f"{TENANT} is a component: its id 'x' is dropped",)


def test_a_missing_provider_is_recorded_again() -> None:
    repair = repaired(without(PROVIDER))

    assert repair.checkpoint.by_urn[PROVIDER] == ResourceState(
        PROVIDER, "pulumi:providers:kubernetes", id=BLUE.by_urn[PROVIDER].id
    )
    assert repair.done[0] == (
        f"the provider {REFERENCE} is missing: it is recorded again, without settings, which "
        "`mto up` writes"
    )


def test_where_there_is_another_provider_of_the_type_it_takes_over() -> None:
    repair = repaired(changed(QUOTA, provider=f"{PROVIDER}-old::1"))

    assert repair.checkpoint == BLUE
    assert repair.done == (
        f"{QUOTA} names the provider {PROVIDER}-old::1, which is missing: it gets {PROVIDER}",
    )


def test_a_circle_of_dependencies_is_opened() -> None:
    circle = changed(NAMESPACE, dependencies=(QUOTA,)).resources
    circle = tuple(
        replace(one, dependencies=(NAMESPACE,)) if one.urn == QUOTA else one for one in circle
    )
    repair = repaired(replace(BLUE, resources=circle))

    verify(repair.checkpoint)
    assert repair.done[0] == (
        f"a circle of dependencies: {NAMESPACE} -> {QUOTA} -> {NAMESPACE}; these no longer name "
        "dependencies"
    )
    assert repair.checkpoint.by_urn.keys() == BLUE.by_urn.keys()


def test_a_circle_of_parents_is_left_to_people() -> None:
    with pytest.raises(StateBroken) as caught:
        repaired(changed(TENANT, parent=NAMESPACE))
    assert str(caught.value) == (
        f"the state of stack 'dev.blue' can't be repaired: a circle of dependencies: {NAMESPACE} "
        f"-> {TENANT} -> {NAMESPACE}; nothing was written. `mto state backups` lists what `mto "
        "state restore` can bring back; or delete the stack's record and run `mto up`, which finds "
        "again what is declared"
    )


def pending(operation: Operation, urn: str) -> PendingOperation:
    return PendingOperation(ResourceState(urn, "kubernetes:core/v1:ConfigMap"), operation)


def test_of_what_is_pending_only_what_can_mean_something_stays() -> None:
    gone = f"{ROOT}-gone"
    created, updated = pending(Operation.CREATING, gone), pending(Operation.UPDATING, QUOTA)
    repair = repaired(
        replace(BLUE, pending=(created, created, updated, pending(Operation.DELETING, gone)))
    )

    assert repair.checkpoint.pending == (created, updated)
    assert repair.done == (
        f"{gone} is pending twice (creating): once is enough",
        f"{gone} is pending (deleting) and not recorded: it is dropped",
    )


@settings(max_examples=200, deadline=None)
@given(
    order=st.permutations(range(len(BLUE.resources))),
    lost=st.sets(st.integers(0, len(BLUE.resources) - 1), max_size=4),
    doubled=st.sets(st.integers(0, len(BLUE.resources) - 1), max_size=3),
    crossed=st.lists(st.tuples(*[st.integers(0, len(BLUE.resources) - 1)] * 2), max_size=4),
)
def test_whatever_was_shuffled_lost_doubled_or_tied_in_a_circle_holds_together_afterwards(
    *,
    order: list[int],
    lost: set[int],
    doubled: set[int],
    crossed: list[tuple[int, int]],
) -> None:
    states = list(BLUE.resources)
    for one, other in crossed:
        more = (*states[one].dependencies, BLUE.resources[other].urn)
        states[one] = replace(states[one], dependencies=more)
    numbers = [number for number in order if number not in lost]
    mangled = replace(
        BLUE, resources=tuple(states[number] for number in [*numbers, *sorted(doubled - lost)])
    )

    repair = repaired(mangled)

    verify(repair.checkpoint)
    kept = {states[number].urn for number in numbers}
    assert kept <= repair.checkpoint.by_urn.keys() <= kept | {PROVIDER}
    for urn in kept:  # of the objects themselves nothing is changed
        before, after = BLUE.by_urn[urn], repair.checkpoint.by_urn[urn]
        assert (before.id, before.inputs, before.outputs) == (after.id, after.inputs, after.outputs)
    assert repaired(repair.checkpoint).done == ()
