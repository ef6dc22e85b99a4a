"""Members of a tenant: each once, and at least one owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Path, once
from mto.spec.problem import Note, Problem
from mto.spec.tenant import Role, Tenant


def check(
    tenants: Iterable[Declared[Tenant]], config: Declared[IntegrationConfig]
) -> Iterator[Problem]:
    named = config.value.spec.access_control.members is not None
    for tenant in tenants:
        yield from _alone(tenant)
        if not named:
            yield from _group_sandboxes(tenant)


@once
def _alone(tenant: Declared[Tenant]) -> tuple[Problem, ...]:
    return (*_repeated(tenant, "users"), *_repeated(tenant, "groups"), *_owners(tenant))


def _repeated(tenant: Declared[Tenant], what: str) -> Iterator[Problem]:
    highest: dict[str, Role] = {}
    for role, members in tenant.value.roles():
        seen: set[str] = set()
        names: tuple[str, ...] = getattr(members, what)
        for index, name in enumerate(names):
            path = ("spec", "accessControl", f"{role}s", what, index)
            if name in seen:
                said = f"{name!r} is listed twice among the {role}s; remove one"
                yield Problem.at(tenant.origin, path, said)
            elif name in highest:
                said = f"{name!r} is {highest[name]} already, which counts; {role} adds to it"
                yield Note.at(tenant.origin, path, said)
            seen.add(name)
            highest.setdefault(name, role)


def _owners(tenant: Declared[Tenant]) -> Iterator[Problem]:
    owners = tenant.value.spec.access_control.owners
    if not (owners.users or owners.groups):
        path: Path = ("spec", "accessControl", "owners")
        yield Note.at(
            tenant.origin, path, f"tenant {tenant.value.name!r} has no owner: nobody can manage it"
        )


def _group_sandboxes(tenant: Declared[Tenant]) -> Iterator[Problem]:
    if not tenant.value.spec.namespaces.sandboxes.enabled:
        return
    for role, members in tenant.value.roles():
        if members.groups and role != "viewer":
            groups = ", ".join(map(repr, members.groups))
            said = (
                f"members of {groups} get no sandboxes unless somebody says who they are: "
                "OpenShift's Groups, accessControl.members of the IntegrationConfig, or "
                "mto:members of the stack; or name them as users"
            )
            yield Note.at(tenant.origin, ("spec", "accessControl", f"{role}s", "groups"), said)
