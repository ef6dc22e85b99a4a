"""The CLI's story in the port's words: steps, failures, progress. Pure.

Object, reason and order are those that the direct engine gives, since they come from the same
decisions about the same plan and record; what happened is the CLI's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mto.engine.direct.diff import address, compare
from mto.engine.port import Change, Failure, Op, Step
from mto.engine.pulumi.events import Story, Told
from mto.engine.pulumi.messages import explained
from mto.plan.resource import STACK

GONE = "no longer declared"
EDITED = "it was changed in the cluster"
MISSING = "it is no longer in the cluster"


@dataclass(frozen=True)
class Words:
    """``known`` are the steps that the direct engine would take, in its order, by URN.

    ``extra`` names the function by which the project adds resources of its own.
    """

    known: Mapping[str, Step]
    extra: str = ""

    def steps(self, story: Story) -> tuple[Step, ...]:
        """What was done, or would be, resources that only the CLI knows last."""
        told = [one for one in story.steps.values() if one.type != STACK]
        places = {urn: place for place, urn in enumerate(self.known)}
        told.sort(key=lambda one: places.get(one.urn, len(places)))
        return tuple(map(self.step, told))

    def step(self, told: Told) -> Step:
        """One step in the words that the direct engine has for it."""
        name = told.urn.split("::", 3)[3]
        known = self.known.get(told.urn)
        seen = _changes(told)
        if known is None:
            target = address(told.type, told.new or told.old, name)
            gone = told.op in (Op.DELETE, Op.FORGET)
            return Step(told.op, told.urn, target, GONE if gone else self.extra, seen)
        if known.op is told.op:
            return replace(known, changes=known.changes or seen)
        along = known.deleted_with if told.op is Op.DELETE else ""
        return replace(known, op=told.op, changes=seen, deleted_with=along)

    def failures(self, story: Story, *, ended: bool) -> tuple[Failure, ...]:
        """What was not carried out; ``ended``: the CLI went as far as it could by itself."""
        return tuple(self._failures(story, ended=ended))

    def _failures(self, story: Story, *, ended: bool) -> Iterator[Failure]:
        for urn, told in story.steps.items():
            texts = story.said("error", urn)
            if told.type == STACK or not (told.failed or texts):
                continue
            step = self.step(told)
            message = "; ".join(texts) or "the CLI does not say why"
            yield Failure(step, explained(message, step.object))
        unknown = {one.urn for one in story.remarks if one.severity == "error" and one.urn}
        for urn in sorted(unknown - story.steps.keys()):
            yield self._unbegun(urn, "; ".join(story.said("error", urn)))
        if ended:
            yield from self._skipped(story, unknown)

    def _unbegun(self, urn: str, message: str) -> Failure:
        kind, name = urn.split("::", 3)[2].rsplit("$", 1)[-1], urn.split("::", 3)[3]
        step = self.known.get(urn) or Step(Op.UPDATE, urn, address(kind, {}, name), self.extra)
        return Failure(step, explained(message, step.object))

    def _skipped(self, story: Story, blamed: set[str]) -> Iterator[Failure]:
        """Steps that never began, where something failed before them."""
        for urn, step in self.known.items():
            quiet = step.op in (Op.SAME, Op.FORGET) or step.deleted_with
            if urn not in story.steps and urn not in blamed and not quiet:
                yield Failure(step, "not tried, because something it needs failed", skipped=True)

    def drift(self, story: Story) -> tuple[Step, ...]:
        """The steps of a refresh: only Kubernetes objects and what users added count."""
        return tuple(
            replace(step, because=_DRIFT.get(step.op, ""))
            for step in self.steps(story)
            if story.steps[step.urn].custom and not story.steps[step.urn].type.startswith("pulumi:")
        )


_DRIFT = {Op.UPDATE: EDITED, Op.DELETE: MISSING}


def _changes(told: Told) -> tuple[Change, ...]:
    if told.op not in (Op.UPDATE, Op.REPLACE):
        return ()
    return tuple(compare(told.old, told.new))
