"""One update: what is saved when, and what becomes of failures, deadlines and stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from mto.engine.direct.diff import Action, actions
from mto.engine.direct.record import Recorder
from mto.engine.direct.update import Update
from mto.engine.errors import DeadlineExceeded
from mto.engine.port import Op, Progress, Result
from mto.errors import MtoError
from mto.plan.resource import PROVIDER, Key, Plan, Resource
from mto.state.checkpoint import Checkpoint, Operation

CLUSTER = Resource(PROVIDER, "cluster", {"enableServerSideApply": True})
BLUE = Resource("mto:tenancy:Tenant", "blue")
SPACE = Key("kubernetes:core/v1:Namespace", "blue-dev")
LONG = 3600.0


def thing(name: str, *after: str, kind: str = "ConfigMap") -> Resource:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
    needs = tuple(Key("kubernetes:core/v1:ConfigMap", one) for one in after)
    return Resource(f"kubernetes:core/v1:{kind}", name, manifest, BLUE.key, needs)


def planned(*things: Resource) -> Plan:
    return Plan("dev.blue", (CLUSTER, BLUE, *things), {"namespaces": []})


class MaybeDone(MtoError):
    """As the cluster's errors: the answer was lost on its way."""

    maybe_done = True


@dataclass
class Run:
    """Updates of one stack, with what was saved and asked on the way, in order."""

    checkpoint: Checkpoint = Checkpoint("dev.blue")
    log: list[str] = field(default_factory=list)
    saved: list[Checkpoint] = field(default_factory=list)
    watched: list[Progress] = field(default_factory=list)
    broken: dict[str, MtoError] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stop_after: str = ""

    def save(self, checkpoint: Checkpoint) -> None:
        self.log.append(f"save {len(checkpoint.pending)}")
        self.saved.append(checkpoint)
        self.checkpoint = checkpoint

    async def carry_out(self, action: Action) -> str:
        name = action.step.urn.rsplit("::", 1)[1]
        self.log.append(f"{action.step.op} {name}")
        if name == self.stop_after:
            self.stop.set()
        if name in self.broken:
            raise self.broken[name]
        return "" if action.step.op is Op.DELETE else f"uid-{name}"

    def up(
        self,
        plan: Plan,
        *,
        deadline: float = LONG,
        carry_out: Callable[[Action], Awaitable[str]] | None = None,
    ) -> Result:
        self.log.clear()
        todo = actions(plan, self.checkpoint, reveal=lambda value: value)
        recorder = Recorder(plan, self.checkpoint, "some-id", lambda value, _: value)
        update = Update(plan, todo, recorder, save=self.save, carry_out=carry_out or self.carry_out)
        return asyncio.run(update.run(deadline=deadline, watch=self.watched.append, stop=self.stop))

    @property
    def recorded(self) -> set[str]:
        kinds = ("kubernetes:",)
        return {one.name for one in self.checkpoint.resources if one.type.startswith(kinds)}

    @property
    def pending(self) -> dict[str, Operation]:
        return {one.resource.name: one.type for one in self.checkpoint.pending}


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
    assert run.recorded == {"a"}
    run.stop = asyncio.Event()
    run.stop_after = ""
    assert run.up(plan).ok
    assert run.log == ["save 1", "create b", "save 0"]
