"""Whether a checkpoint's resources hold together, by the rules that the CLI checks when it reads.

Whatever a resource names (its parent, provider, dependencies, the one it is deleted with) must
stand before it in the list, and a URN may occur again only where the others are to be deleted.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from mto.state.checkpoint import Checkpoint, ResourceState
from mto.state.errors import StateInvalid

_PROVIDERS = "pulumi:providers:"


def verify(checkpoint: Checkpoint) -> None:
    """Raise StateInvalid, with every problem in it, unless the CLI would accept the resources."""
    if found := problems(checkpoint):
        raise StateInvalid(checkpoint.stack, found)


def problems(checkpoint: Checkpoint) -> tuple[str, ...]:
    """What is wrong, one sentence each; empty where the CLI would accept the resources."""
    return tuple(_problems(checkpoint.resources))


def ordered(resources: Iterable[ResourceState], *, stack: str) -> tuple[ResourceState, ...]:
    """The same resources, each after all that it names; else in the order given.

    Raises StateInvalid where resources depend on each other in a circle.
    """
    given = tuple(resources)
    sorter = _sorter(given)
    if round_trip := _circle(given, sorter):
        told = f"a circle of dependencies: {' -> '.join(round_trip)}"
        raise StateInvalid(stack, [told])
    return tuple(given[index] for index in _smallest_first(sorter))


def circle(resources: Iterable[ResourceState]) -> tuple[str, ...]:
    """URNs that name each other in a circle, the first of them again at the end; empty: none."""
    given = tuple(resources)
    return _circle(given, _sorter(given))


def _sorter(given: tuple[ResourceState, ...]) -> TopologicalSorter[int]:
    place: dict[str, int] = {}
    for index, one in enumerate(given):
        if not one.delete or one.urn not in place:
            place[one.urn] = index
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, one in enumerate(given):
        sorter.add(index, *(place[urn] for _, urn in _named(one) if urn in place))
    return sorter


def _circle(given: tuple[ResourceState, ...], sorter: TopologicalSorter[int]) -> tuple[str, ...]:
    try:
        sorter.prepare()
    except CycleError as error:
        return tuple(given[index].urn for index in error.args[1])
    return ()


def _smallest_first(sorter: TopologicalSorter[int]) -> Iterator[int]:
    ready: list[int] = []
    while sorter.is_active():
        for index in sorter.get_ready():
            heapq.heappush(ready, index)
        index = heapq.heappop(ready)
        yield index
        sorter.done(index)


def _named(resource: ResourceState) -> Iterator[tuple[str, str]]:
    """Every URN that a resource names, and as what."""
    if resource.parent:
        yield "parent", resource.parent
    if resource.provider:
        yield "provider", resource.provider.rpartition("::")[0]
    for urn in resource.dependencies:
        yield "dependency", urn
    for urns in resource.property_dependencies.values():
        for urn in urns:
            yield "property dependency", urn
    if resource.deleted_with:
        yield "deletedWith", resource.deleted_with


def _problems(resources: tuple[ResourceState, ...]) -> Iterator[str]:
    before: set[str] = set()
    for one in resources:
        if one.id and not one.custom:
            yield f"{one.urn} is a component, yet has the id {one.id!r}"
        for role, name in _missing(one, before):
            yield f"{one.urn} names the {role} {name}, which does not stand before it"
        before.add(one.urn)
        if one.type.startswith(_PROVIDERS):
            before.add(f"{one.urn}::{one.id}")
    live = Counter(one.urn for one in resources if not one.delete)
    yield from (f"{urn} occurs {count} times" for urn, count in live.items() if count > 1)


def _missing(resource: ResourceState, before: set[str]) -> Iterator[tuple[str, str]]:
    for role, urn in _named(resource):
        name = resource.provider if role == "provider" else urn  # that very one, with its id
        if name not in before and not (role == "provider" and _to_be_replaced(resource)):
            yield role, name


def _to_be_replaced(resource: ResourceState) -> bool:
    """The old provider may be gone where only the second half of a replacement is missing."""
    return bool(resource.extra.get("pendingReplacement"))
