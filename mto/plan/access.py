"""The right to read classes, which are cluster-scoped: of storage, ingress, priority and so on.

Tri-state, as MTO has it: absent makes nothing; an empty list lets members read every class; a list
lets them read exactly those. ``""`` in a list stands for objects without a class and names none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mto.plan.role import RBAC, RBAC_VERSION, subjects
from mto.spec.origin import Declared
from mto.spec.tenant import ClassAccess, Tenant


class _Classes(NamedTuple):
    field: str
    attribute: str
    group: str
    resource: str


CLASSES = (
    _Classes("storageClasses", "storage_classes", "storage.k8s.io", "storageclasses"),
    _Classes("ingressClasses", "ingress_classes", "networking.k8s.io", "ingressclasses"),
    _Classes("podPriorityClasses", "pod_priority_classes", "scheduling.k8s.io", "priorityclasses"),
    _Classes("runtimeClasses", "runtime_classes", "node.k8s.io", "runtimeclasses"),
    _Classes("gatewayClasses", "gateway_classes", "gateway.networking.k8s.io", "gatewayclasses"),
)


class Access(NamedTuple):
    """A ClusterRole and its binding, under the name that both carry."""

    name: str
    role: dict[str, Any]
    binding: dict[str, Any]
    because: str


def access(declared: Declared[Tenant]) -> Iterator[Access]:
    """ClusterRoles and bindings of one tenant; its name has no colon, so no two tenants collide."""
    tenant = declared.value
    everybody = [dict(one) for _, members in tenant.roles() for one in subjects(members)]
    people = list({(one["kind"], one["name"]): one for one in everybody}.values())
    for classes in CLASSES:
        allowed: ClassAccess | None = getattr(tenant.spec, classes.attribute)
        rule = _rule(classes, allowed)
        if rule is None or not people:
            continue
        name = f"mto:{tenant.metadata.name}:{classes.resource}"
        metadata = {"name": name}
        role = {
            "apiVersion": RBAC_VERSION,
            "kind": "ClusterRole",
            "metadata": metadata,
            "rules": [rule],
        }
        binding = {
            "apiVersion": RBAC_VERSION,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": people,
        }
        yield Access(name, role, binding, declared.origin.at("spec", classes.field))


def _rule(classes: _Classes, allowed: ClassAccess | None) -> dict[str, Any] | None:
    if allowed is None:
        return None
    rule = {"apiGroups": [classes.group], "resources": [classes.resource]}
    if not allowed.allowed:
        return rule | {"verbs": ["get", "list", "watch"]}
    names = [name for name in allowed.allowed if name]
    return rule | {"resourceNames": names, "verbs": ["get"]} if names else None
