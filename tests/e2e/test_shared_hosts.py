"""Hosts that two tenants really serve, as ``mto status --hosts`` tells them."""

from __future__ import annotations

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, quota, tenant, unique
from tests.support.objects import INGRESS


def test_a_host_of_two_tenants_is_told_with_the_oldest_first(
    control_plane: ControlPlane, project: Project, admin: Kubectl
) -> None:
    del control_plane
    blue, red, budget = unique("blue"), unique("red"), unique("small")
    project.declare(quota(budget), *(tenant(name, "dev", quota=budget) for name in (blue, red)))
    assert project("up").code == 0
    for name in (red, blue):
        text = INGRESS.format(namespace=f"{name}-dev", host=f"{blue}.example.org")
        made = admin("create", "-f", "-", stdin=text)
        assert made.code == 0, made.stderr
    (found,) = (
        one for one in project.data("status", "--hosts") if one["host"] == f"{blue}.example.org"
    )
    times = {one["tenant"]: one["created"] for one in (found["oldest"], *found["others"])}
    assert set(times) == {blue, red}
    assert found["oldest"]["created"] == min(times.values())
    shown = project("status", "--hosts").stdout
    assert f"{blue}.example.org" in shown
    assert "has it" in shown
