"""Two runs on one tenant at once, from different manifests: the budget is handed out once."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, steps, tenant, unique
from tests.support.proxy import door

BUDGET = 12


def declare(project: Project, name: str, *namespaces: str, pods: int) -> None:
    access = members(owners=["anna@example.org"])
    project.declare(
        quota(name, pods=pods), tenant(name, *namespaces, quota=name, accessControl=access)
    )


def hard(admin: Kubectl, name: str) -> dict[str, int]:
    label = f"stakater.com/tenant={name}"
    found = admin("get", "resourcequota", "-A", "-l", label, "-o", "json").json["items"]
    return {
        one["metadata"]["namespace"].removeprefix(f"{name}-"): int(one["spec"]["hard"]["pods"])
        for one in found
    }


@pytest.fixture
def other(control_plane: ControlPlane, project: Project, tmp_path: Path) -> Project:
    """Another working copy of the same environment, with the same state."""
    shared = {"PULUMI_BACKEND_URL": f"file://{project.root}/.state"}
    return Project(tmp_path / "other", control_plane.kubeconfig, environ=shared)


@contextmanager
def held_after_its_survey(project: Project, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A real `mto up` that has seen the quotas, and goes on when the block ends."""
    seen, go = threading.Event(), threading.Event()

    def read(path: str) -> None:
        if path.endswith("/resourcequotas"):
            seen.set()
            assert go.wait(60)

    with door(project.kubeconfig, lambda _, __: None, folder) as way:
        way.read = read
        through = replace(project, kubeconfig=way.kubeconfig)
        run = through.begin("up", "--yes")
        try:
            assert seen.wait(60)
            yield run
        finally:
            go.set()
            run.said = run.communicate(timeout=120)  # type: ignore[attr-defined]


def test_a_plan_that_rests_on_what_another_run_changed_is_made_again(
    project: Project, other: Project, admin: Kubectl, tmp_path: Path
) -> None:
    name = unique("race")
    declare(project, name, "dev", pods=6)
    assert project("up").code == 0
    declare(project, name, "dev", "prod", pods=BUDGET)
    declare(other, name, "dev", "lab", pods=BUDGET)

    with held_after_its_survey(other, tmp_path) as late:
        assert project("up").code == 0
        assert hard(admin, name) == {"dev": 6, "prod": 6}
        web = ("create", "deployment", "web", "--image=none.example.org/web", "--replicas=1")
        assert admin("-n", f"{name}-prod", *web).code == 0

    assert late.returncode == 0, late.said  # type: ignore[attr-defined]
    shares = hard(admin, name)
    assert shares.keys() == {"dev", "prod", "lab"}
    assert sum(shares.values()) <= BUDGET, shares
    other.configure()
    assert other("up").code == 0  # the platform, which the other one wrote in between
    assert steps(other.data("up")) == {}


def test_a_stack_that_others_change_again_and_again_is_given_up_untouched(
    project: Project, other: Project, admin: Kubectl, tmp_path: Path
) -> None:
    name = unique("race")
    declare(project, name, "dev", pods=6)
    assert project("up").code == 0
    declare(other, name, "dev", pods=BUDGET)
    record = project.stacks / f"dev.{name}.json"

    def read(path: str) -> None:
        if path.endswith("/resourcequotas"):
            record.rename(f"{record}.tmp")
            record.write_bytes(Path(f"{record}.tmp").read_bytes())

    with door(other.kubeconfig, lambda _, __: None, tmp_path) as way:
        way.read = read
        answer = replace(other, kubeconfig=way.kubeconfig)("up")

    assert answer.code == 1
    assert (
        f"stack 'dev.{name}' was changed by another run again and again while this one was "
        "planning; nothing was done. Run again when nobody else does"
    ) in answer.stderr
    assert hard(admin, name) == {"dev": 6}
