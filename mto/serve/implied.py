"""Whom something concerns that others made: a class, a cluster role, a kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from mto.cluster import observe
from mto.plan import appproject, clusterquota
from mto.plan.sandbox import group_names
from mto.spec.tenant import ClassAccess, TenantSpec
from mto.spec.world import World

Kind = tuple[str, str]

CLUSTER_ROLE: Final[Kind] = ("rbac.authorization.k8s.io/v1", "ClusterRole")
GATEWAY_CLASS: Final[Kind] = ("gateway.networking.k8s.io/v1", "GatewayClass")
APP_PROJECT: Final[Kind] = (appproject.VERSION, appproject.KIND)
CLUSTER_QUOTA: Final[Kind] = (clusterquota.VERSION, clusterquota.KIND)
GROUP: Final[Kind] = observe.GROUP


class _Classes(NamedTuple):
    """``field`` of a Tenant's status; ``of``: what the Tenant says about such classes."""

    field: str
    of: Callable[[TenantSpec], ClassAccess | None]


CLASSES: Final[Mapping[Kind, _Classes]] = {
    ("storage.k8s.io/v1", "StorageClass"): _Classes(
        "storageClasses", lambda spec: spec.storage_classes
    ),
    ("networking.k8s.io/v1", "IngressClass"): _Classes(
        "ingressClasses", lambda spec: spec.ingress_classes
    ),
    ("scheduling.k8s.io/v1", "PriorityClass"): _Classes(
        "podPriorityClasses", lambda spec: spec.pod_priority_classes
    ),
    ("node.k8s.io/v1", "RuntimeClass"): _Classes(
        "runtimeClasses", lambda spec: spec.runtime_classes
    ),
    GATEWAY_CLASS: _Classes("gatewayClasses", lambda spec: spec.gateway_classes),
}


def by_object(kind: Kind, name: str, world: World) -> frozenset[str]:
    """Tenants concerned by a class that appeared or went."""
    of = CLASSES[kind].of
    return frozenset(
        tenant
        for tenant, one in world.tenants.items()
        if (access := of(one.value.spec)) is not None
        and (not access.allowed or name in access.allowed)
    )


def by_kind(kind: Kind, world: World) -> frozenset[str]:
    """Tenants concerned by a kind that is served now and was not, or the other way round."""
    if kind == APP_PROJECT:
        return frozenset(_with_project(world))
    return frozenset(world.tenants if kind == CLUSTER_QUOTA else ())


def by_namespace(name: str, world: World) -> frozenset[str]:
    """Tenants concerned by a namespace of no tenant that appeared or went: Argo CD's."""
    if name != appproject.home(world):
        return frozenset()
    return frozenset(_with_project(world))


def regrouped(
    before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]], world: World
) -> frozenset[str]:
    """Tenants with a group whose members are others now, or known, or known no more."""
    changed = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
    return frozenset(
        tenant
        for tenant, one in world.tenants.items()
        if changed and not changed.isdisjoint(group_names(one.value))
    )


def available(
    spec: TenantSpec, known: Mapping[Kind, frozenset[str]]
) -> dict[str, dict[str, list[dict[str, str]]]]:
    """The classes that the tenant may use and that are there, by field of its status.

    ``known`` are their names; of a kind that is not in it nobody knows which are there.
    """
    found = {}
    for kind, classes in CLASSES.items():
        access = classes.of(spec)
        there = known.get(kind)
        names = () if access is None else access.allowed or sorted(there or ())
        found[classes.field] = {
            "available": [{"name": one} for one in names if one and (there is None or one in there)]
        }
    return found


def _with_project(world: World) -> Iterator[str]:
    return (name for name in world.tenants if appproject.asked(name, world) is not None)
