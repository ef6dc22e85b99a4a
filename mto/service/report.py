"""What an operation did to each stack of an environment, or would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mto.engine.port import Op, Result, Step
from mto.plan.resource import Deletion, Plan

PLATFORM = "platform"


@dataclass(frozen=True)
class StackReport:
    """One stack: ``name`` is its tenant's, or ``platform``. ``error``: it did not get that far.

    ``outdated``: since another run was faster, or is at work, so it may be tried again.
    """

    name: str
    result: Result
    deletions: tuple[Deletion, ...] = ()
    warnings: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    error: str = ""
    outdated: bool = False

    @classmethod
    def of(cls, name: str, plan: Plan, result: Result) -> StackReport:
        return cls(name, result, plan.deletions, plan.warnings, plan.unsettled)

    @property
    def ok(self) -> bool:
        return not self.error and self.result.ok

    @property
    def steps(self) -> tuple[Step, ...]:
        """Steps on objects of the cluster, without those that failed.

        Components and providers are bookkeeping.
        """
        failed = {one.step.urn for one in self.result.failures}
        return tuple(
            step for step in self.result.steps if _visible(step) and step.urn not in failed
        )

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.op is not Op.SAME)

    @property
    def problems(self) -> Iterator[str]:
        """Sentences about what failed; what was merely skipped is counted at the end."""
        if self.error:
            yield self.error
        skipped = sum(one.skipped for one in self.result.failures)
        for failure in self.result.failures:
            if not failure.skipped:
                yield f"{failure.step.op} {failure.step.object}: {failure.message}"
        if skipped:
            yield f"{skipped} more steps were not tried, because something they need failed"
        if self.result.interrupted:
            yield "interrupted; what was done is recorded, the next run goes on"


@dataclass(frozen=True)
class Report:
    """``vanished`` are tenants that have a stack and are no longer declared."""

    stacks: tuple[StackReport, ...]
    vanished: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return all(one.ok for one in self.stacks)

    @property
    def changed(self) -> bool:
        return any(one.changes for one in self.stacks)

    @property
    def counts(self) -> Mapping[Op, int]:
        """Objects by what happens to them; the unchanged ones included."""
        return Counter(step.op for one in self.stacks for step in one.steps)

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.stacks if not one.ok)


def merged(first: StackReport, then: StackReport) -> StackReport:
    """Two rounds on one stack as one report: the changes of both, the outcome of the later."""
    earlier = {step.urn: step for step in first.result.changes}
    later = {step.urn for step in then.result.steps}
    steps = (
        *(step for urn, step in earlier.items() if urn not in later),
        *(_both(earlier[one.urn], one) if one.urn in earlier else one for one in then.result.steps),
    )
    result = Result(
        then.result.stack,
        steps,
        then.result.failures,
        (*first.result.diagnostics, *then.result.diagnostics),
        then.result.outputs,
        first.result.seconds + then.result.seconds,
        then.result.interrupted,
        then.result.engine,
        then.result.chosen,
    )
    return StackReport(
        then.name,
        result,
        (*first.deletions, *then.deletions),
        then.warnings,
        then.unsettled,
        then.error,
    )


def _both(first: Step, then: Step) -> Step:
    """Two steps on one object as one: made and then changed is made."""
    if then.op is Op.SAME or first.op is not Op.UPDATE or then.op is not Op.UPDATE:
        return first if then.op in (Op.SAME, Op.UPDATE) else then
    paths = {one.path: one for one in first.changes}
    changes = {
        one.path: replace(one, before=paths[one.path].before) if one.path in paths else one
        for one in then.changes
    }
    return replace(then, changes=tuple((paths | changes).values()))


def _visible(step: Step) -> bool:
    """Not MTO's components, nor providers; what is no resource of a stack has a bare URN."""
    types = step.urn.split("::", 3)[2] if step.urn.startswith("urn:") else step.urn.split("::")[1]
    return not types.rsplit("$", 1)[-1].startswith(("mto:", "pulumi:"))
