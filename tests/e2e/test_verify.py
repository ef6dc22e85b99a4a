"""Isolation under the hardened profile, and what is told when a part of it is taken away."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mto.admission.composition import policies
from mto.admission.policies import PREFIX
from mto.admission.rules import rules
from mto.local.cluster import Cluster as ControlPlane
from mto.spec.integrationconfig import IntegrationConfig
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, until

PROFILE = Path(__file__).parents[2] / "docs" / "profiles" / "hardened"
THEFT = frozenset(f"MTO-NS-{number}" for number in range(1, 13))
BY_RULE: Mapping[str, frozenset[str]] = {
    "namespaces": THEFT,
    "managed": frozenset({"MTB-PL1-BC-CPI-2", "MTO-OBJ-1", "MTO-OBJ-2"}),
    "reserved-names": frozenset({"MTO-OBJ-2"}),
    "network-policies": frozenset({"MTO-OBJ-3"}),
    "role-bindings": frozenset({"MTO-RB-1"}),
    "roles": frozenset({"MTO-RB-2"}),
    "declarations": frozenset({"MTO-OBJ-4"}),
    "quotas-in-use": frozenset({"MTO-OBJ-5"}),
    "storage-classes": frozenset({"MTO-USE-1"}),
    "ingress-classes": frozenset({"MTO-USE-2"}),
    "priority-classes": frozenset({"MTO-USE-3"}),
    "runtime-classes": frozenset({"MTO-USE-4"}),
    "gateway-classes": frozenset({"MTO-USE-13"}),
    "hosts": frozenset({"MTO-USE-7"}),
    "images": frozenset({"MTO-USE-5"}),
    "image-pulls": frozenset({"MTB-PL1-CC-DI-1"}),
    "service-accounts": frozenset({"MTO-USE-6"}),
    "services": frozenset({"MTB-PL1-BC-HI-2", "MTO-USE-8", "MTO-USE-9", "MTO-USE-10"}),
    "pods": frozenset({"MTO-USE-11", "MTO-USE-12"}),
}
TRIES = 6
GATEWAY = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gateways.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: "unapproved, for a test"}
spec:
  group: gateway.networking.k8s.io
  scope: Namespaced
  names: {kind: Gateway, listKind: GatewayList, plural: gateways, singular: gateway}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: test-gateways
  labels: {rbac.authorization.k8s.io/aggregate-to-admin: "true"}
rules:
  - {apiGroups: [gateway.networking.k8s.io], resources: [gateways], verbs: [create, get, list]}
"""


@pytest.fixture
def hardened(spare: ControlPlane, spare_admin: Kubectl, tmp_path: Path) -> Project:
    """The documented profile on a cluster of its own, since it changes what all tenants get."""
    assert spare_admin("apply", "-f", "-", stdin=GATEWAY).code == 0
    project = Project(tmp_path / "project", spare.kubeconfig)
    shutil.copytree(PROFILE, project.root / "tenants", dirs_exist_ok=True)
    answer = project("up", "--yes")
    assert answer.code == 0, answer.stderr
    return project


def verified(project: Project, *arguments: str, code: int) -> dict[str, Any]:
    found: dict[str, Any] = project.data("verify", "vault", *arguments, code=code)
    return found


def by_status(found: Mapping[str, Any], status: str) -> set[str]:
    return {one["id"] for one in found["checks"] if one["status"] == status}


@pytest.mark.parametrize("how", [(), ("--real",)], ids=["impersonated", "with certificates"])
def test_the_hardened_profile_passes_every_check(hardened: Project, how: tuple[str, ...]) -> None:
    until(lambda: hardened("verify", *how).code == 0, pause=1)

    found = hardened.data("verify", "--strict", *how)

    assert {one["status"] for one in found["checks"]} == {"pass"}
    assert {one["tenant"] for one in found["checks"]} == {"vault", "vault-b"}
    assert found["missing"] == []
    assert found["real"] is bool(how)


def test_nothing_of_a_run_is_left(hardened: Project, spare_admin: Kubectl) -> None:
    hardened("verify", "--real")

    kinds = "clusterroles,clusterrolebindings,serviceaccounts,validatingadmissionpolicies"
    left = spare_admin("get", kinds, "-A", "-l", "mto.stakater.com/scratch", "-o", "name")
    requests = spare_admin("get", "certificatesigningrequests", "-o", "name")
    assert left.stdout == ""
    assert "mto-verify" not in requests.stdout


OPENING = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: opening, namespace: vault-dev}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}]}]}
"""


def test_a_networkpolicy_that_lets_another_tenant_in_is_named(
    hardened: Project, spare_admin: Kubectl
) -> None:
    assert spare_admin("apply", "-f", "-", stdin=OPENING).code == 0
    try:
        (network,) = verified(hardened, "--check", "MTB-PL1-BC-NI-1", code=3)["checks"]
    finally:
        spare_admin("-n", "vault-dev", "delete", "networkpolicy", "opening")

    said = "NetworkPolicy vault-dev/opening lets in pods of namespace vault-b-dev"
    assert said in network["possible"]
    verified(hardened, "--check", "MTB-PL1-BC-NI-1", code=0)


def possible(project: Project, expected: frozenset[str]) -> set[str]:
    """What fails; asked again while policies that were taken or put back are still being learnt."""
    found: set[str] = set()
    for _ in range(TRIES):
        answer = project("verify", "vault", "-o", "json")
        assert answer.code in {0, 3, 4}, answer.stderr
        found = by_status(answer.json, "fail")
        if found == expected:
            break
    return found


def test_with_one_policy_taken_away_exactly_what_became_possible_is_named(
    hardened: Project, spare_admin: Kubectl
) -> None:
    config = IntegrationConfig()
    assert {rule.name for rule in rules(config)} == BY_RULE.keys()
    assert possible(hardened, frozenset()) == set()
    for policy in policies(rules(config), config):
        checks = frozenset[str]().union(*(BY_RULE[rule.name] for rule in policy.rules))
        taken = spare_admin("delete", "validatingadmissionpolicy", PREFIX + policy.name)
        assert taken.code == 0, taken.stderr

        assert possible(hardened, checks) == checks, policy.name

        assert hardened("up", "--yes", "--refresh").code == 0
    assert possible(hardened, frozenset()) == set()


def test_where_nothing_passes_nothing_is_proven(hardened: Project, spare_admin: Kubectl) -> None:
    until(lambda: hardened("verify", "vault").code == 0, pause=1)
    for name in ("mto-owner-admin", "mto-owner-mto:namespace-owner"):
        spare_admin("-n", "vault-dev", "delete", "rolebinding", name)
    until(lambda: hardened("verify", "vault").code == 4, pause=0.5)

    found = verified(hardened, code=4)

    pods = next(one for one in found["checks"] if one["id"] == "MTB-PL1-BC-CPI-5")
    assert pods["status"] == "unknown"
    assert pods["unproven"][0].startswith(
        "an owner can create an ordinary pod: must pass, was refused: "
    )
    assert hardened("up", "--yes", "--refresh").code == 0


def test_a_report_for_whatever_shows_tests(hardened: Project) -> None:
    answer = hardened("verify", "vault", "-o", "junit")

    assert answer.stdout.startswith("<?xml")
    assert '<testsuite name="vault"' in answer.stdout


def test_an_unknown_check_is_a_usage_error(hardened: Project) -> None:
    answer = hardened("verify", "--check", "MTB-0")

    assert answer.code == 2
    assert answer.stderr.startswith("mto: no check 'MTB-0'; checks: MTB-PL1-CC-CPI-1, ")
