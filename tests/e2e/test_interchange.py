"""A stack goes back and forth between the engines: after each step the other one sees no change.

Runs with Pulumi's real CLI and Kubernetes provider, wherever both are on the PATH.
"""

from __future__ import annotations

import shutil
import signal
import time
from typing import Any

import pytest

from tests.support.kubectl import Kubectl
from tests.support.mto import ENVIRONMENT, Project, members, quota, steps, tenant, unique, until

MISSING = [one for one in ("pulumi", "pulumi-resource-kubernetes") if shutil.which(one) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on the PATH: {', '.join(MISSING)}")
OTHER = {"direct": "pulumi", "pulumi": "direct"}
both = pytest.mark.parametrize("engine", OTHER)


class World:
    """One tenant with two namespaces, changed step by step."""

    def __init__(self, project: Project, admin: Kubectl) -> None:
        self.project, self.admin = project, admin
        self.name = unique("change")
        self.spaces = ["dev", "qa"]
        self.pods = 10
        self.owner = "ann@example.org"
        self.spec: dict[str, Any] = {}
        self.declare()

    def declare(self) -> None:
        access = members(owners=[self.owner], viewers=["vic@example.org"])
        self.project.declare(
            quota(self.name, pods=self.pods),
            tenant(self.name, *self.spaces, quota=self.name, accessControl=access, **self.spec),
        )

    def up(self, engine: str, *arguments: str) -> Any:
        return self.project.data("up", "--engine", engine, *arguments)

    def assert_settled(self, engine: str, *arguments: str) -> None:
        """The other engine, and this one, see nothing to do, in record and cluster."""
        for one in (OTHER[engine], engine):
            seen = self.project("preview", "--engine", one, "--expect-no-changes", *arguments)
            assert seen.code == 0, (one, seen.stdout, seen.stderr)

    def pending(self) -> list[Any]:
        state = self.project.states()[f"{ENVIRONMENT}.{self.name}"]
        return list(state.get("pending_operations", []))


@pytest.fixture
def world(project: Project, admin: Kubectl) -> World:
    return World(project, admin)


@both
def test_created_by_one_is_no_change_to_the_other(world: World, engine: str) -> None:
    report = world.up(engine)
    assert {one["engine"] for one in report["stacks"]} == {engine}
    assert set(steps(report).values()) == {"create"}
    world.assert_settled(engine)
    world.assert_settled(engine, "--refresh")


@both
def test_both_tell_the_same_preview(world: World, engine: str) -> None:
    world.up(engine)
    world.pods, world.owner = 8, "bob@example.org"
    world.spaces.append("new")
    world.declare()
    told = {
        one: world.project.data("preview", "--engine", one, world.name)["stacks"][-1]
        for one in OTHER
    }
    assert told["direct"]["steps"] == told["pulumi"]["steps"]
    assert told["direct"]["deletions"] == told["pulumi"]["deletions"]


@both
def test_updated_by_one_is_no_change_to_the_other(world: World, engine: str) -> None:
    world.up(OTHER[engine])
    world.pods, world.owner = 8, "bob@example.org"
    world.declare()
    report = world.up(engine)
    assert {"update"} == set(steps(report).values())
    world.assert_settled(engine, "--refresh")
    binding = world.admin(
        *("-n", f"{world.name}-dev", "get", "rolebinding", "mto-owner-admin"),
        *("-o", "json", "--show-managed-fields"),
    ).json
    assert [one["name"] for one in binding["subjects"]] == ["bob@example.org"]


@both
def test_drift_is_undone_by_the_one_and_seen_by_the_other(world: World, engine: str) -> None:
    world.up(OTHER[engine])
    space = f"{world.name}-dev"
    assert world.admin("-n", space, "delete", "rolebinding", "mto-viewer-view").code == 0
    hard = '{"spec":{"hard":{"pods":"1000"}}}'
    patched = world.admin("-n", space, "patch", "resourcequota", "mto", "--type=merge", "-p", hard)
    assert patched.code == 0
    drift = world.project.data("refresh", "--engine", engine, world.name)
    assert steps(drift) == {
        f"ResourceQuota/{space}/mto": "update",
        f"RoleBinding/{space}/mto-viewer-view": "delete",
    }
    report = world.up(OTHER[engine])
    assert steps(report) == {
        f"ResourceQuota/{space}/mto": "update",
        f"RoleBinding/{space}/mto-viewer-view": "create",
    }
    world.assert_settled(engine, "--refresh")


@both
def test_a_namespace_goes_with_consent_and_stays_without(world: World, engine: str) -> None:
    world.up(OTHER[engine])
    gone = f"{world.name}-qa"
    made = world.admin("-n", gone, "create", "configmap", "precious", "--from-literal=a=b")
    assert made.code == 0
    world.spaces.remove("qa")
    world.declare()
    world.up(engine)
    assert world.admin("get", "namespace", gone).code == 0
    world.assert_settled(engine)
    report = world.up(engine, "--delete-namespace", gone)
    assert steps(report)[f"Namespace/{gone}"] == "delete"
    assert world.admin("get", "namespace", gone).code != 0
    world.assert_settled(engine, "--refresh")


@both
def test_a_tenant_that_one_made_is_destroyed_by_the_other(world: World, engine: str) -> None:
    world.spec["namespaces"] = {"onDeletePurgeNamespaces": True}
    world.declare()
    world.up(OTHER[engine])
    report = world.project.data("destroy", "--engine", engine, "--yes", world.name)
    assert report["ok"]
    assert world.admin("get", "namespace", f"{world.name}-dev").code != 0
    assert f"{ENVIRONMENT}.{world.name}" not in world.project.states()


@both
def test_a_killed_run_is_carried_on(world: World, engine: str) -> None:
    world.up(engine)
    world.spaces += [f"more{number}" for number in range(8)]
    world.declare()
    run = world.project.begin("up", "--engine", engine, world.name)
    until(lambda: run.poll() is not None or bool(world.pending()), seconds=120, pause=0.005)
    time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    # A CLI that lost its mto dies with its lock, which only the engine that started it may break.
    report = world.up("pulumi")
    assert report["ok"], report
    assert world.pending() == []
    for short in world.spaces:
        assert world.admin("get", "namespace", f"{world.name}-{short}").code == 0
    world.assert_settled(engine, "--refresh")
