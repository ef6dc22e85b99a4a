"""``mto local serve``: what `make demo` runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.local.cluster import Cluster as ControlPlane
from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.service import Looks, soon


@pytest.fixture
def local(spare: ControlPlane, tmp_path: Path) -> Iterator[Project]:
    """A project on the spare cluster, which knows that by its name."""
    project = Project(tmp_path, spare.kubeconfig, environ={"MTO_LOCAL_NAME": spare.name})
    yield project
    project("local", "serve", "--stop")


def service(project: Project) -> Any:
    return project.data("local", "status")["service"]


def test_the_service_runs_in_the_background_until_it_is_stopped(
    local: Project, look: Looks
) -> None:
    name = unique("blue")
    access = members(owners=["ann"])
    local.declare(quota(name), tenant(name, "dev", quota=name, accessControl=access))

    first = local("local", "serve")

    assert first.code == 0, first.stderr
    heading, *rows = first.stdout.splitlines()
    assert heading.split() == ["TENANT", "STATE", "QUOTA", "NAMESPACES", "USED"]
    assert [name, "Ready", name, "1", "pods", "0/10"] in [row.split() for row in rows]
    assert "the service brought 1 tenant up in " in first.stderr
    pid = service(local)["pid"]
    assert f"service: pid {pid}, http://127.0.0.1:" in first.stderr

    again = local("local", "serve")
    assert (again.code, service(local)["pid"]) == (0, pid)
    assert "the service was running already, and every tenant is up\n" in again.stderr

    local.declare(quota(name), tenant(name, "dev", "qa", quota=name, accessControl=access))
    assert local("up", "--yes").code == 0  # beside it, whoever is faster
    soon(lambda: look.subjects(f"{name}-qa", "mto-owner-admin") == {"ann"})

    os.kill(pid, signal.SIGTERM)  # not by `mto local serve --stop`
    soon(lambda: service(local)["running"] is False)
    assert "it has ended; its log is " in local("local", "status").stderr
    assert "no service of local control plane" in local("local", "serve", "--stop").stderr
    assert service(local) is None


def test_a_tenant_of_the_clusters_own_is_nothing_that_vanished(local: Project, look: Looks) -> None:
    blue, gold = unique("blue"), unique("gold")
    local.declare(quota(blue), tenant(blue, "dev", quota=blue))
    assert local("local", "serve").code == 0
    custom = tenant(gold, "dev", quota=blue)
    assert look.admin("create", "-f", "-", stdin=yaml.safe_dump(custom)).code == 0
    soon(lambda: look.condition("tenant", gold)[0] == "True")

    report = local.data("up", "--prune")

    assert (report["vanished"], [one["name"] for one in report["stacks"]]) == (
        [],
        ["platform", blue],
    )
    states = {one["name"]: one["state"] for one in local.data("status")}
    assert states == {blue: "Ready", gold: "InCluster"}
    assert look.admin("delete", "tenant", gold, "--timeout=60s").code == 0


def test_another_clusters_environment_is_refused(local: Project, tmp_path: Path) -> None:
    local.configure(kubeconfig=str(tmp_path / "other"))
    answer = local("local", "serve")
    name = local.environ["MTO_LOCAL_NAME"]
    assert answer.code == 2
    assert answer.stderr == (
        f"mto: environment 'dev' is on {tmp_path}/other, not on local control plane {name!r}: "
        "use -e local, or `mto serve -e dev`\n"
    )
