"""One update: what is saved when, and what becomes of failures, deadlines and stops."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from mto.engine.direct.diff import Action, actions
from mto.engine.errors import DeadlineExceeded
from mto.engine.port import Op
from mto.errors import MtoError
from mto.plan.resource import Plan
from mto.state.checkpoint import Checkpoint, Operation
from tests.support.updates import SPACE, MaybeDone, Run, planned, thing


def test_what_is_about_to_be_done_is_saved_before_the_first_request_and_gone_at_the_end() -> None:
    run = Run()
    result = run.up(planned(thing("a"), thing("b", "a")))
    assert run.log == ["save 2", "create a", "create b", "save 0"]
    assert {one.resource.name for one in run.saved[0].pending} == {"a", "b"}
    assert run.recorded == {"a", "b"}
    assert result.ok
    assert result.outputs == {"namespaces": []}


def test_the_uid_of_what_was_made_is_recorded() -> None:
    run = Run()
    run.up(planned(thing("a")))
    (made,) = (one for one in run.checkpoint.resources if one.name == "a")
    assert made.outputs["metadata"]["uid"] == "uid-a"


def test_a_record_that_changes_without_a_request_is_saved_once() -> None:
    run = Run()
    run.up(planned(thing("a")))
    run.up(replace(planned(thing("a")), outputs={"namespaces": ["new"]}))
    assert run.log == ["save 0"]


def test_deletions_come_after_everything_else() -> None:
    run = Run()
    run.up(planned(thing("a"), thing("b", "a")))
    run.up(planned(thing("c")))
    assert run.log == ["save 3", "create c", "delete b", "delete a", "save 0"]
    assert run.recorded == {"c"}


def test_progress_counts_requests_only() -> None:
    run = Run()
    run.up(planned(thing("a"), thing("b", "a")))
    assert [(one.step.object, one.done, one.total) for one in run.watched] == [
        ("ConfigMap/a", 1, 2),
        ("ConfigMap/b", 2, 2),
    ]


# ---- failures ------------------------------------------------------------------------------------


def test_a_failure_is_told_and_not_recorded_and_the_rest_is_done() -> None:
    run = Run(broken={"a": MtoError("the quota is full")})
    result = run.up(planned(thing("a"), thing("b", "a"), thing("c")))
    assert [(one.step.object, one.message, one.skipped) for one in result.failures] == [
        ("ConfigMap/a", "the quota is full", False),
        ("ConfigMap/b", "not tried, because ConfigMap/a failed", True),
    ]
    assert not result.ok
    assert run.recorded == {"c"}
    assert run.pending == {}


def test_the_next_update_goes_on_with_what_failed() -> None:
    run = Run(broken={"a": MtoError("no")})
    plan = planned(thing("a"), thing("b", "a"), thing("c"))
    run.up(plan)
    run.broken.clear()
    assert run.up(plan).ok
    assert run.log == ["save 2", "create a", "create b", "save 0"]


def test_what_may_have_been_done_all_the_same_stays_pending_until_it_is_known() -> None:
    run = Run(broken={"a": MaybeDone("no answer")})
    plan = planned(thing("a"))
    run.up(plan)
    assert run.recorded == set()
    assert run.pending == {"a": Operation.CREATING}
    (again,) = (
        one for one in actions(plan, run.checkpoint, reveal=lambda value: value) if one.request
    )
    assert again.uncertain
    run.up(plan)
    assert [one.type for one in run.checkpoint.pending] == [Operation.CREATING]
    run.broken.clear()
    run.up(plan)
    assert (run.recorded, run.pending) == ({"a"}, {})


def test_an_update_that_may_have_been_made_keeps_its_old_record_beside_it() -> None:
    run = Run()
    run.up(planned(thing("a")))
    run.broken = {"a": MaybeDone("no answer")}
    changed = replace(thing("a"), inputs={**thing("a").inputs, "data": {"k": "v"}})
    run.up(planned(changed))
    assert run.pending == {"a": Operation.UPDATING}
    (old,) = (one for one in run.checkpoint.resources if one.name == "a")
    assert "data" not in old.inputs


def test_a_doubtful_change_is_made_sure_of_even_if_the_manifests_go_back() -> None:
    """A member was added, the answer was lost, the member was dropped again."""
    run = Run()
    run.up(planned(thing("a")))
    run.broken = {"a": MaybeDone("no answer")}
    run.up(planned(replace(thing("a"), inputs={**thing("a").inputs, "data": {"k": "v"}})))
    run.broken = {"a": MtoError("refused")}
    run.up(planned(thing("a")))
    assert run.pending == {"a": Operation.UPDATING}
    run.stop.set()
    run.up(planned(thing("a")))
    assert run.pending == {"a": Operation.UPDATING}
    run.stop = asyncio.Event()
    run.broken.clear()
    run.up(planned(thing("a")))
    assert run.log == ["save 1", "update a", "save 0"]
    run.up(planned(thing("a")))
    assert run.log == ["save 0"]


def test_a_doubtful_deletion_is_made_sure_of_when_the_object_is_wanted_again() -> None:
    run = Run()
    run.up(planned(thing("a")))
    run.broken = {"a": MaybeDone("no answer")}
    run.up(planned())
    assert run.pending == {"a": Operation.DELETING}
    run.broken.clear()
    run.up(planned(thing("a")))
    assert run.log == ["save 1", "update a", "save 0"]


def test_a_replacement_that_failed_may_have_lost_the_object() -> None:
    run = Run()
    run.up(planned(thing("a")))
    run.broken = {"a": MtoError("the new one is invalid")}
    moved = {**thing("a").inputs, "metadata": {"name": "a", "namespace": "elsewhere"}}
    run.up(planned(replace(thing("a"), inputs=moved)))
    run.broken.clear()
    run.up(planned(thing("a")))
    assert run.log == ["save 1", "update a", "save 0"]


def test_what_two_killed_runs_left_is_still_known() -> None:
    """The first was creating it, the second, which no longer wanted it, deleting it."""
    run = Run(broken={"a": MaybeDone("no answer")})
    run.up(planned(thing("a")))
    run.up(planned())
    (killed,) = (one for one in run.saved if one.pending and one is run.saved[-2])
    assert [one.type for one in killed.pending] == [Operation.CREATING]
    (again,) = (
        one for one in actions(planned(), killed, reveal=lambda value: value) if one.request
    )
    assert (again.step.op, again.uncertain) == (Op.DELETE, True)


def test_a_replacement_that_failed_half_way_is_taken_up_again() -> None:
    binding = thing("b", kind="RoleBinding")
    run = Run()
    run.up(planned(binding))
    run.broken = {"b": MtoError("deleted, and then refused")}
    other = replace(binding, inputs={**binding.inputs, "roleRef": {"name": "edit"}})
    run.up(planned(other))
    assert run.log == ["save 1", "replace b", "save 1"]
    assert run.pending == {"b": Operation.CREATING}
    run.broken.clear()
    run.up(planned(other))
    assert (run.recorded, run.pending) == ({"b"}, {})


def test_what_was_not_deleted_stays_recorded() -> None:
    run = Run()
    run.up(planned(thing("a"), thing("b", "a")))
    run.broken = {"b": MtoError("a finalizer holds it")}
    result = run.up(planned())
    assert run.recorded == {"a", "b"}
    assert [one.skipped for one in result.failures] == [False, True]


def test_components_go_only_when_their_children_are_gone() -> None:
    run = Run()
    run.up(planned(thing("a")))
    run.broken = {"a": MtoError("no")}
    run.up(Plan("dev.blue"))
    names = {one.name for one in run.checkpoint.resources}
    assert names == {"mto-dev.blue", "cluster", "blue", "a"}
    run.broken.clear()
    run.up(Plan("dev.blue"))
    assert run.checkpoint.resources == ()


def test_what_goes_along_with_its_namespace_goes_from_the_record_with_it() -> None:
    space = thing("blue-dev", kind="Namespace")
    inside = replace(thing("a"), depends_on=(SPACE,), deleted_with=SPACE)
    run = Run()
    run.up(planned(space, inside))
    run.broken = {"blue-dev": MtoError("it is still there")}
    run.up(Plan("dev.blue"))
    assert run.recorded == {"blue-dev", "a"}
    run.broken.clear()
    run.up(Plan("dev.blue"))
    assert run.log == ["save 1", "delete blue-dev", "save 0"]
    assert run.checkpoint.resources == ()


def test_a_bug_is_no_failure_of_a_step() -> None:
    async def carry_out(_: Action) -> str:
        raise ZeroDivisionError

    run = Run()
    with pytest.raises(ZeroDivisionError):
        run.up(planned(thing("a")), carry_out=carry_out)
    assert run.pending == {"a": Operation.CREATING}


def test_a_cancelled_update_ends_only_when_its_record_is_written() -> None:
    run, begun, end = Run(), threading.Event(), threading.Event()
    save = run.save

    def slow(checkpoint: Checkpoint) -> None:
        begun.set()
        assert end.wait(10)
        save(checkpoint)

    run.save = slow  # type: ignore[method-assign]

    async def cancelled() -> None:
        task = asyncio.ensure_future(run.begin(planned(thing("a"))))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        asyncio.get_running_loop().call_soon(end.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert run.log == ["save 1"]

    asyncio.run(cancelled())


# ---- deadline and stop ---------------------------------------------------------------------------


def test_past_the_deadline_nothing_starts_and_what_was_done_is_recorded() -> None:
    run = Run()
    with pytest.raises(DeadlineExceeded) as error:
        run.up(planned(thing("a")), deadline=-1.0)
    assert run.log == ["save 1", "save 0"]
    assert run.recorded == set()
    assert str(error.value) == (
        "stack 'dev.blue': not finished after -1 s; what was done is recorded, run again to go "
        "on, or allow more time with --timeout"
    )


def test_an_update_that_was_done_in_spite_of_the_deadline_is_done() -> None:
    run = Run()
    run.up(planned(thing("a")))
    assert run.up(planned(thing("a")), deadline=-1.0).ok


def test_once_stopped_what_is_under_way_is_finished_and_the_rest_left() -> None:
    run = Run(stop_after="a")
    plan = planned(thing("a"), thing("b", "a"))
    result = run.up(plan)
    assert run.log == ["save 2", "create a", "save 0"]
    assert result.interrupted
    assert not result.ok
    assert result.failures == ()
    assert not any(step.urn.endswith("::b") for step in result.steps)
    assert run.recorded == {"a"}
    run.stop = asyncio.Event()
    run.stop_after = ""
    assert run.up(plan).ok
    assert run.log == ["save 1", "create b", "save 0"]
