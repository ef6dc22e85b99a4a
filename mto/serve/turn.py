"""One turn of one stack: looked at, and updated through the engine where it needs to be.

The shortest way out comes first: a tenant whose fingerprint is the same costs no request. Before
an update its quotas are listed afresh, since what a watch has shown may be a moment old and a
budget must not be handed out twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mto.cluster.observe import argocd, quotas
from mto.engine.port import Basis, Op, Progress, Result
from mto.errors import MtoError
from mto.plan import appproject
from mto.plan.observed import Quota, Surroundings
from mto.plan.resource import Plan
from mto.serve.demand import Demand
from mto.serve.drift import Drift, Ledger, Object, expected
from mto.serve.fingerprint import fingerprint
from mto.serve.phases import Phases
from mto.serve.picture import Picture
from mto.service.home import lost
from mto.service.namespace import recorded
from mto.service.report import PLATFORM, StackReport
from mto.service.survey import Survey
from mto.service.update import Update, Wishes
from mto.service.workspace import Workspace
from mto.spec.world import World
from mto.state.checkpoint import Checkpoint
from mto.state.secret import holds_none


@dataclass(frozen=True)
class Turn:
    """``report`` is None where the fingerprint said that nothing can have changed.

    ``drifts`` were seen while the update ran, so they come next.
    """

    report: StackReport | None = None
    drifts: tuple[Drift, ...] = ()


@dataclass
class Turns:
    """Carries turns out, any number side by side as long as each is of another stack."""

    workspace: Workspace
    picture: Picture
    ledger: Ledger
    demand: Demand
    phases: Phases
    _marks: dict[str, str] = field(default_factory=dict)
    around: Callable[[], Surroundings] = Surroundings
    """What is there besides the tenants' own, as it is known now."""
    _names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _forgotten: set[str] = field(default_factory=set)
    _roles: dict[str, frozenset[str]] = field(default_factory=dict)

    def bound(self, role: str) -> frozenset[str]:
        """Tenants with somebody who is bound to this ClusterRole."""
        return frozenset(tenant for tenant, roles in self._roles.items() if role in roles)

    def forget(self, tenant: str) -> None:
        """Look at the tenant in full next time, be it that a turn of it is under way now."""
        self._marks.pop(tenant, None)
        self._forgotten.add(tenant)

    async def platform(self, world: World, urns: Collection[str]) -> Turn:
        """The platform's stack; ``urns`` are to be looked at in the cluster first."""
        course = _Course(replace(self.workspace, world=world), urns, self.phases)
        self.ledger.begin(self.workspace.settings.stack())
        try:
            report = await course.update().platform()
        except MtoError as error:
            report = StackReport(
                PLATFORM, Result(self.workspace.settings.stack()), error=str(error)
            )
        return self._settled(report, course)

    async def tenant(self, name: str, world: World, urns: Collection[str]) -> Turn:
        """A tenant that is in force in ``world``."""
        stack = self.workspace.settings.stack(name)
        names = self._names.get(name, ())
        if not urns and name in self._marks:
            known = self._seen(name).observed(name, {})
            if fingerprint(name, world, known, names=names) == self._marks[name]:
                return Turn()
        self._marks.pop(name, None)
        self._forgotten.discard(name)
        course = _Course(replace(self.workspace, world=world), urns, self.phases)
        self.ledger.begin(stack)
        try:
            await course.look(stack, self._seen(name))
            basis = Basis(self.workspace.backend.mark(stack))
            with self.phases.during("observe"):
                live = await self._live(name, world)
        except MtoError as error:
            return Turn(StackReport(name, Result(stack), error=str(error)), self.ledger.end(stack))
        course.live = live
        report = await course.update().tenant(name, live, basis)
        if course.plan is not None:
            self._roles[name] = frozenset(_bound(course.plan))
        if report.ok and course.plan is not None:
            self._names[name] = tuple(course.plan.outputs["namespaces"])
            # A warning waits for something that no watch shows.
            if not report.warnings and name not in self._forgotten:
                self._marks[name] = fingerprint(
                    name, world, live.observed(name, {}), names=self._names[name]
                )
        return self._settled(report, course)

    def _seen(self, name: str, fresh: Mapping[str, Quota] | None = None) -> Survey:
        """The tenant's part as the watches show it, and what its namespaces could not have."""
        now = asyncio.get_running_loop().time()
        seen = self.picture.survey([name], fresh)
        return replace(seen, refused=self.demand.of(seen.of(name), now))

    async def _live(self, name: str, world: World) -> Survey:
        cluster = self.workspace.cluster
        live = replace(self._seen(name, await quotas(cluster, name)), around=self.around())
        project = appproject.asked(name, world)
        if project is None:
            return live
        return replace(live, argocd=await argocd(cluster, project.namespace))

    def _settled(self, report: StackReport, course: _Course) -> Turn:
        stack = report.result.stack
        plan = course.plan
        if plan is None or report.error:
            return Turn(report, self.ledger.end(stack))
        failed = frozenset(one.step.urn for one in report.result.failures)
        left = expected(_objects(plan), failed=failed)
        same = {one.urn for one in report.result.steps if one.op is Op.SAME}
        untouched = [ref for ref, (urn, _) in left.items() if urn in same]
        return Turn(report, self.ledger.expect(stack, left, untouched=untouched))


class _Course:
    """What one update was about, for those who ask afterwards."""

    def __init__(self, workspace: Workspace, urns: Collection[str], phases: Phases) -> None:
        self.workspace = workspace
        self.phases = phases
        self.plan: Plan | None = None
        self.live: Survey | None = None
        self._urns = frozenset(urns)

    def update(self) -> Update:
        return Update(self.workspace, Wishes(), self._work, dry_run=False)

    async def look(self, stack: str, live: Survey) -> None:
        """What drifted, and what went with its namespace, goes into the record.

        Before the record's mark is taken and the quotas are listed: else our own look would move
        the mark, by which is noticed what another run hands out in between.
        """
        self.live = live
        await self._refresh(stack, self._urns | self._lost(self.workspace.backend.load(stack)))
        self._urns = frozenset()

    async def _work(self, plan: Plan, *, refresh: bool, basis: Basis | None) -> Result:
        """``refresh``: a recorded namespace is gone; then only that and what was in it is asked."""
        self.plan = plan
        engine, stack = self.workspace.engine, plan.stack
        lost = self._lost(self.workspace.backend.load(stack)) if refresh else frozenset()
        await self._refresh(stack, self._urns | lost)
        if any(one.ignore_changes for one in plan):
            # What is recorded of them must still be so when the lock is held.
            basis = basis or Basis(self.workspace.backend.mark(stack))
            plan = self.plan = self._without_own(plan)
        with self.phases.during("apply"):
            deadline = self.workspace.deadline
            return await engine.up(plan, deadline=deadline, watch=_quiet, basis=basis)

    def _without_own(self, plan: Plan) -> Plan:
        """The service's own objects, if not recorded: whoever deploys it makes them, or ends it."""
        known = self.workspace.backend.load(plan.stack)
        urns = known.by_urn.keys() if known else frozenset()
        kept = (one for one in plan if not one.ignore_changes or plan.urn(one.key) in urns)
        return replace(plan, resources=tuple(kept))

    async def _refresh(self, stack: str, urns: frozenset[str]) -> None:
        if urns:
            engine, deadline = self.workspace.engine, self.workspace.deadline
            with self.phases.during("refresh"):
                await engine.refresh(stack, deadline=deadline, dry_run=False, only=urns)

    def _lost(self, checkpoint: Checkpoint | None) -> frozenset[str]:
        """URNs of recorded namespaces that are gone or were made again, and of what is in them."""
        if checkpoint is None:
            return frozenset()
        if self.live is None:
            return frozenset(one.urn for one in checkpoint.resources)
        known = self.live.namespaces
        gone = {
            name
            for name, one in recorded(checkpoint).items()
            if lost(replace(checkpoint, resources=(one,)), known)
        }
        return frozenset(
            one.urn
            for one in checkpoint.resources
            if one.type.startswith("kubernetes:") and _place(one.inputs) in gone
        )


def _bound(plan: Plan) -> Iterator[str]:
    """ClusterRoles that the plan binds somebody to."""
    for one in plan:
        if one.inputs.get("kind") == "RoleBinding":
            yield one.inputs["roleRef"]["name"]


def _place(manifest: Mapping[str, Any]) -> str:
    """The namespace that an object lies in, or is."""
    metadata = manifest.get("metadata", {})
    name = metadata["name"] if manifest.get("kind") == "Namespace" else ""
    return str(metadata.get("namespace") or name)


def _objects(plan: Plan) -> Iterator[tuple[str, Object]]:
    """What a watch will show of the plan: not patches of what is not ours, but for namespaces.

    Nor the service's own objects, which it leaves as they are.
    """
    for one in plan:
        watched = not one.type.endswith("Patch") or one.inputs["kind"] == "Namespace"
        if one.kubernetes and watched and not one.ignore_changes and holds_none(one.inputs):
            yield plan.urn(one.key), one.inputs


def _quiet(_progress: Progress) -> None:
    """Nobody looks on; the report says it all at the end."""
