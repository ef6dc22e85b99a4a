"""The rules by which the CLI judges a checkpoint, and the order that satisfies them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.state.checkpoint import Checkpoint, ResourceState, parse
from mto.state.errors import StateInvalid
from mto.state.integrity import ordered, verify

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "checkpoints").glob("*.json"))
KILLED = parse(
    next(path for path in FIXTURES if "killed" in path.name).read_bytes(), source="killed"
)


def urn(name: str) -> str:
    return f"urn:pulumi:dev::mto::t::{name}"


def resource(name: str, **fields: str | tuple[str, ...]) -> ResourceState:
    return replace(ResourceState(urn(name), "t"), **fields)  # type: ignore[arg-type]


PROVIDER = ResourceState(urn("cluster"), "pulumi:providers:kubernetes", id="1")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_the_cli_wrote_holds_together_and_keeps_its_order(path: Path) -> None:
    checkpoint = parse(path.read_bytes(), source=path.name)

    verify(checkpoint)
    assert ordered(checkpoint.resources, stack="dev.blue") == checkpoint.resources


@given(st.permutations(KILLED.resources))
def test_any_order_can_be_put_right(shuffled: list[ResourceState]) -> None:
    again = ordered(shuffled, stack="dev.blue")

    verify(replace(KILLED, resources=again))
    assert sorted(one.urn for one in again) == sorted(one.urn for one in KILLED.resources)


A, B = resource("a"), resource("b")


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        pytest.param(
            (resource("b", parent=urn("a")),),
            f"{urn('b')} names the parent {urn('a')}, which does not stand before it",
            id="dangling parent",
        ),
        pytest.param(
            (resource("b", dependencies=(urn("a"),)), A),
            f"{urn('b')} names the dependency {urn('a')}, which does not stand before it",
            id="dependency comes later",
        ),
        pytest.param(
            (replace(B, property_dependencies={"spec": [urn("a")]}),),
            f"{urn('b')} names the property dependency {urn('a')}, which does not stand before it",
            id="dangling property dependency",
        ),
        pytest.param(
            (resource("b", deleted_with=urn("a")),),
            f"{urn('b')} names the deletedWith {urn('a')}, which does not stand before it",
            id="dangling deletedWith",
        ),
        pytest.param(
            (PROVIDER, resource("b", provider=f"{PROVIDER.urn}::2")),
            f"{urn('b')} names the provider {PROVIDER.urn}::2, which does not stand before it",
            id="another id of the provider",
        ),
        pytest.param((A, A), f"{urn('a')} occurs 2 times", id="twice"),
        pytest.param(
            (replace(A, custom=False, id="x"),),
            f"{urn('a')} is a component, yet has the id 'x'",
            id="component with an id",
        ),
    ],
)
def test_what_does_not_hold_together_is_named(
    resources: tuple[ResourceState, ...], problem: str
) -> None:
    with pytest.raises(StateInvalid) as caught:
        verify(Checkpoint("dev", resources))
    assert caught.value.problems == (problem,)
    assert str(caught.value) == (
        f"the state of stack 'dev' does not hold together: {problem}; nothing was written. "
        "`mto state repair` mends such a state"
    )


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param((A, replace(A, delete=True), replace(A, delete=True)), id="to be deleted"),
        pytest.param(
            (replace(B, provider=f"{PROVIDER.urn}::1", extra={"pendingReplacement": True}),),
            id="half replaced, its provider gone",
        ),
        pytest.param(
            (PROVIDER, replace(B, provider=f"{PROVIDER.urn}::1")), id="provider by its id"
        ),
    ],
)
def test_what_the_cli_allows_is_allowed(resources: tuple[ResourceState, ...]) -> None:
    verify(Checkpoint("dev", resources))


def test_a_dependant_follows_the_live_resource_not_the_one_to_be_deleted() -> None:
    child = resource("b", dependencies=(urn("a"),))
    old = replace(A, delete=True, id="old")

    assert ordered((old, child, A), stack="dev") == (old, A, child)


def test_a_circle_is_an_error_that_names_it() -> None:
    one = resource("a", dependencies=(urn("b"),))
    two = resource("b", dependencies=(urn("a"),))

    with pytest.raises(StateInvalid) as caught:
        ordered((one, two), stack="dev")
    assert str(caught.value) == (
        "the state of stack 'dev' does not hold together: a circle of dependencies: "
        f"{urn('a')} -> {urn('b')} -> {urn('a')}; nothing was written. "
        "`mto state repair` mends such a state"
    )
