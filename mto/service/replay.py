"""Scratch policies of one audit: made, waited for, asked about objects, and always removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from mto.admission import replay
from mto.admission.replay import SCRATCH_LABEL
from mto.cluster.attempt import Answered, Attempt, Verb
from mto.cluster.client import Cluster
from mto.cluster.errors import NotFound, ServerBusy, Timeout, TooManyRequests, Unreachable
from mto.cluster.listing import Object
from mto.cluster.ref import Ref
from mto.service import scratch

Manifest = dict[str, Any]

POLICY: Final = "ValidatingAdmissionPolicy"
LOST: Final = (Unreachable, Timeout, ServerBusy, TooManyRequests)
"""Nothing that the server said about the object."""
SETTLE_WITHIN: Final = 20.0
"""Seconds within which every API server has learnt of new policies (about one, as measured)."""
PAUSE: Final = 0.2
AGAIN: Final = 5
"""Times an object is asked about again once the policies were seen."""


@dataclass(frozen=True)
class Verdict:
    """``objections`` by the policy's name; ``judged`` is false where not all of them looked."""

    objections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    judged: bool = True
    gone: bool = False
    problem: str = ""


@dataclass
class Bench:
    """One run's scratch policies in a cluster."""

    cluster: Cluster
    run: str
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def judge(self, ref: Ref, expected: frozenset[str], *, patch: Object) -> Verdict:
        """What the policies ``expected`` to look at the object say of it.

        A policy made a moment ago is not known to every API server at once; each answer tells which
        of them looked, so an answer without one of them is asked for again.
        """
        manager = replay.prefix(self.run)
        attempt = Attempt(Verb.MERGE_PATCH, ref, patch, manager=manager)
        clock = asyncio.get_running_loop().time
        ends = clock() + SETTLE_WITHIN
        tries = 0
        while True:
            answered = await self.cluster.attempt(attempt)
            verdicts = replay.verdicts(answered.warnings, run=self.run)
            if expected <= verdicts.keys():
                self.settled.set()
                return Verdict({name: said for name, said in verdicts.items() if said})
            if isinstance(answered.error, NotFound):
                return Verdict(gone=True)
            tries += 1
            hopeless = clock() >= ends or (self.settled.is_set() and tries > AGAIN)
            if hopeless or _came_before_admission(answered, verdicts):
                return Verdict(
                    verdicts, judged=False, problem=_problem(answered, verdicts, expected)
                )
            await asyncio.sleep(PAUSE)


def _came_before_admission(answered: Answered, verdicts: Mapping[str, object]) -> bool:
    """No scratch policy was reached, and asking again changes nothing."""
    error = answered.error
    return error is not None and not verdicts and POLICY not in error.problem


def _problem(answered: Answered, verdicts: Mapping[str, object], expected: frozenset[str]) -> str:
    error = answered.error
    if isinstance(error, LOST):
        return f"the API server gave no answer: {error.problem}"
    if error is not None and POLICY not in error.problem:
        return f"the API server refuses any update of it: {error.problem}"
    unheard = ", ".join(sorted(expected - verdicts.keys()))
    return (
        f"not judged by {unheard}: its namespace has no TenantPolicy, or the answer was cut short"
    )


@asynccontextmanager
async def bench(
    cluster: Cluster,
    policies: Sequence[Mapping[str, Any]],
    *,
    parameters: Mapping[str, Manifest] | None,
    standing: str,
) -> AsyncIterator[Bench]:
    """Scratch copies of ``policies``, which hold for this run's requests only.

    ``parameters`` are proposed TenantPolicies by namespace, of which copies are made; without them
    the policies read those in force, named ``standing``.
    """
    run = scratch.new_run()
    reads = standing if parameters is None else f"{standing}-{run}"
    await scratch.sweep(cluster)
    try:
        await scratch.make(cluster, _parameters(parameters or {}, reads, run))
        await scratch.make(cluster, (replay.scratch(one, run=run) for one in policies))
        bindings = (replay.binding(one, run=run, parameters=reads) for one in policies)
        await scratch.make(cluster, bindings)
        yield Bench(cluster, run)
    finally:
        await scratch.remove(cluster, run)


def _parameters(parameters: Mapping[str, Manifest], name: str, run: str) -> Iterable[Manifest]:
    for namespace, manifest in parameters.items():
        labels = {SCRATCH_LABEL: run}
        yield {
            **manifest,
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
        }
