"""Looks for traces of forbidden acts in a live cluster; ``trace`` judges what is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mto.admission.managed import NAMED
from mto.admission.replay import SCRATCH_LABEL
from mto.cluster.errors import RequestFailed
from mto.cluster.kinds import Served
from mto.cluster.observe import namespace_of
from mto.errors import MtoError
from mto.service.finding import Audit, Finding, Subject
from mto.service.trace import RULES, Judge, sorted_findings
from mto.service.workspace import Workspace
from mto.spec.labels import MANAGED_LABEL
from mto.spec.world import World

MARKED: Final = f"{MANAGED_LABEL}=true"
POLICIES: Final = ("mto.stakater.com", "tenantpolicies")


async def traced(
    workspace: Workspace,
    found: Audit,
    tenants: Mapping[str, str],
    *,
    chosen: frozenset[str],
    world: World,
) -> Audit:
    """``found``, and what was left behind in and around the namespaces of the ``chosen`` tenants.

    ``tenants`` has the tenant of each live namespace.
    """
    search = _Search(workspace, tenants, Judge(world), chosen)
    await search.run()
    return replace(
        found,
        findings=sorted_findings(found.findings, search.findings),
        rules=(*found.rules, *RULES),
        missing=(*found.missing, *search.missing),
    )


@dataclass
class _Search:
    workspace: Workspace
    tenants: Mapping[str, str]
    judge: Judge
    chosen: frozenset[str]
    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    async def run(self) -> None:
        discovered = await self.workspace.cluster.discover()
        kinds = [one for one in discovered.preferred if one.namespaced and "list" in one.verbs]
        made = {name: self._made(name) for name in sorted(self.chosen)}
        await asyncio.gather(self._namespaces(), *(self._kind(one, made) for one in kinds))

    def _made(self, tenant: str) -> frozenset[tuple[str, str, str]] | None:
        """Kind, namespace and name of everything in the tenant's record; None without one."""
        try:
            known = self.workspace.backend.load(self.workspace.settings.stack(tenant))
        except MtoError as error:
            self.missing.append(f"what MTO made for tenant {tenant!r}: {error}")
            return None
        if known is None:
            self.missing.append(
                f"forged markers in tenant {tenant!r}: it has no record here to compare with"
            )
            return None
        inputs = [one.inputs for one in known.resources if "kind" in one.inputs]
        return frozenset(
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
            for one in inputs
        )

    async def _kind(
        self, kind: Served, made: Mapping[str, frozenset[tuple[str, str, str]] | None]
    ) -> None:
        ours = (kind.group, kind.plural)
        try:
            async for subject, tenant, labels in self._objects(kind, everything=ours in _NAMED):
                record = made[tenant]
                if labels.get(MANAGED_LABEL) == "true":
                    if record is not None:
                        self.findings += self.judge.mark(tenant, subject, record)
                elif ours == POLICIES:
                    self.findings += self.judge.parameters(tenant, subject)
                elif ours in _NAMED:
                    self.findings += self.judge.name(tenant, subject)
        except RequestFailed as error:
            self.missing.append(f"who made {kind.readable}: {error.problem}")

    async def _objects(
        self, kind: Served, *, everything: bool
    ) -> AsyncIterator[tuple[Subject, str, Mapping[str, str]]]:
        """Those in the tenants' namespaces, the marked ones only where that is enough."""
        selector = "" if everything else MARKED
        async for page in self.workspace.cluster.pages(kind, label_selector=selector):
            for one in page:
                metadata: Mapping[str, Any] = one["metadata"]
                tenant, labels = self.tenants.get(metadata["namespace"]), metadata.get("labels")
                if tenant and SCRATCH_LABEL not in (labels or {}):
                    subject = Subject(
                        metadata["namespace"],
                        kind.kind,
                        metadata["name"],
                        kind.api_version,
                        metadata["uid"],
                    )
                    yield subject, tenant, labels or {}

    async def _namespaces(self) -> None:
        """Of nobody too: they may be named like a tenant's."""
        try:
            found = await self.workspace.cluster.list("v1", "Namespace", metadata_only=True)
        except RequestFailed as error:
            self.missing.append(f"whose namespaces are: {error.problem}")
            return
        for live in map(namespace_of, (one["metadata"] for one in found)):
            if not live.terminating:
                every = self.judge.namespace(live)
                self.findings += [one for one in every if one.tenant in self.chosen]


_NAMED: Final = frozenset(
    {POLICIES, *((one.group, resource) for one in NAMED.matches for resource in one.resources)}
)
"""Kinds of which those without the marker matter too."""
