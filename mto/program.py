"""The Pulumi program: one stack's plan, drawn as component resources.

Decides nothing. What must be known of the cluster is observed before the first resource is
registered, so that preview and update see the same.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi

from mto.components.extra import add
from mto.components.register import register
from mto.plan.resource import Plan
from mto.service.environment import BACKEND, Environment, find_root, load
from mto.service.workspace import extra, opened
from mto.sources.files import read_world
from mto.spec.world import World


def main() -> None:
    """Provision the stack that Pulumi runs: ``<environment>`` or ``<environment>.<tenant>``."""
    environment, _, tenant = pulumi.get_stack().partition(".")
    # The state is Pulumi's own business, and may lie where only Pulumi can go.
    environ = {name: value for name, value in os.environ.items() if name != BACKEND}
    settings = load(environment, root=find_root(Path.cwd()), environ=environ)
    world = read_world(settings.tenants)
    for warning in world.warnings:
        pulumi.log.warn(warning)
    # Pulumi runs us within its own event loop; ours needs a thread of its own.
    with ThreadPoolExecutor(max_workers=1) as thread:
        plan = thread.submit(asyncio.run, planned(settings, world, tenant or None)).result()
    for warning in (*plan.warnings, *plan.unsettled):
        pulumi.log.warn(warning)
    made = register(plan)
    if (own := extra(settings, world, plan.stack)) is not None:
        add(own, plan, made)


async def planned(environment: Environment, world: World, tenant: str | None) -> Plan:
    """The stack's plan; raises UnknownTenant for a stack whose tenant nobody declares."""
    async with opened(environment, world) as workspace:
        if tenant is None:
            return workspace.platform()
        workspace.tenants((tenant,))
        return workspace.tenant(tenant, await workspace.observe(tenant, await workspace.survey()))
