"""Where MTO's own semantics leave a check of the benchmark open, and why it says so."""

from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.kinds import Served
from mto.service.checks.all import CHECKS
from mto.service.checks.check import Review
from tests.support.scenes import of, scene

BY_ID = {one.id: one for one in CHECKS}
READ = frozenset({"get", "list", "watch", "create"})
KINDS = (
    Served("v1", "Namespace", "namespaces", namespaced=False, verbs=READ),
    Served("storage.k8s.io/v1", "StorageClass", "storageclasses", namespaced=False, verbs=READ),
    Served("v1", "Pod", "pods", namespaced=True, verbs=READ),
)


@pytest.mark.parametrize(
    ("spec", "verbs"),
    [
        pytest.param({}, READ, id="not governed"),
        pytest.param({"storageClasses": {"allowed": ["fast"]}}, READ, id="a list"),
        pytest.param({"storageClasses": {}}, {"create"}, id="all may be read"),
    ],
)
def test_classes_may_be_read_only_where_the_tenant_allows_all(
    spec: dict[str, Any], verbs: frozenset[str]
) -> None:
    tries = BY_ID["MTB-PL1-CC-CPI-1"].tries(of(spec, kinds=KINDS))

    asked = [one.request for one in tries if isinstance(one.request, Review)]
    assert {one.verb for one in asked if one.resource == "storageclasses"} == verbs
    assert {one.verb for one in asked if one.resource == "namespaces"} == READ - {"create"}


@pytest.mark.parametrize(
    ("check", "config", "reason"),
    [
        pytest.param(
            "MTB-PL1-BC-HI-2",
            {},
            "IntegrationConfig spec.tenantPolicies.network.disableNodePortServices is false",
            id="NodePorts",
        ),
        pytest.param(
            "MTB-PL1-BC-HI-2",
            {"tenantPolicies": {"network": {"disableNodePortServices": True}}},
            "",
            id="NodePorts refused",
        ),
        pytest.param(
            "MTB-PL1-BC-NI-1",
            {},
            "IntegrationConfig spec.tenantPolicies.network.disableIntraTenantNetworking is false",
            id="the network",
        ),
        pytest.param(
            "MTB-PL1-CC-DI-1",
            {},
            "IntegrationConfig spec.tenantPolicies.alwaysPullImages is false",
            id="pulling",
        ),
        pytest.param(
            "MTB-PL1-BC-CPI-5",
            {},
            "Pod Security of namespace blue-dev is not set: podSecurity.enforce restricted",
            id="Pod Security",
        ),
        pytest.param(
            "MTO-USE-9", {}, "services.disableExternalIPs is false", id="external addresses"
        ),
    ],
)
def test_what_a_setting_leaves_open_names_it(
    check: str, config: dict[str, Any], reason: str
) -> None:
    assert BY_ID[check].left_open(scene(config)) == reason


def test_what_no_quota_limits_is_told() -> None:
    check = BY_ID["MTB-PL1-CC-FNS-1"]
    limited = of({}, hard=frozenset({"requests.cpu", "limits.memory"}))

    assert list(check.facts(limited)) == [
        "the quota of namespace blue-dev does not limit ephemeral-storage"
    ]
    assert check.left_open(limited) == "Quota 'small' does not name it"
    assert check.left_open(scene()) == ""
