"""What NetworkPolicies say, told from the policies: who of other tenants gets in."""

from __future__ import annotations

from typing import Any

import pytest

from mto.plan.networkpolicy import manifest
from mto.service.checks.all import CHECKS
from tests.support.scenes import of

(CHECK,) = (one for one in CHECKS if one.id == "MTB-PL1-BC-NI-1")
CLOSED = {"tenantPolicies": {"network": {"allowedBlocks": ["203.0.113.0/24"]}}}
NEIGHBOURS = {
    "red-dev": {"stakater.com/tenant": "red", "stage": "dev"},
    "red-live": {"stakater.com/tenant": "red", "stage": "live"},
}
OURS = manifest("blue", "blue-dev")
SOME = {"matchLabels": {"app": "web"}}
NAME = "NetworkPolicy blue-dev/own lets in"


def own(*peers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A tenant's NetworkPolicy with one rule; without peers it lets in everybody."""
    rule = {"from": list(peers)} if peers else {}
    body = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule], **spec}
    return {"metadata": {"name": "own", "namespace": "blue-dev"}, "spec": body}


def told(*policies: dict[str, Any]) -> tuple[list[str], list[str]]:
    scene = of({}, CLOSED, network=policies, neighbours=NEIGHBOURS)
    return list(CHECK.facts(scene)), list(CHECK.doubts(scene))


def selecting(**labels: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": labels}}


EXPRESSION = {"key": "stakater.com/tenant", "operator": "NotIn", "values": ["blue"]}


@pytest.mark.parametrize(
    ("policy", "facts"),
    [
        pytest.param(own(), ["everybody"], id="a rule without peers"),
        pytest.param(
            own(selecting()), ["pods of namespace red-dev", "pods of namespace red-live"], id="all"
        ),
        pytest.param(own(selecting(stage="live")), ["pods of namespace red-live"], id="by a label"),
        pytest.param(
            own({"namespaceSelector": {"matchExpressions": [EXPRESSION]}}),
            ["pods of namespace red-dev", "pods of namespace red-live"],
            id="by an expression",
        ),
        pytest.param(
            own({"podSelector": {}, **selecting(stage="dev")}, podSelector={"matchLabels": {}}),
            ["pods of namespace red-dev"],
            id="chosen pods of others",
        ),
        pytest.param(
            own({"ipBlock": {"cidr": "0.0.0.0/0"}}),
            ["addresses of 0.0.0.0/0, which pods of other tenants may have"],
            id="all addresses",
        ),
        pytest.param(
            own({"ipBlock": {"cidr": "fd00::/8"}}),
            ["addresses of fd00::/8, which pods of other tenants may have"],
            id="addresses of the other family",
        ),
        pytest.param(own({"ipBlock": {"cidr": "203.0.113.7/32"}}), [], id="an allowed block"),
        pytest.param(own({"podSelector": {}}), [], id="the own namespace"),
        pytest.param(own(selecting(**{"stakater.com/tenant": "blue"})), [], id="the own tenant"),
        pytest.param(own(policyTypes=["Egress"]), [], id="about egress alone"),
        pytest.param(own(podSelector=SOME), ["everybody"], id="one app"),
    ],
)
def test_a_policy_beside_ours_is_judged_by_whom_it_lets_in(
    policy: dict[str, Any], facts: list[str]
) -> None:
    assert told(OURS, policy) == ([f"{NAME} {one}" for one in facts], [])


@pytest.mark.parametrize(
    "policies",
    [
        pytest.param((), id="none"),
        pytest.param((own({"podSelector": {}}, policyTypes=["Egress"]),), id="of egress"),
        pytest.param(
            (own({"podSelector": {}}, podSelector={"matchLabels": {"a": "b"}}),), id="app"
        ),
    ],
)
def test_without_a_policy_on_all_pods_the_namespace_is_open(
    policies: tuple[dict[str, Any], ...],
) -> None:
    facts, doubts = told(*policies)
    assert facts == ["no NetworkPolicy closes namespace blue-dev to other tenants"]
    assert doubts == []


def test_where_nobody_gets_in_at_all_it_is_not_proven_that_others_do_not() -> None:
    facts, doubts = told(own(ingress=[]))
    assert facts == []
    assert doubts == [
        "not even pods of namespace blue-dev get into it by its NetworkPolicies",
    ]
