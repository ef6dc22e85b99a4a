"""Tenants that go, being deleted or pruned; and Quotas after them.

A Tenant declared in the cluster is held by a finalizer from before the first object is made for it
until the last one is gone. Whoever deletes it has decided. A file that is gone decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mto.cluster.errors import Conflict, NotFound
from mto.cluster.ref import Ref
from mto.engine.port import Progress, Result
from mto.errors import ClusterError
from mto.serve.finalizer import going, patch, to_hold
from mto.serve.log import say
from mto.serve.telling import ref
from mto.serve.turn import Turn, Turns
from mto.serve.work import Work, may_prune
from mto.service.destroy import destroyed
from mto.service.report import StackReport
from mto.service.workspace import Workspace

ATTEMPTS = 3

Object = Mapping[str, Any]


@dataclass
class Leaving:
    """``customs`` are the custom resources as the watches show them."""

    workspace: Workspace
    work: Work
    turns: Turns
    customs: Mapping[Ref, Object]

    async def hold(self, tenant: str) -> None:
        """Before anything is made for the tenant: its end must not be missed, nor its Quota's."""
        quota = self.work.standing.world.tenants[tenant].value.spec.quota
        for target in (ref("Tenant", tenant), ref("Quota", quota)):
            live = self.customs.get(target)
            if live is not None and to_hold(live):
                await self._patch(target, hold=True)
        if going(self.customs.get(ref("Tenant", tenant))):
            await self._patch(ref("Tenant", tenant), hold=False)  # a file declares it as well

    async def tenant(self, name: str) -> Turn:
        """One that is in force no more."""
        deleted = going(self.customs.get(ref("Tenant", name)))
        if not deleted and self.work.standing.declares(name):
            return Turn()
        stacks = await asyncio.to_thread(self.workspace.stacks)
        vanished = self.work.vanished(stacks)
        known = name in stacks
        if not deleted and not (known and self._may_prune(vanished, stacks)):
            if known:
                say("declared no more; it stays until it is destroyed", tenant=name)
            else:
                self.work.reports.pop(name, None)
            return Turn()
        return await self._destroyed(name, deleted=deleted)

    async def quotas(self) -> None:
        """Let Quotas go that somebody deleted and no tenant has any more."""
        for target in [
            one for one, live in self.customs.items() if one.kind == "Quota" and going(live)
        ]:
            if not self.work.users(target.name):
                await self._patch(target, hold=False)

    def leaving_quotas(self) -> bool:
        """Some wait for their last tenant."""
        return any(one.kind == "Quota" and going(live) for one, live in self.customs.items())

    def _may_prune(self, vanished: tuple[str, ...], stacks: Mapping[str, str]) -> bool:
        return self.workspace.environment.prune and may_prune(vanished, stacks)

    async def _destroyed(self, name: str, *, deleted: bool) -> Turn:
        workspace = replace(self.workspace, world=self.work.standing.world)
        (report,) = await destroyed(workspace, [name], watch=_quiet)
        if not report.ok:
            return Turn(report)
        self.turns.forget(name)
        self.turns.ledger.forget(report.result.stack)
        self.work.deployed.discard(name)
        if deleted:
            try:
                await self._patch(ref("Tenant", name), hold=False)
            except ClusterError as error:
                return Turn(StackReport(name, Result(report.result.stack), error=str(error)))
        return Turn(report)

    async def _patch(self, target: Ref, *, hold: bool) -> None:
        """Under the version that was read: others may hold the object as well."""
        cluster = self.workspace.cluster
        for attempt in range(ATTEMPTS):
            try:
                live = await cluster.get(target)
                await cluster.patch(target, patch(live, hold=hold))
            except NotFound:
                return
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return


def _quiet(_progress: Progress) -> None:
    """Nobody looks on; the report says it all at the end."""
