"""Two runs at once, and a state that can't be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, steps, tenant, unique, until


@pytest.fixture
def name(project: Project) -> str:
    found = unique("blue")
    declare(project, found, pods=10)
    return found


def declare(project: Project, name: str, *, pods: int) -> None:
    access = members(owners=["anna@example.org"])
    one = tenant(name, "dev", "prod", quota=name, accessControl=access)
    project.declare(quota(name, pods=pods), one)


def locks(project: Project) -> list[Path]:
    return list((project.root / ".state").glob(".pulumi/locks/**/*.json"))


@pytest.mark.usefixtures("name")
def test_a_second_run_on_a_stack_says_who_holds_its_lock(project: Project) -> None:
    first = project.begin("up")
    until(lambda: locks(project) != [], pause=0.0005)
    first.send_signal(signal.SIGSTOP)
    try:
        second = project("up", "--timeout", "2")
    finally:
        first.send_signal(signal.SIGCONT)
    assert second.code == 1
    assert f"(pid {first.pid}) since " in second.stderr
    assert "another mto is at work: wait until it is done" in second.stderr
    assert "Traceback" not in second.stderr
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert steps(project.data("up")) == {}
    assert locks(project) == []


def test_two_runs_at_once_come_to_the_same_end_as_one(project: Project, name: str) -> None:
    runs = [project.begin("up") for _ in range(3)]
    said = [one.communicate(timeout=60)[1] for one in runs]
    codes = [one.returncode for one in runs]
    assert 0 in codes
    for code, text in zip(codes, said, strict=True):
        assert code == 0 or "is locked by" in text
        assert "Traceback" not in text
    assert project("up").code == 0
    assert steps(project.data("up", "--refresh", name)) == {}
    assert not [one for one in project.states().values() if one.get("pending_operations")]


@pytest.fixture
def small_disk(project: Project) -> Iterator[Path]:
    """The state on a file system of its own of four megabytes."""
    folder = project.root / ".state"
    folder.mkdir()
    options = ("-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs", str(folder))
    made = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting needs a privilege: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Until the file system has no room left."""
    with path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_is_named_the_state_stays_whole_and_the_next_run_goes_on(
    project: Project, name: str, small_disk: Path, admin: Kubectl
) -> None:
    assert project("up").code == 0
    before = project.states()[f"dev.{name}"]["resources"]
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        fill(filler)
    declare(project, name, pods=20)
    answer = project("up")
    assert answer.code == 1
    assert f"{project.stacks}" in answer.stderr or "/locks/" in answer.stderr
    assert "can't be written: No space left on device; what is there is whole" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert project.states()[f"dev.{name}"]["resources"] == before
    filler.unlink()
    assert project("up").code == 0
    hard = ("-n", f"{name}-dev", "get", "resourcequota", "mto", "-o", "jsonpath={.spec.hard.pods}")
    assert admin(*hard).stdout == "10"
    assert steps(project.data("up", "--refresh", name)) == {}


def test_a_disk_that_fills_up_in_the_middle_loses_nothing(project: Project, name: str) -> None:
    """A limit on the size of files stands for it where nothing can be mounted."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000)); "
        "from mto.cli.main import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "up"],
        cwd=project.root,
        env=os.environ | {"MTO_ENVIRONMENT": "dev"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "can't be written: File too large; what is there is whole" in done.stderr
    assert "Traceback" not in done.stderr
    assert project("up").code == 0
    assert steps(project.data("up", "--refresh", name)) == {}


def test_a_read_only_state_is_named_and_nothing_is_touched(
    project: Project, name: str, small_disk: Path, admin: Kubectl
) -> None:
    assert project("up").code == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert project("up").code == 0
    assert project("preview").code == 0
    declare(project, name, pods=20)
    answer = project("up")
    assert answer.code == 1
    assert "can't be written: Read-only file system" in answer.stderr
    assert "Traceback" not in answer.stderr
    hard = ("-n", f"{name}-dev", "get", "resourcequota", "mto", "-o", "jsonpath={.spec.hard.pods}")
    assert admin(*hard).stdout == "5"
