from __future__ import annotations

import pytest

from mto.engine.port import Change, Failure, Op, Result, Step
from mto.plan.resource import Deletion, Plan
from mto.service.report import Report, StackReport, merged

OBJECT = "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$kubernetes:core/v1:ConfigMap::"


def step(op: Op, name: str = "a", *changes: Change) -> Step:
    return Step(op, f"{OBJECT}{name}", f"ConfigMap/{name}", "why", changes)


COMPONENT = Step(Op.CREATE, "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant::blue", "Tenant/blue")


def report(*steps: Step, name: str = "blue", error: str = "", **result: object) -> StackReport:
    return StackReport(name, Result("dev.blue", steps, **result), error=error)  # type: ignore[arg-type]


# ---- one stack -----------------------------------------------------------------------------------


def test_components_and_providers_are_bookkeeping_and_not_shown() -> None:
    one = report(COMPONENT, step(Op.CREATE), step(Op.SAME, "b"))
    assert [change.object for change in one.changes] == ["ConfigMap/a"]


def test_failures_are_told_and_what_was_skipped_is_counted() -> None:
    failures = (
        Failure(step(Op.CREATE), "the quota is full"),
        Failure(step(Op.CREATE, "b"), "not tried, because ConfigMap/a failed", skipped=True),
        Failure(step(Op.CREATE, "c"), "not tried, because ConfigMap/a failed", skipped=True),
    )
    one = report(failures=failures)
    assert list(one.problems) == [
        "create ConfigMap/a: the quota is full",
        "2 more steps were not tried, because something they need failed",
    ]
    assert not one.ok


def test_what_failed_is_not_told_as_done() -> None:
    made, refused, same = step(Op.CREATE), step(Op.CREATE, "b"), step(Op.SAME, "c")
    one = report(made, refused, same, failures=(Failure(refused, "the quota is full"),))
    assert one.changes == (made,)
    assert Report((one,)).counts == {Op.CREATE: 1, Op.SAME: 1}


def test_what_was_interrupted_and_what_never_began_is_told() -> None:
    assert list(report(interrupted=True).problems) == [
        "interrupted; what was done is recorded, the next run goes on"
    ]
    broken = report(error="the cluster is away")
    assert list(broken.problems) == ["the cluster is away"]
    assert not broken.ok


def test_a_plan_s_decisions_are_part_of_the_report() -> None:
    gone = Deletion("blue-old", {}, consented=False, because="why")
    plan = Plan("dev.blue", deletions=(gone,), warnings=("w",), unsettled=("u",))
    one = StackReport.of("blue", plan, Result("dev.blue"))
    assert (one.deletions, one.warnings, one.unsettled) == ((gone,), ("w",), ("u",))


# ---- all stacks ----------------------------------------------------------------------------------


def test_an_environment_is_as_good_as_its_worst_stack() -> None:
    good, bad = report(step(Op.SAME)), report(name="red", error="no")
    assert Report((good,)).ok
    assert not Report((good,)).changed
    assert not Report((good, bad)).ok
    assert Report((good, bad)).failed == ("red",)


def test_objects_are_counted_over_all_stacks_by_what_happens_to_them() -> None:
    one = report(COMPONENT, step(Op.CREATE), step(Op.SAME, "b"))
    two = report(step(Op.CREATE, "c"), step(Op.DELETE, "d"))
    assert Report((one, two)).counts == {Op.CREATE: 2, Op.SAME: 1, Op.DELETE: 1}
    assert Report((one, two)).changed


def test_what_failed_is_not_counted_as_done() -> None:
    failure = Failure(step(Op.CREATE), "the quota is full")
    one = report(step(Op.CREATE), step(Op.CREATE, "b"), failures=(failure,))
    assert [change.object for change in one.changes] == ["ConfigMap/b"]
    assert Report((one,)).counts == {Op.CREATE: 1}


# ---- two rounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "both"),
    [
        (Op.CREATE, Op.SAME, Op.CREATE),
        (Op.CREATE, Op.UPDATE, Op.CREATE),
        (Op.REPLACE, Op.UPDATE, Op.REPLACE),
        (Op.UPDATE, Op.SAME, Op.UPDATE),
        (Op.UPDATE, Op.REPLACE, Op.REPLACE),
        (Op.CREATE, Op.DELETE, Op.DELETE),
        (Op.SAME, Op.UPDATE, Op.UPDATE),
    ],
)
def test_two_steps_on_one_object_are_told_as_one(first: Op, then: Op, both: Op) -> None:
    (one,) = merged(report(step(first)), report(step(then))).result.steps
    assert one.op is both


def test_a_field_that_changed_twice_shows_its_first_and_last_value() -> None:
    first = step(Op.UPDATE, "a", Change("spec.x", 1, 2), Change("spec.y", 1, 2))
    then = step(Op.UPDATE, "a", Change("spec.x", 2, 3), Change("spec.z", 1, 2))
    (one,) = merged(report(first), report(then)).result.steps
    assert {change.path: (change.before, change.after) for change in one.changes} == {
        "spec.x": (1, 3),
        "spec.y": (1, 2),
        "spec.z": (1, 2),
    }


def test_what_only_the_first_round_touched_stays_in_the_report() -> None:
    both = merged(report(step(Op.DELETE, "old"), step(Op.SAME)), report(step(Op.SAME)))
    assert [(one.op, one.object) for one in both.result.steps] == [
        (Op.DELETE, "ConfigMap/old"),
        (Op.SAME, "ConfigMap/a"),
    ]


def test_the_outcome_is_that_of_the_later_round() -> None:
    gone = Deletion("blue-old", {}, consented=False, because="why")
    first = StackReport(
        "blue", Result("dev.blue", seconds=1.0, diagnostics=("d",)), (gone,), ("w",), ("waits",)
    )
    failure = Failure(step(Op.CREATE), "no")
    both = merged(first, report(failures=(failure,), seconds=0.5))
    assert both.result.failures == (failure,)
    assert (both.unsettled, both.warnings) == ((), ())
    assert both.deletions == (gone,)
    assert both.result.diagnostics == ("d",)
    assert both.result.seconds == pytest.approx(1.5)
