"""Full names of namespaces: each belongs to one tenant, fits a label, is not the cluster's own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from typing_extensions import override

from mto.spec.names import (
    declared_names,
    is_system,
    namespace_names,
    nearest,
    sandbox_name,
    sandbox_people,
)
from mto.spec.origin import Declared, Path, once
from mto.spec.problem import Note, Problem
from mto.spec.tenant import Tenant


@dataclass(frozen=True)
class _Claim:
    """A namespace that a tenant asks for. ``person`` is the one a sandbox is for."""

    name: str
    tenant: Declared[Tenant]
    path: Path
    person: str | None = None

    @override
    def __str__(self) -> str:
        tenant = f"tenant {self.tenant.value.name!r}"
        what = f"the sandbox of {self.person!r} in {tenant}" if self.person else tenant
        return f"{what} ({self.tenant.origin.at(*self.path)})"

    def problem(self, message: str) -> Problem:
        return Problem.at(self.tenant.origin, self.path, message)


def check(tenants: Iterable[Declared[Tenant]]) -> Iterator[Problem]:
    taken: dict[str, _Claim] = {}
    declared = tuple(tenants)
    names = {one.value.name for one in declared}
    for tenant in declared:
        for claim in _claims(tenant):
            yield from _nested(claim, names)
            first = taken.setdefault(claim.name, claim)
            if first is not claim:
                yield claim.problem(_clash(claim, first))
        yield from _alone(tenant)


@once
def _claims(tenant: Declared[Tenant]) -> tuple[_Claim, ...]:
    return tuple(_claimed(tenant))


@once
def _alone(tenant: Declared[Tenant]) -> tuple[Problem, ...]:
    claims = _claims(tenant)
    own = {claim.name for claim in claims}
    return (
        *(one for claim in claims for one in _name(claim)),
        *_specific(tenant, own),
        *_limit(tenant),
    )


def _claimed(tenant: Declared[Tenant]) -> Iterator[_Claim]:
    namespaces, name = tenant.value.spec.namespaces, tenant.value.name
    for index, short in enumerate(namespaces.with_tenant_prefix):
        path: Path = ("spec", "namespaces", "withTenantPrefix", index)
        yield _Claim(f"{name}-{short}", tenant, path)
    for index, full in enumerate(namespaces.without_tenant_prefix):
        yield _Claim(full, tenant, ("spec", "namespaces", "withoutTenantPrefix", index))
    for index, full in enumerate(namespaces.allowed_names or ()):
        yield _Claim(full, tenant, ("spec", "namespaces", "allowedNames", index))
    seen: set[str] = set()
    for role, index, person in sandbox_people(tenant.value):
        if namespaces.sandboxes.enabled and person not in seen:
            seen.add(person)
            path = ("spec", "accessControl", f"{role}s", "users", index)
            yield _Claim(sandbox_name(name, person), tenant, path, person)


def _clash(claim: _Claim, first: _Claim) -> str:
    if claim.person and first.person:
        return (
            f"the sandbox of {claim.person!r} would be {claim.name!r}, which is {first}; "
            "rename one of the two users, or list one of them among the viewers"
        )
    if claim.person:
        return f"the sandbox of {claim.person!r} would be {claim.name!r}, a namespace of {first}"
    if first.tenant is claim.tenant and not first.person:
        return f"namespace {claim.name!r} is declared twice; first in {first}"
    return f"namespace {claim.name!r} is taken by {first}"


def _name(claim: _Claim) -> Iterator[Problem]:
    if is_system(claim.name):
        yield claim.problem(
            f"namespace {claim.name!r} is reserved for the cluster itself; no tenant can have it"
        )


def _nested(claim: _Claim, tenants: Container[str]) -> Iterator[Problem]:
    """A name that begins like those of a tenant whose own name begins like this one's."""
    own, near = claim.tenant.value.name, nearest(claim.name, tenants)
    if near.startswith(f"{own}-"):
        said = (
            f"namespace {claim.name!r} of tenant {own!r} is named like those of tenant {near!r}, "
            "whose owners may not make it"
        )
        yield Note.at(claim.tenant.origin, claim.path, said)


def _specific(tenant: Declared[Tenant], own: set[str]) -> Iterator[Problem]:
    """Metadata for a namespace that is not declared: an owner may make it later."""
    for index, one in enumerate(tenant.value.spec.namespaces.metadata.specific):
        for position, name in enumerate(one.namespaces):
            if name in own:
                continue
            path = ("spec", "namespaces", "metadata", "specific", index, "namespaces", position)
            prefixed = f"{tenant.value.name}-{name}"
            hint = f"did you mean {prefixed!r}?" if prefixed in own else "is an owner to make it?"
            said = f"namespace {name!r} is not declared by tenant {tenant.value.name!r}; {hint}"
            yield Note.at(tenant.origin, path, said)


def _limit(tenant: Declared[Tenant]) -> Iterator[Problem]:
    """Without sandboxes it is a constraint of the model."""
    limit, names = tenant.value.spec.namespaces.limit, namespace_names(tenant.value)
    if limit is not None and len(names) > limit >= len(declared_names(tenant.value)):
        said = (
            f"tenant {tenant.value.name!r} declares {len(names)} namespaces, sandboxes included, "
            f"and may have {limit}; raise the limit"
        )
        yield Problem.at(tenant.origin, ("spec", "namespaces", "limit"), said)
