"""`mto up` with its state in a real PostgreSQL, as with a folder."""

from __future__ import annotations

import json
import signal
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.mto import Project, members, quota, tenant, unique, until
from tests.support.postgres import PASSWORD, Server


@pytest.fixture
def project(control_plane: ControlPlane, tmp_path: Path, database: Server) -> Project:
    """One whose state lies in the database."""
    there = {"PULUMI_BACKEND_URL": database.url()}
    return Project(tmp_path, control_plane.kubeconfig, environ=there)


@pytest.fixture
def name(project: Project) -> str:
    found = unique("blue")
    declare(project, found, pods=10)
    return found


@pytest.fixture
def here(project: Project) -> Project:
    """The same project with its state in a folder."""
    return replace(project, environ={})


def declare(project: Project, name: str, *, pods: int) -> None:
    access = members(owners=["anna@example.org"])
    one = tenant(name, "dev", "prod", quota=name, accessControl=access)
    project.declare(quota(name, pods=pods), one)


def keys(database: Server, part: str) -> list[str]:
    found = database.run("SELECT to_regclass('pulumi_state')")
    if found == [(None,)]:
        return []
    return [key for (key,) in database.run("SELECT key FROM pulumi_state") if part in key]


def written(database: Server) -> list[tuple[Any, ...]]:
    return database.run("SELECT key, updated_at, xmin::text FROM pulumi_state ORDER BY key")


def deployment(database: Server, stack: str) -> Any:
    ((data,),) = database.run(
        "SELECT data FROM pulumi_state WHERE key LIKE %s", f"%/stacks/mto/{stack}.json"
    )
    return json.loads(b64decode(data["data"]))["checkpoint"]["latest"]


def test_the_state_lies_in_the_database_and_an_update_without_changes_writes_nothing(
    project: Project, name: str, database: Server
) -> None:
    assert project("up").code == 0

    before = written(database)
    assert [key.rpartition("/")[2] for key, _, _ in before] == [
        "meta.yaml",
        f"dev.{name}.json",
        "dev.json",
    ]
    assert not (project.root / ".state").exists()
    answer = project("up", "--expect-no-changes")
    assert (answer.code, written(database)) == (0, before)
    assert project("preview").code == 0
    assert written(database) == before


def test_what_a_file_records_a_database_records_alike_and_a_stack_moves_over(
    project: Project, here: Project, name: str, database: Server
) -> None:
    assert here("up").code == 0
    for argument in ([], [name]):
        exported = here("state", "export", *argument)
        assert project("state", "import", *argument, stdin=exported.stdout).code == 0

    assert project("up", "--expect-no-changes").code == 0
    record = here.states()[f"dev.{name}"]
    assert deployment(database, f"dev.{name}")["resources"] == record["resources"]

    declare(project, name, pods=20)
    assert project("up").code == 0
    assert project("up", "--refresh", "--expect-no-changes").code == 0


def test_a_killed_run_is_taken_up_and_its_lock_broken(
    project: Project, name: str, database: Server
) -> None:
    first = project.begin("up")
    until(lambda: keys(database, f"/locks/organization/mto/dev.{name}/") != [], pause=0.001)
    first.kill()
    first.communicate(timeout=60)

    answer = project("up")
    assert answer.code == 0, answer.stderr
    assert "a killed run had left its lock" in answer.stdout + answer.stderr
    assert keys(database, "/locks/") == []
    assert "pending_operations" not in deployment(database, f"dev.{name}")
    assert project("up", "--refresh", "--expect-no-changes").code == 0


def test_a_second_run_on_a_stack_says_who_holds_its_lock(
    project: Project, name: str, database: Server
) -> None:
    first = project.begin("up")
    until(lambda: keys(database, "/locks/") != [], pause=0.001)
    first.send_signal(signal.SIGSTOP)
    try:
        second = project("up")
    finally:
        first.send_signal(signal.SIGCONT)
    assert second.code == 1
    assert f"(pid {first.pid}) since " in second.stderr
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert project("up", "--refresh", "--expect-no-changes", name).code == 0


@pytest.mark.usefixtures("name")
def test_a_database_that_lets_nobody_in_ends_the_run_with_a_sentence(
    project: Project, database: Server
) -> None:
    wrong = database.url().replace(":hunter2", ":wrong")
    for command in (("up",), ("preview",), ("status",), ("state", "export")):
        answer = project(*command, PULUMI_BACKEND_URL=wrong)
        assert answer.code == 1
        assert "can't be reached: connection failed" in answer.stderr
        assert "Traceback" not in answer.stderr
        assert PASSWORD not in answer.stdout + answer.stderr
    answer = project("up", PULUMI_BACKEND_URL="postgres://u:p@db:x/s")
    assert answer.code == 2
    assert "can't be used: host, port or parameters can't be told apart" in answer.stderr
