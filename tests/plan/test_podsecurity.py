"""Levels of Pod Security as labels of a tenant's namespaces."""

from __future__ import annotations

import pytest

from mto.plan.namespace import Membership, membership
from mto.plan.observed import Observed
from tests.support import plans
from tests.support.plans import live, seen

SANDBOXES = f"{plans.ANNA}namespaces: {{sandboxes: {{enabled: true}}, withTenantPrefix: [dev]}}\n"


def members(spec: str, observed: Observed = plans.NOTHING, *, config: str = "") -> Membership:
    world = plans.world(spec, config=config)
    return membership(world.tenants["blue"], world.config, observed=observed)


ENFORCE = "pod-security.kubernetes.io/enforce"
BASELINE = "tenantPolicies: {podSecurity: {enforce: baseline}}"


@pytest.mark.parametrize(
    ("spec", "config", "level"),
    [
        pytest.param("desc: x", "", None, id="said by nobody"),
        pytest.param("desc: x", BASELINE, "baseline", id="of all tenants"),
        pytest.param(
            "podSecurity: {enforce: restricted}", BASELINE, "restricted", id="the tenant's own wins"
        ),
        pytest.param(
            "podSecurity: {enforce: restricted}",
            f"metadata: {{namespaces: {{labels: {{{ENFORCE}: privileged}}}}}}",
            "restricted",
            id="the tenant's own wins over a label of all namespaces",
        ),
    ],
)
def test_pod_security_is_a_label_of_the_namespace(
    spec: str, config: str, level: str | None
) -> None:
    found = members(f"{plans.DEV}{spec}", config=config)
    assert found.namespaces[0].labels.get(ENFORCE) == level


def test_a_label_for_one_namespace_makes_an_exception_from_pod_security() -> None:
    found = members(
        f"""
        podSecurity: {{enforce: restricted, warn: restricted, audit: baseline}}
        namespaces:
          withTenantPrefix: [dev, node-agent]
          metadata:
            specific: [{{namespaces: [blue-node-agent], labels: {{{ENFORCE}: privileged}}}}]
        """
    )
    levels = {one.name: one.labels[ENFORCE] for one in found.namespaces}
    assert levels == {"blue-dev": "restricted", "blue-node-agent": "privileged"}
    assert found.namespaces[0].labels["pod-security.kubernetes.io/warn"] == "restricted"
    assert found.namespaces[0].labels["pod-security.kubernetes.io/audit"] == "baseline"


def test_sandboxes_and_self_made_namespaces_have_pod_security_too() -> None:
    found = members(SANDBOXES, seen(live("blue-own", managed=False)), config=BASELINE)
    assert {one.labels[ENFORCE] for one in found.namespaces} == {"baseline"}
    assert len(found.namespaces) == 3
