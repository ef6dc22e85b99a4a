"""Rights outside of namespaces: to make namespaces, and to read classes.

Classes (of storage, ingress, priority and so on) are cluster-scoped.
Tri-state, as MTO has it: absent makes nothing; an empty list lets members read every class; a list
lets them read exactly those. ``""`` in a list stands for objects without a class and names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mto.admission import rights
from mto.plan.role import RBAC, RBAC_VERSION, subjects
from mto.spec.names import reserved_names
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


def creation(declared: Declared[Tenant], *, full: bool) -> Iterator[Access]:
    """The owners' right to make namespaces, within the tenant's own rules; admission asks for it.

    ``full``: the tenant has as many as it may have.
    """
    tenant = declared.value
    people = subjects(tenant.spec.access_control.owners)
    if people:
        verbs, namespaces = [rights.CHANGE], tenant.spec.namespaces
        verbs += [] if full else [rights.CREATE]
        verbs += [] if namespaces.require_prefix else [rights.ANY_PREFIX]
        verbs += [] if full or namespaces.allowed_names is not None else [rights.ANY_NAME]
        rules = [_named(rights.TENANTS, [tenant.name], verbs)]
        if namespaces.allowed_names:
            rules.append(_named(rights.NAMES, list(namespaces.allowed_names), [rights.USE]))
        if not full:
            rules.append({"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]})
        because = declared.origin.at("spec", "accessControl", "owners")
        yield _access(f"mto:{tenant.name}:namespaces", rules, people, because=because)


def reservation(declared: Declared[Tenant], more: Iterable[str] = ()) -> Iterator[Access]:
    """Names of the tenant, on record for admission: nobody else takes them.

    They are those that it declares, and ``more``.
    """
    namespace, account = rights.KEEPER
    if names := list(dict.fromkeys((*reserved_names(declared.value), *more))):
        rules = [_named(rights.NAMES, names, [rights.HELD])]
        keeper = {"kind": "ServiceAccount", "namespace": namespace, "name": account}
        because = declared.origin.at("spec", "namespaces")
        yield _access(f"mto:{declared.value.name}:names", rules, [keeper], because=because)


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
        because = declared.origin.at("spec", classes.field)
        yield _access(f"mto:{tenant.name}:{classes.resource}", [rule], people, because=because)


def _access(
    name: str, rules: list[dict[str, Any]], people: Iterable[Mapping[str, str]], *, because: str
) -> Access:
    metadata = {"name": name}
    role = {
        "apiVersion": RBAC_VERSION,
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": rules,
    }
    binding = {
        "apiVersion": RBAC_VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [dict(one) for one in people],
    }
    return Access(name, role, binding, because)


def _named(on: tuple[str, str], names: list[str], verbs: list[str]) -> dict[str, Any]:
    group, resource = on
    return {"apiGroups": [group], "resources": [resource], "resourceNames": names, "verbs": verbs}


def _rule(classes: _Classes, allowed: ClassAccess | None) -> dict[str, Any] | None:
    if allowed is None:
        return None
    rule = {"apiGroups": [classes.group], "resources": [classes.resource]}
    if not allowed.allowed:
        return rule | {"verbs": ["get", "list", "watch"]}
    names = [name for name in allowed.allowed if name]
    return rule | {"resourceNames": names, "verbs": ["get"]} if names else None
