"""Mending a record that does not hold together, without asking the cluster: pure.

As ``pulumi state repair`` does, the order is restored and references to what isn't there are
dropped. Besides, entries that stand twice become one, a missing provider is recorded again, circles
are opened, and pending operations on nothing go. What is recorded of an object is never changed,
and no URN is (the CLI rewrites those of orphans): the next update writes the missing references
again, from the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mto.state.checkpoint import Checkpoint, Operation, PendingOperation, ResourceState
from mto.state.errors import StateBroken
from mto.state.integrity import circle, ordered, problems

_PROVIDERS = "pulumi:providers:"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Repair:
    """``done`` are sentences, one for each thing that was changed; none: nothing was wrong."""

    checkpoint: Checkpoint
    done: tuple[str, ...] = ()


def repaired(checkpoint: Checkpoint) -> Repair:
    """Raises StateBroken where that is not enough; nothing is half mended then."""
    done: list[str] = []
    tell = done.append
    states = _once(checkpoint.resources, tell)
    states = tuple(_without_an_id(one, tell) for one in states)
    states = _with_providers(states, tell)
    states = tuple(_without_dangling(one, _known(states), tell) for one in states)
    states = _in_order(states, checkpoint.stack, tell)
    pending = tuple(_meaningful(checkpoint.pending, states, tell))
    mended = replace(checkpoint, resources=states, pending=pending)
    if left := problems(mended):
        raise StateBroken(checkpoint.stack, left)
    return Repair(mended, tuple(done))


def _once(states: tuple[ResourceState, ...], tell: Tell) -> tuple[ResourceState, ...]:
    """Of several live entries of a URN the last one stays: it was written last."""
    last = {one.urn: index for index, one in enumerate(states) if not one.delete}
    kept = []
    for index, one in enumerate(states):
        if one.delete or last[one.urn] == index:
            kept.append(one)
        else:
            tell(f"{one.urn} stands twice: the earlier entry, with the id {one.id!r}, is dropped")
    return tuple(kept)


def _without_an_id(one: ResourceState, tell: Tell) -> ResourceState:
    if one.custom or not one.id:
        return one
    tell(f"{one.urn} is a component: its id {one.id!r} is dropped")
    return replace(one, id="")


def _with_providers(states: tuple[ResourceState, ...], tell: Tell) -> tuple[ResourceState, ...]:
    """A missing one is replaced by another of its type, or recorded anew."""
    providers = {_reference(one): one for one in states if one.type.startswith(_PROVIDERS)}
    made: list[ResourceState] = []
    kept: list[ResourceState] = []
    for one in states:
        if not one.provider or one.provider in providers or one.extra.get("pendingReplacement"):
            kept.append(one)
            continue
        wanted = _provider(one.provider)
        same = [each for each in providers.values() if each.type == wanted.type]
        if not same:
            tell(
                f"the provider {one.provider} is missing: it is recorded again, without settings, "
                "which `mto up` writes"
            )
            providers[one.provider] = wanted
            made.append(wanted)
            kept.append(one)
            continue
        tell(
            f"{one.urn} names the provider {one.provider}, which is missing: it gets {same[0].urn}"
        )
        kept.append(replace(one, provider=_reference(same[0])))
    return (*made, *kept)


def _reference(provider: ResourceState) -> str:
    return f"{provider.urn}::{provider.id}"


def _provider(reference: str) -> ResourceState:
    """A provider of which nothing but ``<urn>::<id>`` is known."""
    urn, _, identity = reference.rpartition("::")
    kind = urn.split("::")[2].rpartition("$")[2]
    return ResourceState(urn, kind, id=identity)


def _known(states: Iterable[ResourceState]) -> frozenset[str]:
    return frozenset(one.urn for one in states)


def _without_dangling(one: ResourceState, known: frozenset[str], tell: Tell) -> ResourceState:
    def there(role: str, urn: str) -> bool:
        if urn in known:
            return True
        tell(f"{one.urn} names the {role} {urn}, which is missing: it no longer does")
        return False

    properties = {
        key: [urn for urn in urns if there("property dependency", urn)]
        for key, urns in one.property_dependencies.items()
    }
    return replace(
        one,
        parent=one.parent if one.parent and there("parent", one.parent) else "",
        dependencies=tuple(urn for urn in one.dependencies if there("dependency", urn)),
        property_dependencies=_same(one.property_dependencies, properties),
        deleted_with=(
            one.deleted_with if one.deleted_with and there("deletedWith", one.deleted_with) else ""
        ),
    )


def _same(
    before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> Mapping[str, list[str]]:
    """Empty lists go only where something was dropped."""
    return before if before == after else {key: urns for key, urns in after.items() if urns}


def _in_order(
    states: tuple[ResourceState, ...], stack: str, tell: Tell
) -> tuple[ResourceState, ...]:
    while found := circle(states):
        opened = tuple(_independent(one) if one.urn in found else one for one in states)
        told = f"a circle of dependencies: {' -> '.join(found)}"
        if opened == states:  # of parents, or of what is deleted along: no order of theirs is right
            raise StateBroken(stack, [told])
        tell(f"{told}; these no longer name dependencies")
        states = opened
    right = ordered(states, stack=stack)
    if [one.urn for one in right] != [one.urn for one in states]:
        tell("resources stood before what they name: they are put in order")
    return right


def _independent(one: ResourceState) -> ResourceState:
    return replace(one, dependencies=(), property_dependencies={})


def _meaningful(
    pending: Iterable[PendingOperation], states: Iterable[ResourceState], tell: Tell
) -> Iterator[PendingOperation]:
    """A creation may have happened, so `mto up` must hear of it; all others need a resource."""
    known = _known(states)
    seen: set[tuple[str, Operation]] = set()
    for one in pending:
        what = one.resource.urn, one.type
        if what in seen:
            tell(f"{one.resource.urn} is pending twice ({one.type}): once is enough")
        elif one.type is not Operation.CREATING and one.resource.urn not in known:
            tell(f"{one.resource.urn} is pending ({one.type}) and not recorded: it is dropped")
        else:
            yield one
        seen.add(what)
