"""Many previews at once through a few workers: nothing is left over."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from mto.engine.pulumi.engine import PulumiEngine
from mto.plan.resource import Plan
from tests.engine.pulumi.test_faults import started
from tests.support.pulumi import StandIn, open_descriptors
from tests.support.updates import planned, thing

PREVIEWS = 200
WORKERS = 4


def children() -> set[str]:
    """Living processes that this one has started."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set((task / "children").read_text().split())
    return found


def test_two_hundred_previews_through_four_workers_leave_nothing(
    standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = tmp_path / "folders"
    folders.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    standin.workers = WORKERS
    plans = [
        Plan(f"dev.t{number}", planned(thing(f"one-{number}")).resources)
        for number in range(PREVIEWS)
    ]
    before = children()
    threads, descriptors = threading.active_count(), open_descriptors()

    async def work(engine: PulumiEngine) -> Any:
        return await asyncio.gather(*(engine.preview(plan, deadline=120) for plan in plans))

    results = standin.run(work)
    assert [one.stack for one in results] == [plan.stack for plan in plans]
    assert {len(one.changes) for one in results} == {3}
    assert {one.changes[-1].object for one in results} == {
        f"ConfigMap/one-{number}" for number in range(PREVIEWS)
    }
    assert standin.calls == ["preview"] * PREVIEWS
    standin.close()
    assert started(standin) == []
    assert children() <= before
    assert threading.active_count() <= threads
    assert open_descriptors() <= descriptors
    assert standin.locks == []
    assert list(folders.iterdir()) == []
