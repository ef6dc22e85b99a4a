"""Why an object exists, and what a person may do: answered from the plans alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mto.engine.direct.diff import address
from mto.plan.explain import Right, rights
from mto.plan.resource import Plan, Resource
from mto.service.errors import NoSuchResource
from mto.service.report import PLATFORM
from mto.service.workspace import Workspace


@dataclass(frozen=True)
class Explanation:
    """A planned object: whose it is, why it exists, and what it says."""

    stack: str
    urn: str
    object: str
    resource: Resource


async def explain(workspace: Workspace, target: str) -> Explanation:
    """``target`` is KIND/NAME or KIND/NAMESPACE/NAME, in any case; raises NoSuchResource."""
    known: list[str] = []
    for name, plan in await _plans(workspace):
        for resource in plan:
            if not resource.kubernetes:
                continue
            found = address(resource.type, resource.inputs, resource.name)
            if found.lower() == target.lower():
                return Explanation(name, plan.urn(resource.key), found, resource)
            known.append(found)
    raise NoSuchResource(target, known)


async def explain_user(
    workspace: Workspace, user: str, groups: Collection[str]
) -> tuple[Right, ...]:
    """Every right of the person, by tenant and namespace."""
    return tuple(rights(await _plans(workspace), user=user, groups=groups))


async def _plans(workspace: Workspace) -> list[tuple[str, Plan]]:
    live = await workspace.survey()
    tenants = [
        (name, workspace.tenant(name, await workspace.observe(name, live)))
        for name in workspace.tenants()
    ]
    return [(PLATFORM, workspace.platform()), *tenants]
