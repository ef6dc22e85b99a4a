"""A ResourceQuota counts from the moment that it is written.

Admission enforces ``status.hard``, which Kubernetes' controller copies from ``spec.hard`` late:
about 20 quotas a second, and a quota with an empty status admits anything. So the status is written
right after the spec, and never before it: in neither is ever more shared out than the budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mto.cluster.client import Cluster
from mto.cluster.errors import Conflict, NotFound
from mto.cluster.ref import Ref
from mto.engine.direct.diff import Action
from mto.engine.port import Failure, Op, Result, Step
from mto.errors import ClusterError
from mto.plan.labels import STATUS_MANAGER
from mto.plan.resource import NAMESPACE, Plan, Resource, kubernetes_type

QUOTA = kubernetes_type("v1", "ResourceQuota")

WRITTEN = (Op.CREATE, Op.UPDATE, Op.REPLACE)

ATTEMPTS = 5
"""How often a status is written against a controller that writes it too."""

CarryOut = Callable[[Action], Awaitable[str]]


class Enforcing:
    """Carries actions out as ``carry_out`` does, and makes quotas count.

    ``found`` names what creations came upon instead of making it.
    """

    def __init__(self, cluster: Cluster, carry_out: CarryOut, found: set[Ref]) -> None:
        self._cluster = cluster
        self._carry_out = carry_out
        self._found = found
        self._made: set[str] = set()

    async def carry_out(self, action: Action) -> str:
        uid = await self._carry_out(action)
        if action.desired is None:
            return uid
        ref = Ref.of(action.desired.inputs)
        if action.desired.type == NAMESPACE and action.step.op is Op.CREATE:
            if ref not in self._found:
                self._made.add(ref.name)
        elif action.desired.type == QUOTA:
            await self._enforce(ref, action)
        return uid

    async def _enforce(self, ref: Ref, action: Action) -> None:
        """What is used stays as it is: nobody but Kubernetes' controller may count.

        A key that it has not counted yet is refused until it has. Only in a namespace made a
        moment ago nothing can be used.
        """
        patch = status(action, fresh=ref.namespace in self._made)
        self._made.discard(ref.namespace)
        await _written(self._cluster, ref, patch)


async def enforced(cluster: Cluster, plan: Plan, result: Result) -> tuple[Failure, ...]:
    """Statuses of the quotas that somebody else's update has just written."""
    failed = {one.step.urn for one in result.failures}
    written = {
        step.urn: step for step in result.steps if step.op in WRITTEN and step.urn not in failed
    }
    quotas = (one for one in plan if one.type == QUOTA)
    steps = [(step, one) for one in quotas if (step := written.get(plan.urn(one.key)))]
    found = await asyncio.gather(*(_enforced(cluster, step, one) for step, one in steps))
    return tuple(one for one in found if one is not None)


async def _enforced(cluster: Cluster, step: Step, quota: Resource) -> Failure | None:
    ref, hard = Ref.of(quota.inputs), quota.inputs["spec"]["hard"]
    try:
        live = await cluster.get(ref)
        known = (live.get("status") or {}).get("hard") or {}
        await _written(
            cluster, ref, {"hard": {**dict.fromkeys(known.keys() - hard.keys()), **hard}}
        )
    except NotFound:  # deleted meanwhile, which the next look finds out
        return None
    except ClusterError as error:
        return Failure(step, str(error))
    return None


async def _written(cluster: Cluster, ref: Ref, patch: Mapping[str, Any]) -> None:
    for left in reversed(range(ATTEMPTS)):
        try:
            await cluster.patch(
                ref, {"status": patch}, manager=STATUS_MANAGER, subresource="status"
            )
        except NotFound:  # deleted meanwhile, which the next look finds out
            return
        except Conflict:  # the controller counts at the same moment; nothing was done
            if not left:
                raise
        else:
            return


def status(action: Action, *, fresh: bool) -> dict[str, Any]:
    """The merge patch of the quota's status; keys that it no longer has go."""
    assert action.desired is not None  # noqa: S101 - only what is desired comes here
    hard: dict[str, Any] = dict(action.desired.inputs["spec"]["hard"])
    before = action.old.inputs["spec"]["hard"] if action.old else {}
    dropped = dict.fromkeys(before.keys() - hard.keys())
    patch: dict[str, Any] = {"hard": hard | dropped}
    return patch | ({"used": dict.fromkeys(hard, "0")} if fresh else {})
