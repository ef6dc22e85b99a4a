"""A host that two tenants serve, in the status of both."""

from __future__ import annotations

from functools import partial

from tests.support.mto import Project, quota, tenant, unique, until
from tests.support.objects import INGRESS
from tests.support.service import Looks, serving, soon


def test_a_shared_host_stands_in_the_status_of_both_tenants(served: Project, look: Looks) -> None:
    blue, red, budget = unique("blue"), unique("red"), unique("small")
    served.declare(quota(budget), *(tenant(name, "dev", quota=budget) for name in (blue, red)))
    assert served("up", "--yes").code == 0
    for name in (red, blue):
        text = INGRESS.format(namespace=f"{name}-dev", host=f"{blue}.example.org")
        create = partial(look.admin, "create", "-f", "-", stdin=text)
        until(lambda: create().code == 0, seconds=60)  # noqa: B023 - called at once
    with serving(served):
        soon(lambda: look.condition("tenant", blue, "HostsShared")[0] == "True")
        soon(lambda: look.condition("tenant", red, "HostsShared")[0] == "True")
        _, _, said = look.condition("tenant", red, "HostsShared")
    assert f"host '{blue}.example.org'" in said
    assert f"tenant '{blue}' (Ingress {blue}-dev/web)" in said
