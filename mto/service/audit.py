"""`mto audit`: which existing objects break the rules in force, or proposed ones.

Every object is shown to scratch copies of the policies by a dry-run update that changes nothing.
What other parts of admission say (quotas, Pod Security, webhooks) has no influence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from mto.admission import policies
from mto.admission.rule import Rule
from mto.admission.rules import rules
from mto.cluster.client import Cluster
from mto.cluster.listing import Object
from mto.service import published
from mto.service.finding import Audit, NothingInForce
from mto.service.replay import bench
from mto.service.survey import Survey
from mto.service.traces import traced
from mto.service.walk import Standing, Walk
from mto.service.workspace import Workspace
from mto.spec.labels import MANAGED_LABEL
from mto.spec.tenantpolicy import NAME as TENANT_POLICY
from mto.spec.tenantpolicy import TenantPolicy
from mto.spec.world import World

KIND: Final = TenantPolicy.model_fields["kind"].default
STATES: Final = frozenset({"roles", "network-policies"})
"""Rules without parameters that judge objects as they are."""


async def audit(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    proposed: World | None = None,
    owned: bool = False,
    publish: bool = False,
) -> Audit:
    """Judge every object of the named tenants, or of all.

    ``owned``: those as well that a controller made of another one that is judged. ``publish``
    writes PolicyReports into the cluster.

    Raises:
        UnknownKind: ``publish``, and the cluster has no kind PolicyReport.
        NothingInForce: the cluster has no policies of ours, and none are proposed.
    """
    started = time.monotonic()
    live = await workspace.survey()
    chosen = frozenset(workspace.tenants(names))
    tenants = _tenants(live, chosen)
    standing = await _standing(workspace.cluster, workspace.world, proposed)
    ends = asyncio.get_running_loop().time() + workspace.deadline
    stop = workspace.engine.stop
    walk = Walk(workspace.cluster, tenants, standing, owned=owned, stop=stop, ends=ends)
    async with bench(
        workspace.cluster,
        standing.policies,
        parameters=None
        if proposed is None
        else _parameters(workspace, live, walk=walk, proposed=proposed),
        standing=TENANT_POLICY,
    ) as scratch:
        await walk.over(scratch)
    found = walk.result(time.monotonic() - started, datetime.now(UTC))
    world = proposed or workspace.world
    found = await traced(workspace, found, tenants, chosen=chosen, world=world)
    if publish:
        await published.publish(workspace.cluster, found, tenants)
    return found


def _tenants(live: Survey, chosen: frozenset[str]) -> dict[str, str]:
    """The live namespaces of the tenants, each with its tenant."""
    return {
        name: one.tenant
        for name, one in live.namespaces.items()
        if one.tenant in chosen and not one.terminating
    }


async def _standing(cluster: Cluster, world: World, proposed: World | None) -> Standing:
    config = (proposed or world).config.value
    wanted = {policies.PREFIX + rule.name: rule for rule in rules(config) if _about_states(rule)}
    if proposed is not None:
        made = tuple(policies.policy(rule, config) for rule in wanted.values())
        modes = {name: config.spec.admission.mode(rule.name) for name, rule in wanted.items()}
        return Standing(made, modes)
    live = await _live(cluster, "ValidatingAdmissionPolicy")
    chosen: dict[str, str] = {}
    for one in await _live(cluster, "ValidatingAdmissionPolicyBinding"):
        name, mode = one["spec"]["policyName"], _mode(one["spec"]["validationActions"])
        chosen[name] = max(mode, chosen.get(name, mode), key=("Audit", "Warn", "Deny").index)
    found = {one["metadata"]["name"]: one for one in live}
    force = tuple(name for name in wanted if name in found and name in chosen)
    if not force:
        raise NothingInForce
    missing = tuple(
        f"rule {rule.name!r} is not in force: the cluster lacks its policy or its binding; "
        "`mto up --refresh` puts it back"
        for name, rule in wanted.items()
        if name not in force
    )
    return Standing(
        tuple(found[name] for name in force), {name: chosen[name] for name in force}, missing
    )


def _about_states(rule: Rule) -> bool:
    """What an object says, not who wrote it or how it changed: that can't be seen afterwards."""
    return rule.parameters or rule.name in STATES


async def _live(cluster: Cluster, kind: str) -> list[Object]:
    return await cluster.list(policies.VERSION, kind, label_selector=f"{MANAGED_LABEL}=true")


def _mode(actions: Sequence[str]) -> str:
    return next((mode for mode in ("Deny", "Warn") if mode in actions), "Audit")


def _parameters(
    workspace: Workspace, live: Survey, *, walk: Walk, proposed: World
) -> dict[str, dict[str, Any]]:
    """The TenantPolicy that the plan would give to each live namespace; no others are walked."""
    then = replace(workspace, world=proposed)
    audited = set(walk.tenants.values())
    walk.missing += (
        f"tenant {name!r} is not among the proposed manifests"
        for name in sorted(audited - proposed.tenants.keys())
    )
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(audited & proposed.tenants.keys()):
        for one in then.tenant(name, live.observed(name, {})):
            if (
                one.inputs.get("kind") == KIND
                and one.inputs["metadata"]["namespace"] in walk.tenants
            ):
                found[one.inputs["metadata"]["namespace"]] = dict(one.inputs)
    return found
