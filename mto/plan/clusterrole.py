"""MTO's own ClusterRoles: what members, auditors and MTO itself may do, and who bypasses guards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mto.admission.rights import BYPASS, GUARDS
from mto.plan.build import Owner
from mto.plan.enginerole import DECLARED, POLICIES, READ, ROLES, RULES, rule
from mto.plan.resource import Resource
from mto.plan.role import NAMESPACE_OWNER, RBAC, RBAC_VERSION

BUILT_IN: Final = "part of MTO"

CLUSTER_ROLES: Final[dict[str, dict[str, Any]]] = {
    "mto:members": {
        "labels": {f"{RBAC}/aggregate-to-view": "true"},
        "rules": [rule("mto.stakater.com", ("tenantpolicies",), READ)],
        "because": "members may read what admission allows in their namespaces",
    },
    "mto:auditor": {
        "rules": [
            rule("tenantoperator.stakater.com", DECLARED, READ),
            rule("mto.stakater.com", ("tenantpolicies",), READ),
            rule(RBAC, ROLES, READ),
            rule("admissionregistration.k8s.io", POLICIES, READ),
            rule("", ("namespaces", "resourcequotas", "limitranges"), READ),
        ],
        "because": "for whoever asks what tenants have; bind it to them yourself",
    },
    NAMESPACE_OWNER: {
        "rules": [rule("", ("namespaces",), ("get", "update", "patch", "delete"))],
        "because": "owners may change their namespaces, as far as admission lets them",
    },
    "mto:engine": {
        "rules": list(RULES),
        "because": "what MTO itself needs; bind it to the service account that it runs as",
    },
    "mto:guards": {
        "rules": [rule(GUARDS[0], (GUARDS[1],), (BYPASS,))],
        "because": "whoever must get past the guards on MTO's own objects",
    },
}

CONTROLLERS: Final = (
    "namespace-controller",
    "generic-garbage-collector",
    "resourcequota-controller",
)
"""Of Kubernetes: they end namespaces and count quotas; refused, namespaces would never go."""
OPENSHIFT_CONTROLLERS: Final = (
    "cluster-quota-reconciliation-controller",
    "resourcequota-controller",
)
"""Of OpenShift, in the namespace openshift-infra: they count for its quotas likewise."""
CONTROLLER_MANAGER: Final = "system:kube-controller-manager"
"""Who they are where they have no service accounts."""


def resources(owner: Owner) -> Iterator[Resource]:
    """The roles and who is bound to them."""
    for name, role in CLUSTER_ROLES.items():
        yield owner.draw(_role(name, role), name, because=f"{BUILT_IN}: {role['because']}")
    accounts = [_account("kube-system", name) for name in CONTROLLERS]
    accounts += [_account("openshift-infra", name) for name in OPENSHIFT_CONTROLLERS]
    user = {"apiGroup": RBAC, "kind": "User", "name": CONTROLLER_MANAGER}
    because = f"{BUILT_IN}: without it no namespace could be deleted"
    yield owner.draw(_binding("mto:guards", [*accounts, user]), "mto:guards", because=because)


def _role(name: str, role: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": RBAC_VERSION,
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": role.get("labels", {})},
        "rules": role["rules"],
    }


def _binding(name: str, subjects: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "apiVersion": RBAC_VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": subjects,
    }


def _account(namespace: str, name: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
