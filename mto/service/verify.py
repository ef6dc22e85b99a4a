"""`mto verify`: proof of isolation on a live cluster, by trying to break it.

Every write that is tried is a server-side dry run. What must be real (the rights of one
impersonated principal, a service account where the usual one is denied) has a scratch name and is
removed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from mto.errors import MtoError
from mto.service import refusal, scratch
from mto.service.actors import Actors, actors
from mto.service.checks.all import CHECKS
from mto.service.checks.check import Check, Review, Try
from mto.service.checks.scene import Scene
from mto.service.isolation import About, Line, Outcome, Report, Status, line
from mto.service.parallel import each
from mto.service.scenes import Stage, missing, scene
from mto.service.workspace import Workspace

TENANTS_AT_ONCE = 4
"""A tenant's checks fill the connections by themselves."""


async def verify(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    only: frozenset[str] = frozenset(),
    real: bool = False,
) -> Report:
    """The checks ``only``, or all, for the named tenants, or all.

    ``real``: members hold certificates of their own instead of being impersonated.

    Raises:
        UnknownTenant: a name that nobody declares.
    """
    started = time.monotonic()
    run, cluster = scratch.new_run(), workspace.cluster
    chosen = workspace.tenants(names)
    checks = tuple(one for one in CHECKS if not only or one.id in only)
    live, discovered = await asyncio.gather(workspace.survey(), cluster.discover())
    await scratch.sweep(cluster)
    async with actors(cluster, run=run, real=real) as people:
        stage = Stage(workspace, live, discovered.preferred, run)
        verification = _Verification(stage, people, checks, stage.rivals())
        lines = await each(chosen, verification.of, TENANTS_AT_ONCE)
    return Report(
        tuple(one for some in lines for one in some),
        tuple(verification.missing),
        real,
        time.monotonic() - started,
        datetime.now(UTC),
    )


@dataclass
class _Verification:
    """One run under way; ``missing`` says which tenants it knows nothing of."""

    stage: Stage
    people: Actors
    checks: tuple[Check, ...]
    rivals: Mapping[str, str]
    missing: list[str] = field(default_factory=list)

    async def of(self, name: str) -> tuple[Line, ...]:
        try:
            why, found = await self._scene(name)
        except MtoError as error:
            why, found = str(error), None
        if found is None:
            self.missing.append(f"tenant {name!r}: {why}")
            return ()
        return await _tenant(self.people, found, self.checks)

    async def _scene(self, name: str) -> tuple[str, Scene | None]:
        """The scene, or why there is none."""
        if self.stage.workspace.engine.stop.is_set():
            return "the run was interrupted", None
        if not self.stage.namespace(name):
            return "it has no namespace made by MTO; run `mto up` first", None
        found = await scene(self.stage, name, self.rivals.get(name))
        why = missing(found)
        return why, None if why else found


async def _tenant(people: Actors, found: Scene, checks: Iterable[Check]) -> tuple[Line, ...]:
    return tuple(await asyncio.gather(*(_check(people, found, one) for one in checks)))


async def _check(people: Actors, found: Scene, check: Check) -> Line:
    about = About(check.id, check.title, check.category.value, found.name)
    if why := check.left_out(found):
        return Line(**asdict(about), status=Status.SKIP, reason=why)
    controls = await _all(people, found, check.controls(found))
    tries = await _all(people, found, check.tries(found))
    return line(
        about,
        controls=controls,
        tries=tries,
        facts=tuple(check.facts(found)),
        doubts=tuple(check.doubts(found)),
        left_open=check.left_open(found),
    )


async def _all(people: Actors, found: Scene, tries: Iterable[Try]) -> tuple[Outcome, ...]:
    """Those of people that the tenant has; nobody can try anything as somebody who is not there."""
    able = [one for one in tries if one.who in found.people]
    return tuple(await asyncio.gather(*(_one(people, found, one) for one in able)))


async def _one(people: Actors, found: Scene, one: Try) -> Outcome:
    answered = await people.ask(found.people[one.who], one.request)
    what = f"{one.who} can {one.what}"
    if isinstance(one.request, Review):
        return refusal.reviewed(what, answered)
    return refusal.outcome(what, answered)
