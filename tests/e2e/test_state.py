"""A record that is mended or brought back serves the next update, and the cluster is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import Audit
from tests.support.mto import Project, members, quota, steps, tenant, unique


@pytest.fixture
def name(project: Project) -> str:
    found = unique("blue")
    access = members(owners=["anna@example.org"])
    project.declare(quota(found, pods=10), tenant(found, "dev", quota=found, accessControl=access))
    assert project("up").code == 0
    return found


def record(project: Project, name: str) -> Path:
    return project.stacks / f"dev.{name}.json"


def told(state: Any) -> dict[str, Any]:
    """What a record says, but for the provider's id, which is anybody's choice."""
    return {
        one["urn"]: [one.get(key) for key in ("inputs", "outputs", "parent", "dependencies")]
        for one in state["resources"]
    }


@pytest.mark.parametrize("repaired", [True, False], ids=["repaired", "by an update alone"])
def test_a_record_that_was_edited_into_pieces_is_mended_without_a_write_to_the_cluster(
    project: Project, name: str, audit: Callable[..., Audit], *, repaired: bool
) -> None:
    path = record(project, name)
    right = told(project.states()[f"dev.{name}"])
    whole = json.loads(path.read_bytes())
    states = whole["checkpoint"]["latest"]["resources"]
    states.reverse()
    states.append(states[0])
    states[0]["dependencies"] = [f"{states[0]['urn']}-gone"]
    whole["checkpoint"]["latest"]["resources"] = [
        one for one in states if not one["type"].startswith("pulumi:providers:")
    ]
    path.write_text(json.dumps(whole))

    if repaired:
        answer = project("state", "repair", name, "--yes")
        assert answer.code == 0
        assert "stands twice" in answer.stdout
        assert "is missing: it is recorded again" in answer.stdout
    seen = audit(f"{name}-dev")
    assert project("up").code == 0
    assert seen.writes() == {}
    assert steps(project.data("up", "--refresh")) == {}
    assert told(project.states()[f"dev.{name}"]) == right


def test_what_was_destroyed_is_kept_as_a_backup_from_which_it_is_found_again(
    project: Project, name: str
) -> None:
    before = record(project, name).read_bytes()
    assert project("destroy", name, "--yes").code == 0
    assert not record(project, name).exists()

    (kept,) = project.data("state", "backups", name)
    folder = project.root / ".state/.pulumi/backups/mto" / f"dev.{name}"
    assert (folder / kept["name"]).read_bytes() == before
    assert project("state", "restore", name, "--yes").code == 0
    assert record(project, name).exists()
    assert project("up", "--refresh").code == 0
    assert steps(project.data("up", "--refresh")) == {}
