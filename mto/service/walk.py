"""The way of an audit through a cluster: page by page, a bounded number of objects at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from mto.admission import replay
from mto.admission.policies import PREFIX
from mto.cluster.client import Cluster
from mto.cluster.errors import RequestFailed
from mto.cluster.kinds import Discovered, Served
from mto.cluster.listing import Object
from mto.cluster.ref import Ref
from mto.service.finding import Audit, Finding, Result, Subject
from mto.service.replay import Bench, Verdict
from mto.spec.labels import MANAGED_LABEL

AT_ONCE: Final = 64
"""Objects under way: twice the connections, so that none of them idles."""
ERROR_IN_RULE: Final = "resulted in error"
"""What the API server says where an expression could not be computed."""
UNCHANGED: Final[Object] = {}
"""A patch of nothing: admission is asked all the same."""
MADE: Final = frozenset({"RoleBinding", "NetworkPolicy"})
"""Kinds of MTO's own objects that tenants have objects of as well: those follow other rules."""
MADE_BY_MTO: Final = "made by MTO"
OWNED: Final = "made by a controller out of another one"
TERMINATING: Final = "being deleted"


@dataclass(frozen=True)
class Standing:
    """The policies to judge by, with the mode of each."""

    policies: tuple[Mapping[str, Any], ...]
    modes: Mapping[str, str]
    missing: tuple[str, ...] = ()

    @cached_property
    def rules(self) -> Mapping[str, tuple[str, ...]]:
        """By the policy's name."""
        return {one["metadata"]["name"]: replay.rules(one) for one in self.policies}


@dataclass
class Walk:
    """One audit under way. ``tenants`` by namespace; ``ends`` by the event loop's clock."""

    cluster: Cluster
    tenants: Mapping[str, str]
    standing: Standing
    owned: bool
    stop: asyncio.Event
    ends: float
    findings: list[Finding] = field(default_factory=list)
    judged: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    dropped: int = 0

    async def over(self, scratch: Bench) -> None:
        """Every kind that a policy is about; what could not be looked at is in ``missing``."""
        discovered = await self.cluster.discover()
        kinds = dict(_kinds(self.standing, discovered))
        self.missing += (
            f"the kinds of {one}: its server did not answer" for one in discovered.stale
        )
        ready: asyncio.Queue[tuple[Served, Object] | None] = asyncio.Queue(AT_ONCE)
        names = {served.kind for served in kinds}

        async def list_all() -> None:
            for served in kinds:
                await self._list(served, names, ready)
            for _ in range(AT_ONCE):
                await ready.put(None)

        async def judge() -> None:
            while (one := await ready.get()) is not None:
                await self._judge(scratch, *one, expected=kinds[one[0]])

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(list_all())
            for _ in range(AT_ONCE):
                tasks.create_task(judge())
        if self.dropped:
            self.missing.append(f"{self.dropped} objects that were listed: {self._over()}")

    def result(self, seconds: float, at: datetime) -> Audit:
        return Audit(
            tuple(sorted(self.findings)),
            tuple(dict.fromkeys(rule for all_ in self.standing.rules.values() for rule in all_)),
            self.judged,
            dict(sorted(self.skipped.items())),
            (*self.standing.missing, *self.missing),
            seconds,
            at,
        )

    async def _list(
        self,
        served: Served,
        names: set[str],
        ready: asyncio.Queue[tuple[Served, Object] | None],
    ) -> None:
        seen = 0
        try:
            async for page in self.cluster.pages(served):
                for one in page:
                    if why := self._over():
                        self.missing.append(f"{served.readable} after the first {seen}: {why}")
                        return
                    seen += 1
                    if self._wanted(one["metadata"], served, names):
                        await ready.put((served, _address(one)))
        except RequestFailed as error:
            self.missing.append(f"{served.readable} after the first {seen}: {error.problem}")

    def _over(self) -> str:
        if self.stop.is_set():
            return "the audit was interrupted"
        late = asyncio.get_running_loop().time() >= self.ends
        return "the audit ran out of time" if late else ""

    def _wanted(self, metadata: Mapping[str, Any], served: Served, names: set[str]) -> bool:
        """Objects of the tenants, each thing once."""
        if metadata.get("namespace") not in self.tenants:
            return False
        reason = _left_out(metadata, served, names, owned=self.owned)
        if reason:
            self.skipped[reason] += 1
        return not reason

    async def _judge(
        self, scratch: Bench, served: Served, one: Object, *, expected: frozenset[str]
    ) -> None:
        if self._over():
            self.dropped += 1
            return
        ref = Ref(served.api_version, served.kind, one["name"], one["namespace"])
        try:
            verdict = await scratch.judge(ref, expected, patch=UNCHANGED)
        except RequestFailed as error:
            verdict = Verdict(judged=False, problem=error.problem)
        if verdict.gone:
            return
        self.judged += verdict.judged
        tenant = self.tenants[ref.namespace]
        subject = Subject(ref.namespace, ref.kind, ref.name, ref.api_version, one["uid"])
        for rule, result, message in _said(verdict, self.standing):
            self.findings.append(Finding(tenant, subject, rule, result, message))


def _kinds(standing: Standing, discovered: Discovered) -> Iterator[tuple[Served, frozenset[str]]]:
    """Each kind once, with the policies that judge it."""
    judges: dict[tuple[str, str], set[str]] = {}
    for policy in standing.policies:
        for what in replay.resources(policy):
            judges.setdefault(what, set()).add(policy["metadata"]["name"])
    for served in discovered.preferred:
        found = judges.get((served.group, served.plural))
        if found and served.namespaced and served.verbs >= {"list", "patch"}:
            yield served, frozenset(found)


def _left_out(metadata: Mapping[str, Any], served: Served, names: set[str], *, owned: bool) -> str:
    if metadata.get("deletionTimestamp"):
        return TERMINATING
    marked = (metadata.get("labels") or {}).get(MANAGED_LABEL) == "true"
    if marked and served.kind in MADE:
        return MADE_BY_MTO
    owners = metadata.get("ownerReferences") or ()
    controller = next((one["kind"] for one in owners if one.get("controller")), None)
    return OWNED if controller in names and not owned else ""


def _address(one: Object) -> Object:
    """All that is kept of an object that waits for its turn."""
    return {key: one["metadata"][key] for key in ("name", "namespace", "uid")}


def _said(verdict: Verdict, standing: Standing) -> Iterator[tuple[str, Result, str]]:
    """Where rules share a policy each sentence begins with the name of one."""
    for name, messages in verdict.objections.items():
        enforced = Result.FAIL if standing.modes[name] == "Deny" else Result.WARN
        for message in messages:
            rule, _, said = message.partition(": ")
            result = Result.ERROR if ERROR_IN_RULE in message else enforced
            if rule in standing.rules[name]:
                yield rule, result, said
            else:
                yield name.removeprefix(PREFIX), result, message
    if not verdict.judged:
        yield "", Result.ERROR, verdict.problem
