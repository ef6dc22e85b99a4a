"""A CLI that hangs, dies, babbles or is locked: no hang, a clear error, the next run goes on."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mto.engine.errors import DeadlineExceeded
from mto.engine.port import Op
from mto.engine.pulumi.engine import PulumiEngine
from mto.engine.pulumi.errors import CliBusy, CliCrashed, CliFailed, CliSilent, CliUnfit
from mto.errors import MtoError
from mto.state.checkpoint import Operation
from mto.state.errors import StateLocked
from tests.support.mto import until
from tests.support.process import alive
from tests.support.pulumi import STACK, StandIn, kubernetes
from tests.support.updates import planned, thing

ONE, TWO = thing("one"), thing("two", "one")
PLAN = planned(ONE, TWO)


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        pytest.param(
            "panic",
            CliCrashed,
            "stack 'dev.blue': pulumi crashed and said: panic: runtime error: index out of range "
            "[3]; run again, the next run finds what was under way",
            id="a panic",
        ),
        pytest.param(
            "garbage",
            CliSilent,
            "stack 'dev.blue': pulumi ended without telling what it did; it printed: <html>\x00"
            "It works!</html>. Is it Pulumi's own CLI? Run `mto preview` to see how things stand",
            id="garbage, and success",
        ),
        pytest.param(
            "conflict",
            CliBusy,
            "stack 'dev.blue' is being updated by somebody else, the backend says: wait until that "
            "is done and run again",
            id="409",
        ),
        pytest.param(
            "refuse",
            CliFailed,
            "stack 'dev.blue': pulumi ended with code 1 and said: could not open the event log: "
            "the disk is on fire",
            id="an error of its own",
        ),
    ],
)
def test_a_broken_cli_is_a_clear_error_and_the_next_run_works(
    standin: StandIn, fault: str, kind: type[MtoError], message: str
) -> None:
    standin.fault = fault
    with pytest.raises(kind) as error:
        standin.up(PLAN)
    assert str(error.value) == message
    standin.fault = ""
    assert standin.up(PLAN).ok


def test_a_cli_that_is_too_old_is_refused(standin: StandIn) -> None:
    standin.fault = "old"
    with pytest.raises(CliUnfit) as error:
        standin.preview(PLAN)
    assert str(error.value) == (
        f"{standin.path}/pulumi can't be used: it is Pulumi v3.100.0; MTO needs Pulumi 3.206.0 or "
        "newer"
    )


@pytest.mark.parametrize("fault", ["hang", "slow", "noise"])
def test_a_cli_that_does_not_end_is_ended_and_the_next_run_recovers(
    standin: StandIn, fault: str
) -> None:
    standin.fault = fault
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as error:
        standin.up(PLAN, deadline=2)
    assert str(error.value) == (
        "stack 'dev.blue': not finished after 2 s; what was done is recorded, run again to go on, "
        "or allow more time with --timeout"
    )
    assert time.monotonic() - began < 15
    assert started(standin) == []
    standin.fault = ""
    result = standin.up(PLAN)
    assert result.ok
    assert standin.locks == []
    checkpoint = standin.backend.load(STACK)
    assert checkpoint is not None
    assert checkpoint.pending == ()


def pending(standin: StandIn) -> bool:
    """The CLI is in the middle of its update."""
    known = standin.backend.load(STACK)
    return known is not None and bool(known.pending)


def started(standin: StandIn) -> list[str]:
    """Processes that are left of this test's own CLI."""
    mark = f"STANDIN_LOG={standin.log}".encode()
    found = []
    for one in Path("/proc").iterdir():
        try:
            mine = one.name.isdigit() and mark in (one / "environ").read_bytes()
        except OSError:
            continue
        if mine and alive(int(one.name)):
            found.append(one.name)
    return found


def test_a_cli_that_was_killed_leaves_its_lock_which_the_next_run_breaks(
    standin: StandIn,
) -> None:
    standin.fault = "crash"
    with pytest.raises(CliCrashed) as error:
        standin.up(PLAN)
    assert str(error.value) == (
        "stack 'dev.blue': pulumi was killed by SIGKILL; run again, the next run finds what was "
        "under way"
    )
    assert len(standin.locks) == 1
    standin.fault = ""
    result = standin.up(PLAN)
    assert kubernetes(result) == {"ConfigMap/one": Op.CREATE, "ConfigMap/two": Op.CREATE}
    broken, settled = result.diagnostics
    assert re.fullmatch(
        rf"a killed run had left its lock: \S+@{socket.gethostname()} \(pid \d+\) since \S+", broken
    )
    assert re.fullmatch(
        r"what a killed run had begun was looked at; backup dev\.blue\.\d+\.mto\.json holds the "
        "record as it was",
        settled,
    )
    (kept,) = standin.backend.backups(STACK)
    _, backup = standin.backend.backup(STACK, kept.name)
    assert [one.type for one in backup.pending] == [Operation.CREATING]
    assert standin.calls == ["up", "cancel", "refresh", "up"]
    assert standin.locks == []


def test_a_creation_that_a_killed_run_finished_is_recorded_and_not_repeated(
    standin: StandIn,
) -> None:
    marked = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "blue"}
    one = thing("one")
    inputs = {**one.inputs, "metadata": {"name": "one", "labels": marked}}
    plan = planned(type(one)(one.type, one.name, inputs, one.parent))
    standin.fault = "crash"
    with pytest.raises(CliCrashed):
        standin.up(plan)
    standin.cluster.live["ConfigMap one"] = {"metadata": {**inputs["metadata"], "uid": "u-1"}}
    standin.fault = ""
    assert kubernetes(standin.up(plan)) == {}


def test_a_lock_of_somebody_else_s_cli_is_never_broken(standin: StandIn) -> None:
    standin.up(PLAN)
    dead = subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert dead.returncode == 0
    locks = standin.root / "state" / ".pulumi" / "locks" / "organization" / "mto" / STACK
    locks.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()
    (locks / "a.json").write_text(
        f'{{"pid": 4194303, "username": "ann", "hostname": "{host}", '
        '"timestamp": "2026-01-01T00:00:00Z"}'
    )
    with pytest.raises(StateLocked) as error:
        standin.up(PLAN)
    assert str(error.value) == (
        f"stack 'dev.blue' is locked by ann@{host} (pid 4194303) since 2026-01-01T00:00:00Z; it is "
        "a lock of the Pulumi CLI, which may still be running; if it is not, remove the lock with "
        "`pulumi cancel --stack dev.blue` and run again"
    )
    assert len(standin.locks) == 1
    assert standin.calls == ["up"]


def test_one_object_that_fails_is_told_and_what_needs_it_is_not_tried(standin: StandIn) -> None:
    standin.fault = "fail"
    result = standin.up(PLAN)
    assert [(one.step.object, one.message, one.skipped) for one in result.failures] == [
        ("ConfigMap/one", "no room for it", False),
        ("ConfigMap/two", "not tried, because something it needs failed", True),
    ]


def test_a_stopped_run_ends_cleanly_and_the_next_one_goes_on(standin: StandIn) -> None:
    standin.fault = "slow"

    async def work(engine: PulumiEngine) -> bool:
        task = asyncio.ensure_future(engine.up(PLAN, deadline=60, watch=lambda _: None))
        await asyncio.to_thread(until, lambda: pending(standin), pause=0.02)
        engine.stop.set()
        result = await task
        engine.stop.clear()
        return result.interrupted

    assert standin.run(work)
    assert standin.locks == []
    standin.fault = ""
    assert standin.up(PLAN).ok


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(lambda one: bool(one.locks), id="before the CLI is there"),
        pytest.param(pending, id="in the middle of the CLI's update"),
    ],
)
def test_a_cancelled_run_kills_what_it_started(
    standin: StandIn, moment: Callable[[StandIn], bool]
) -> None:
    standin.fault = "hang"

    async def work(engine: PulumiEngine) -> None:
        task = asyncio.ensure_future(engine.up(PLAN, deadline=60, watch=lambda _: None))
        await asyncio.to_thread(until, lambda: moment(standin), pause=0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    standin.run(work)
    assert started(standin) == []
    standin.fault = ""
    assert standin.up(PLAN).ok


def test_what_the_cli_leaves_behind_does_not_hold_us(standin: StandIn) -> None:
    standin.fault = "orphan"
    began = time.monotonic()
    assert standin.up(PLAN).ok
    assert time.monotonic() - began < 20
    assert started(standin) == []


def test_what_a_lost_state_left_is_found_again_and_counts_as_made(standin: StandIn) -> None:
    marked = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "blue"}
    one = thing("one")
    inputs = {**one.inputs, "metadata": {"name": "one", "labels": marked}, "data": {"a": "b"}}
    plan = planned(replace(one, inputs=inputs), TWO)
    live = {**inputs, "metadata": {**inputs["metadata"], "uid": "u-1"}, "data": {"a": "c"}}
    standin.cluster.live["ConfigMap one"] = live
    standin.fault = "taken"
    result = standin.up(plan)
    assert result.ok
    assert kubernetes(result) == {"ConfigMap/one": Op.CREATE, "ConfigMap/two": Op.CREATE}
    assert standin.calls == ["up", "up"]
    assert standin.preview(plan).changes == ()


def test_what_is_somebody_else_s_is_not_taken_over(standin: StandIn) -> None:
    standin.cluster.live["ConfigMap one"] = {"metadata": {"name": "one", "uid": "u-1"}}
    standin.fault = "taken"
    result = standin.up(PLAN)
    (failed,) = (one for one in result.failures if not one.skipped)
    assert failed.message == (
        "ConfigMap/one exists and is not this stack's: choose another name, delete it, or hand it "
        'over by annotating it with mto.stakater.com/adopt: "true" and run once with --engine '
        "direct"
    )
    assert standin.calls == ["up"]
