"""What an update came to, told to everybody who wants to know: log, metrics, Events, statuses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mto.cluster.ref import Ref
from mto.plan import request
from mto.plan.labels import DECLARED_IN, is_copy
from mto.plan.observed import ClusterQuota
from mto.serve.drift import Drift
from mto.serve.event import mistaken, restored
from mto.serve.finalizer import going
from mto.serve.hosts import Hosts
from mto.serve.implied import Kind, available
from mto.serve.log import say
from mto.serve.metrics import Metrics
from mto.serve.picture import Picture
from mto.serve.settings import FIELD, Recalled, recall
from mto.serve.standing import SETTINGS
from mto.serve.status import (
    Condition,
    Status,
    conditions,
    judged,
    members_of,
    quota_status,
    source_of,
    tenant_status,
)
from mto.serve.voice import Voice
from mto.serve.work import PLATFORM, Work
from mto.service.report import StackReport
from mto.spec.groups import Groups
from mto.spec.kinds import KINDS

Object = Mapping[str, Any]
VERSIONS: Final = {kind: version for version, kind in KINDS}
MODES: Final = ("Tenant", "Quota", "IntegrationConfig", "Extensions")


def ref(kind: str, name: str, namespace: str = "") -> Ref:
    """Address of a custom resource of ours."""
    return Ref(VERSIONS[kind], kind, name, namespace)


def told(key: str, report: StackReport, metrics: Metrics) -> None:
    """Log and metrics of one turn."""
    problems = list(report.problems)
    done = report.changes
    metrics.turns.labels("failed" if problems else "changed" if done else "unchanged").inc()
    for step in done:
        metrics.steps.labels(step.op.value).inc()
    if done or problems:
        say(
            "; ".join(problems) or f"{len(done)} changed",
            level=logging.WARNING if problems else logging.INFO,
            stack=key,
            seconds=round(report.result.seconds, 3),
        )


def undone(
    drifts: Mapping[str, Drift], report: StackReport, *, voice: Voice, metrics: Metrics
) -> None:
    """An Event for each foreign change that the update really undid."""
    changed = {step.urn for step in report.changes}
    for urn, drift in drifts.items():
        if urn in changed:
            metrics.drift.labels(drift.ref.kind).inc()
            voice.event(restored(drift))


class Mistakes:
    """Tells once of each request that can't be understood, as long as it stands unchanged."""

    def __init__(self, voice: Voice, work: Work, picture: Picture) -> None:
        self._voice = voice
        self._work = work
        self._picture = picture
        self._told: dict[str, tuple[str, str]] = {}

    def look(self, tenant: str) -> None:
        """At all namespaces of the tenant, if it is one."""
        world = self._work.standing.world
        declared = world.tenants.get(tenant)
        if declared is None:
            return
        keys = world.quotas[declared.value.spec.quota].value.spec.resourcequota.hard.keys()
        for name, one in self._picture.survey([tenant]).of(tenant).items():
            told = request.mistaken(one, keys)
            if told and self._told.get(name) != (one.uid, told):
                self._voice.event(mistaken(one, told))
            if told:
                self._told[name] = (one.uid, told)
            else:
                self._told.pop(name, None)


def _going(target: Ref, report: StackReport | None, users: Sequence[str]) -> Condition:
    """Why it is still there."""
    why = "what was made for it is being taken away"
    if target.kind == "Quota":
        why = f"it goes when no tenant has it any more: {', '.join(users)}"
    elif report is not None and not report.ok:
        why = "; ".join(report.problems)
    return Condition("Ready", true=False, reason="Deleting", message=why)


@dataclass
class Composer:
    """Statuses of our custom resources, from what is the case now.

    ``whole`` are ClusterResourceQuotas by tenant, where the cluster has such.
    """

    work: Work
    picture: Picture
    customs: Mapping[Ref, Object]
    hosts: Hosts
    classes: Callable[[], Mapping[Kind, frozenset[str]]]
    whole: Mapping[str, ClusterQuota]
    groups: Callable[[], Groups]
    begun: bool = False
    """What was known before the start has been read, and may be written over."""

    def concerned(self, key: str) -> Iterator[Ref]:
        """Whose status may change after a turn of this key."""
        if key == PLATFORM:
            yield from (one for one in self.customs if one.kind in ("Quota", SETTINGS[0]))
            return
        yield ref("Tenant", key)
        world = self.work.standing.world
        if (tenant := world.tenants.get(key)) is not None:
            yield ref("Quota", tenant.value.spec.quota)
        for name, one in world.extensions.items():
            if one.value.spec.tenant_name == key:
                yield ref("Extensions", name)

    def settings(self) -> Iterator[Ref]:
        """The IntegrationConfig, whose status speaks of the roll-out."""
        yield from (one for one in self.customs if one.kind == SETTINGS[0])

    def recalled(self) -> Recalled | None:
        """What an earlier run has noted of it; from here on it is ours to note."""
        self.begun = True
        found = (recall(self.customs[one].get("status") or {}) for one in self.settings())
        return next(found, None)

    def grouped(self) -> Iterator[Ref]:
        """Whose status may speak of members of groups."""
        yield from (one for one in self.customs if one.kind in ("Tenant", SETTINGS[0]))

    def status(self, target: Ref, now: str) -> tuple[Status, Mapping[str, Any]] | None:
        """The status that it should have and the one it has; None where there is no such object."""
        live = self.customs.get(target)
        if live is None:
            return None
        before = live.get("status") or {}
        generation = int(live["metadata"].get("generation", 0))
        wanted = [*self._conditions(target, live)]
        known = before.get("conditions") or ()
        written = conditions(wanted, known, generation=generation, now=now)
        status: Status = {
            "observedGeneration": generation,
            "conditions": written,
            **self._fields(target),
        }
        if target.kind == "Tenant":
            status["ready"] = written[0]["status"] == "True"
        return status, before

    def _conditions(self, target: Ref, live: Object) -> Iterator[Condition]:
        work = self.work
        said = work.standing.said.get((target.kind, target.name), ())
        source = live["metadata"].get("annotations", {}).get(DECLARED_IN, "the cluster")
        report = work.reports.get(self._key(target))
        if going(live):
            yield _going(target, report, work.users(target.name))
            return
        if target.kind == "Tenant" and not work.standing.declares(target.name):
            gone = f"declared no more: `mto destroy {target.name}` takes it away"
            yield Condition("Ready", true=False, reason="Vanished", message=gone)
            return
        yield from judged(report, said, source=source)
        if target.kind == "Tenant" and (shared := self.hosts.told.get(target.name)):
            yield Condition("HostsShared", true=True, reason="Served", message="; ".join(shared))
        yield from self._of_groups(target)
        if target.kind == SETTINGS[0]:
            rollout = work.rollout
            yield Condition("RolledOut", rollout.over, "RollOut", str(rollout))
        if is_copy(live):
            copy = f"the copy of {source}: what is edited here is undone, edit the file instead"
            yield Condition("DeclaredInFile", true=True, reason="File", message=copy)

    def _of_groups(self, target: Ref) -> Iterator[Condition]:
        """Who is in the groups that sandboxes are made for, as far as somebody says."""
        tenant = self.work.standing.world.tenants.get(target.name)
        if target.kind == SETTINGS[0]:
            yield from source_of(self.groups())
        elif target.kind == "Tenant" and tenant is not None:
            yield from members_of(tenant.value, self.groups())

    def _key(self, target: Ref) -> str:
        """Whose update its readiness depends on."""
        if target.kind == "Tenant":
            return target.name
        found = self.work.standing.world.extensions.get(target.name)
        if target.kind == "Extensions" and found is not None:
            return found.value.spec.tenant_name
        return PLATFORM

    def _fields(self, target: Ref) -> Status:
        world = self.work.standing.world
        if target.kind == "Tenant" and (tenant := world.tenants.get(target.name)) is not None:
            spaces = self.picture.survey([target.name]).of(target.name)
            classes = available(tenant.value.spec, self.classes())
            return {**tenant_status(tenant.value, spaces), **classes}
        if target.kind == "Quota" and (quota := world.quotas.get(target.name)) is not None:
            users = self.work.users(target.name)
            live = self.picture.survey(users).marked
            used = {name: [one.used for one in live[name].values()] for name in users}
            whole = {name: [self.whole[name].used] for name in users if name in self.whole}
            return quota_status(quota.value.spec.resourcequota.hard, used | whole)
        if target.kind == SETTINGS[0]:
            known = (self.customs[target].get("status") or {}).get(FIELD)
            told = self.work.remembered() if self.begun else known
            return {FIELD: told} if told else {}
        return {}
