"""The state's bad days: its disk is full, read-only, or it is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.disk import Disk, mounted
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, quota, tenant, unique
from tests.support.service import Looks, Service, serving, soon
from tests.support.snapshot import everything


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with mounted(tmp_path / "disk", "2m") as one:
        yield one


@pytest.fixture
def cramped(spare: ControlPlane, tmp_path: Path, disk: Disk) -> Project:
    """A project whose state lies on the small disk."""
    backend = {"PULUMI_BACKEND_URL": f"file://{disk.path}/state"}
    return Project(tmp_path, spare.kubeconfig, environ=backend)


def declare(project: Project, name: str, *spaces: str) -> None:
    project.declare(quota(name), tenant(name, *spaces, quota=name), file=f"{name}.yaml")


def failed(look: Looks, service: Service, name: str) -> str:
    """Why, as the tenant's status says it."""
    soon(lambda: look.condition("tenant", name)[1] == "Failed")
    assert service.process.poll() is None
    return look.condition("tenant", name)[2]


def test_a_full_disk_fails_updates_with_its_reason_and_they_go_on_when_there_is_room(
    cramped: Project, disk: Disk, look: Looks
) -> None:
    name = unique("blue")
    declare(cramped, name, "dev")
    with serving(cramped) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        disk.fill()
        declare(cramped, name, "dev", "qa")
        assert "No space left on device" in failed(look, service, name)
        assert service.get("/healthz") == (200, "ok")
        disk.make_room()
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert look.labels(f"{name}-qa")["stakater.com/tenant"] == name
    assert cramped("up", "--refresh", "--expect-no-changes").code == 0


def test_a_read_only_state_changes_nothing_and_is_told(
    cramped: Project, disk: Disk, look: Looks
) -> None:
    name = unique("blue")
    declare(cramped, name, "dev")
    with serving(cramped) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        disk.writable(so=False)
        try:
            declare(cramped, name, "dev", "qa")
            assert "Read-only file system" in failed(look, service, name)
            assert look.labels(f"{name}-qa") == {}
        finally:
            disk.writable(so=True)
        soon(lambda: look.condition("tenant", name)[0] == "True")
    assert cramped("up", "--refresh", "--expect-no-changes").code == 0


def test_a_state_that_is_lost_is_rebuilt_from_the_cluster_without_making_anything_again(
    served: Project, look: Looks, spare_admin: Kubectl
) -> None:
    names = [unique("blue") for _ in range(4)]
    for name in names:
        declare(served, name, "dev", "qa")

    def uids() -> dict[str, str]:
        label = f"stakater.com/tenant in ({','.join(names)})"
        found = everything(spare_admin, "-l", label)
        return {address: one["metadata"]["uid"] for address, one in found.items()}

    with serving(served) as service:
        for name in names:
            soon(lambda name=name: look.condition("tenant", name)[0] == "True")  # type: ignore[misc]
        before = uids()
        shutil.rmtree(served.root / ".state")  # while it runs
        declare(served, names[0], "dev", "qa", "lab")
        soon(lambda: look.labels(f"{names[0]}-lab") != {})
        service.quiet()
    assert (served.root / ".state/.pulumi/meta.yaml").exists()
    shutil.rmtree(served.root / ".state")  # while it does not
    with serving(served) as service:
        service.quiet()
    assert before.items() <= uids().items()
    assert served("up", "--refresh", "--expect-no-changes").code == 0
    assert {f"dev.{name}" for name in names} <= served.states().keys()
