"""`mto audit`: which existing objects break the rules in force, or proposed ones.

Every object is shown to scratch copies of the policies by a dry-run update that changes nothing.
What other parts of admission say (quotas, Pod Security, webhooks) has no influence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from mto.admission import policies, replay
from mto.admission.composition import SUFFIXES, Policy
from mto.admission.composition import policies as installed
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
    wanted = [one for one in installed(rules(config), config) if _about_states(one)]
    if proposed is not None:
        made = tuple(policies.manifest(one, config) for one in wanted)
        return Standing(made, {policies.PREFIX + one.name: one.mode for one in wanted})
    modes = _modes(await _live(cluster, "ValidatingAdmissionPolicyBinding"))
    expected = {place for one in wanted for place in _places(policies.manifest(one, config))}
    live = {one["metadata"]["name"]: one for one in await _live(cluster, policies.KIND)}
    force = tuple(live[name] for name in modes if name in live and expected & _places(live[name]))
    if not force:
        raise NothingInForce
    found = {place for one in force for place in _places(one)}
    missing = tuple(
        f"rule {name!r} is not in force: the cluster lacks its policy or its binding; "
        "`mto up --refresh` puts it back"
        for name in dict.fromkeys(rule for _, rule in sorted(expected - found))
    )
    return Standing(
        force, {one["metadata"]["name"]: modes[one["metadata"]["name"]] for one in force}, missing
    )


def _about_states(policy: Policy) -> bool:
    """What an object says, not who wrote it or how it changed: that can't be seen afterwards."""
    return policy.common.parameters or policy.common.name in STATES


def _places(policy: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """The rules of a policy, each with the policy's name, whatever their mode."""
    name = policy["metadata"]["name"]
    for suffix in SUFFIXES.values():
        name = name.removesuffix(suffix)
    return frozenset((name, rule) for rule in replay.rules(policy))


def _modes(bindings: Iterable[Object]) -> dict[str, str]:
    """The severest mode of each bound policy, in the order of their names."""
    chosen: dict[str, str] = {}
    for one in bindings:
        name, mode = one["spec"]["policyName"], _mode(one["spec"]["validationActions"])
        chosen[name] = max(mode, chosen.get(name, mode), key=("Audit", "Warn", "Deny").index)
    return dict(sorted(chosen.items()))


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
