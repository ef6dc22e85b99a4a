"""The tenant's budget over its namespaces while it grows, and a tenant of ten thousand of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, part, quota, steps, tenant, unique, until
from tests.support.objects import run

BUDGET = 12


def declare(project: Project, name: str, *namespaces: str, pods: int = BUDGET) -> None:
    access = members(owners=["anna@example.org"])
    project.declare(
        quota(name, pods=pods), tenant(name, *namespaces, quota=name, accessControl=access)
    )


def sampled(connection: Connection, name: str, going: Any) -> Iterator[int]:
    """What all namespaces of the tenant hold of the budget together, again and again."""

    async def look(cluster: Cluster) -> int:
        label = f"stakater.com/tenant={name}"
        found = await cluster.list("v1", "ResourceQuota", label_selector=label)
        return sum(
            max(
                int(one["spec"]["hard"]["pods"]),
                int((one.get("status") or {}).get("hard", {}).get("pods", 0)),
            )
            for one in found
        )

    while going.poll() is None:
        yield run(connection, look)


@pytest.fixture
def name(project: Project, admin: Kubectl) -> str:
    """A tenant with two namespaces, in one of which five of six pods are in use."""
    found = unique("budget")
    declare(project, found, "dev", "qa")
    assert project("up").code == 0
    dev = ("-n", f"{found}-dev")
    web = ("create", "deployment", "web", "--image=none.example.org/web", "--replicas=5")
    assert admin(*dev, *web).code == 0
    used = ("get", "resourcequota", "mto", "-o", "jsonpath={.status.used.pods}")
    until(lambda: admin(*dev, *used).stdout == "5")
    return found


def hard(admin: Kubectl, name: str) -> dict[str, int]:
    label = f"stakater.com/tenant={name}"
    found = admin("get", "resourcequota", "-A", "-l", label, "-o", "json").json["items"]
    return {
        one["metadata"]["namespace"].removeprefix(f"{name}-"): int(one["spec"]["hard"]["pods"])
        for one in found
    }


def test_the_sum_over_namespaces_never_exceeds_the_budget_while_namespaces_are_added(
    project: Project, name: str, connection: Connection, admin: Kubectl
) -> None:
    assert hard(admin, name) == {"dev": 6, "qa": 6}
    declare(project, name, "dev", "qa", "prod", "lab")
    going = project.begin("up")
    sums = list(sampled(connection, name, going))
    _, complained = going.communicate()
    assert going.returncode == 0, complained
    assert len(sums) > 5
    assert max(sums) <= BUDGET, sums
    shares = hard(admin, name)
    assert sum(shares.values()) == BUDGET
    assert shares["dev"] >= 5
    assert min(shares.values()) >= 2
    assert steps(project.data("up")) == {}


def test_a_budget_cut_below_use_freezes_what_is_used(
    project: Project, name: str, admin: Kubectl
) -> None:
    declare(project, name, "dev", "qa", pods=4)
    assert project("up").code == 0
    assert hard(admin, name) == {"dev": 5, "qa": 0}
    more = admin("-n", f"{name}-qa", "run", "late", "--image=none.example.org/web")
    assert "exceeded quota: mto" in more.stderr


def test_ten_thousand_namespaces_of_one_tenant_are_checked_and_previewed(project: Project) -> None:
    name = unique("vast")
    declare(project, name, *(f"n{number:05}" for number in range(10_000)), pods=20_000)
    begun = time.monotonic()
    answer = project("check")
    assert (answer.code, answer.stderr) == (0, "")
    checked = time.monotonic() - begun
    report = project.data("preview", name)
    previewed = time.monotonic() - begun - checked
    assert len(part(report, name)["steps"]) == 60_005
    assert checked < 15, checked
    assert previewed < 45, previewed
