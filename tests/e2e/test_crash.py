"""Killed and interrupted runs: nothing lost, nothing doubled, and the next run goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.audit import Audit
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, steps, tenant, unique
from tests.support.snapshot import everything

TENANTS = 50
KILLS = 10


@pytest.fixture
def names(project: Project) -> tuple[str, ...]:
    """Fifty tenants, declared and not yet there."""
    crowd = unique("crowd")
    found = tuple(f"{crowd}-{number:02}" for number in range(TENANTS))
    access = members(owners=[f"{crowd}@example.org"])
    project.declare(
        quota(crowd, pods=10),
        *(tenant(name, "dev", quota=crowd, accessControl=access) for name in found),
    )
    return found


def planned(report: Any) -> set[str]:
    """Objects of the tenants that the preview of a cold run creates."""
    tenants = (one for one in report["stacks"] if one["name"] != "platform")
    assert {step["op"] for one in report["stacks"] for step in one["steps"]} == {"create"}
    return {step["object"] for one in tenants for step in one["steps"]}


def wait_for(audit: Audit, writes: int, run: subprocess.Popen[str]) -> bool:
    """Until so many writes were made; False where the run ended before."""
    while run.poll() is None:
        if sum(audit.writes().values()) >= writes:
            return True
        time.sleep(0.002)
    return False


def assert_whole(project: Project, names: tuple[str, ...], found: dict[str, Any]) -> None:
    """Each object has one manager of ours; the states say the same and nothing is pending."""
    uids = {}
    for address, one in found.items():
        ours = [entry for entry in one["metadata"]["managedFields"] if entry["manager"] == "mto"]
        assert [entry["operation"] for entry in ours] == ["Apply"], address
        uids[one["metadata"]["uid"]] = address
    states = project.states()
    assert states.keys() >= {f"dev.{name}" for name in names}
    recorded = set()
    for name in names:
        state = states[f"dev.{name}"]
        assert state.get("pending_operations", []) == []
        urns = [one["urn"] for one in state["resources"]]
        assert len(urns) == len(set(urns))
        objects = [one for one in state["resources"] if one["type"].startswith("kubernetes:")]
        recorded |= {one["outputs"]["metadata"]["uid"] for one in objects}
    assert recorded == uids.keys()
    assert not list((project.root / ".state").rglob("*.tmp"))
    assert not list((project.root / ".state" / ".pulumi" / "locks").rglob("*.json"))


def live(admin: Kubectl, names: tuple[str, ...]) -> dict[str, Any]:
    """Whatever carries a label of these tenants, and the accounts that MTO only completes."""
    label = f"stakater.com/tenant in ({','.join(names)})"
    accounts = admin("get", "sa", "-A", "-o", "json", "--show-managed-fields").json["items"]
    spaces = {f"{name}-dev" for name in names}
    return everything(admin, "-l", label) | {
        f"ServiceAccount/{one['metadata']['namespace']}/default": one
        for one in accounts
        if one["metadata"]["namespace"] in spaces and one["metadata"]["name"] == "default"
    }


def test_ten_kills_at_random_moments_lose_and_double_nothing(
    project: Project,
    names: tuple[str, ...],
    audit: Callable[..., Audit],
    admin: Kubectl,
    record_property: Callable[[str, object], None],
) -> None:
    seed = random.randrange(1 << 32)  # noqa: S311 - it chooses moments, and hides nothing
    record_property("seed", seed)
    chance = random.Random(seed)  # noqa: S311
    wanted = planned(project.data("preview"))
    share = len(wanted) // (KILLS + 1)
    killed = 0
    for _ in range(KILLS):
        log = audit(names[0].removesuffix("00"))
        run = project.begin("up")
        if wait_for(log, chance.randrange(share), run):
            time.sleep(chance.random() / 100)
        run.kill()
        run.communicate()
        killed += run.returncode == -signal.SIGKILL
    assert killed == KILLS, f"seed {seed}"
    report = project.data("up")
    assert report["ok"], f"seed {seed}"
    found = live(admin, names)
    assert found.keys() == wanted, f"seed {seed}"
    assert_whole(project, names, found)
    assert steps(project.data("up", "--refresh")) == {}


def test_an_interrupted_run_stops_cleanly_and_the_next_one_goes_on(
    project: Project, names: tuple[str, ...], audit: Callable[..., Audit], admin: Kubectl
) -> None:
    wanted = planned(project.data("preview"))
    log = audit(names[0].removesuffix("00"))
    run = project.begin("up")
    assert wait_for(log, 40, run)
    run.send_signal(signal.SIGINT)
    said, complained = run.communicate(timeout=30)
    assert run.returncode == 1
    assert "stopping: finishing what is under way (again to drop it)" in complained
    assert "interrupted; what was done is recorded, the next run goes on" in complained
    assert "Traceback" not in complained
    assert "failed: " in said
    pending = [one.get("pending_operations") for one in project.states().values()]
    assert not any(pending)
    made = log.objects()
    assert 40 <= made < len(wanted)
    assert project("up").code == 0
    assert log.objects() == len(wanted)
    found = live(admin, names)
    assert found.keys() == wanted
    assert_whole(project, names, found)
