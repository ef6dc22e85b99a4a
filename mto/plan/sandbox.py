"""Whose sandboxes a tenant has: its users, and the members of its groups as far as they are known.

What nobody says is not an answer: of a group whose members nobody names (any more), whoever has a
sandbox through it keeps that. Only a source that names the group takes somebody out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mto.plan.labels import SANDBOX_OF, SANDBOX_THROUGH
from mto.plan.observed import Observed
from mto.spec.groups import Groups
from mto.spec.names import declared_names, sandbox_name, sandbox_people
from mto.spec.origin import Declared
from mto.spec.tenant import Role, Tenant


@dataclass(frozen=True)
class Person:
    """Somebody who is to have a sandbox, and why; ``group`` is the one that it is through."""

    name: str
    namespace: str
    because: str
    group: str | None = None


@dataclass(frozen=True)
class People:
    """``left_out`` says, as sentences, who of the groups gets no sandbox."""

    persons: tuple[Person, ...] = ()
    left_out: tuple[str, ...] = ()


def people(declared: Declared[Tenant], groups: Groups, observed: Observed) -> People:
    """Users first, so that a group never takes a name or a place from them."""
    tenant, spec = declared.value, declared.value.spec.namespaces
    if not spec.sandboxes.enabled:
        return People()
    found = {one.name: one for one in _users(declared)}
    taken = {one.namespace: f"the sandbox of {one.name!r}" for one in found.values()}
    taken |= dict.fromkeys(declared_names(tenant), "declared")
    left_out = []
    for one in _members(declared, groups, observed):
        if one.name in found:
            continue
        if one.namespace in taken:
            left_out.append(_clash(one, taken[one.namespace]))
        elif spec.limit is not None and len(taken) >= spec.limit:
            left_out.append(_full(one, tenant, spec.limit))
        else:
            found[one.name] = one
            taken[one.namespace] = f"the sandbox of {one.name!r}"
    return People(tuple(found.values()), tuple(left_out))


def group_names(tenant: Tenant) -> tuple[str, ...]:
    """Groups whose members should have sandboxes."""
    if not tenant.spec.namespaces.sandboxes.enabled:
        return ()
    return tuple(group for _, _, group in _groups(tenant))


def untold(tenant: Tenant, groups: Groups) -> str:
    """A sentence about groups of which nobody says who is in them; empty where there are none."""
    lacking = [one for one in group_names(tenant) if one not in groups.known]
    if not lacking:
        return ""
    names = ", ".join(map(repr, lacking))
    if groups.problem:
        return (
            f"members of groups can't be read from {groups.source}: {groups.problem}; of {names} "
            "those stay who have a sandbox already"
        )
    if not groups.source:
        return (
            f"no source says who is in {names}: their members get no sandboxes; set "
            "accessControl.members in the IntegrationConfig, or mto:members in the stack"
        )
    return (
        f"{groups.source} does not name {names}: their members get no sandboxes, and those stay "
        "who have one already"
    )


def _groups(tenant: Tenant) -> Iterator[tuple[Role, int, str]]:
    """Each once, in its strongest role."""
    seen: set[str] = set()
    for role, members in tenant.roles():
        if role != "viewer":
            for position, group in enumerate(members.groups):
                if group not in seen:
                    seen.add(group)
                    yield role, position, group


def _users(declared: Declared[Tenant]) -> Iterator[Person]:
    seen: set[str] = set()
    for role, position, person in sandbox_people(declared.value):
        if person not in seen:
            seen.add(person)
            because = declared.origin.at("spec", "accessControl", f"{role}s", "users", position)
            namespace = sandbox_name(declared.value.name, person)
            yield Person(person, namespace, f"{because}, sandboxes enabled")


def _members(declared: Declared[Tenant], groups: Groups, observed: Observed) -> Iterator[Person]:
    tenant = declared.value
    for role, position, group in _groups(tenant):
        because = declared.origin.at("spec", "accessControl", f"{role}s", "groups", position)
        known = groups.known.get(group)
        told = f"in which {groups.source} has them" if known is not None else "as it was known last"
        for person in _had(group, observed) if known is None else known:
            namespace = sandbox_name(tenant.name, person)
            yield Person(
                person, namespace, f"{because} ({group}, {told}), sandboxes enabled", group
            )


def _had(group: str, observed: Observed) -> Iterator[str]:
    """Those who have a sandbox through this group."""
    for _, live in sorted(observed.namespaces.items()):
        through = live.annotations.get(SANDBOX_THROUGH)
        there = live.managed and not live.terminating and SANDBOX_OF in live.annotations
        if there and through == group:
            yield live.annotations[SANDBOX_OF]


def _clash(one: Person, taken: str) -> str:
    return (
        f"{one.name!r} of group {one.group!r} gets no sandbox: it would be {one.namespace!r}, "
        f"which is {taken}"
    )


def _full(one: Person, tenant: Tenant, limit: int) -> str:
    return (
        f"{one.name!r} of group {one.group!r} gets no sandbox: tenant {tenant.name!r} may have "
        f"{limit} namespaces"
    )
