"""Who gets what, read off the plans: every right is a binding, and every binding says why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from mto.plan.resource import Plan, Resource

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


@dataclass(frozen=True)
class Right:
    """One ClusterRole held in one namespace; ``namespace`` is empty for the whole cluster."""

    tenant: str
    namespace: str
    cluster_role: str
    through: str
    because: str


def rights(
    plans: Iterable[tuple[str, Plan]], *, user: str, groups: Collection[str]
) -> Iterator[Right]:
    """What the person may do, by tenant; ``plans`` are pairs of a tenant and its plan."""
    names = {("User", user), *(("Group", group) for group in groups)}
    for tenant, plan in plans:
        for resource in plan:
            for subject in _subjects(resource):
                if subject in names:
                    yield _right(tenant, resource, subject)


def _subjects(resource: Resource) -> Iterator[tuple[str, str]]:
    if resource.inputs.get("kind") in _BINDINGS:
        for one in resource.inputs["subjects"]:
            yield one["kind"], one["name"]


def _right(tenant: str, resource: Resource, subject: tuple[str, str]) -> Right:
    kind, name = subject
    return Right(
        tenant,
        resource.inputs["metadata"].get("namespace", ""),
        resource.inputs["roleRef"]["name"],
        f"{kind.lower()} {name}",
        resource.because,
    )
