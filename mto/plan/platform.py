"""What all tenants stand on: kinds, cluster roles, the operator's namespace, settings, quotas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mto.plan.build import Owner, Settings, provider
from mto.plan.declaration import custom_resource
from mto.plan.labels import ENVIRONMENT
from mto.plan.resource import Key, Plan, Resource
from mto.plan.role import RBAC, RBAC_VERSION
from mto.spec.integrationconfig import NAMESPACE
from mto.spec.schema import crds
from mto.spec.world import World

COMPONENT = "mto:platform:Platform"
BUILT_IN = "part of MTO"

_READ = ["get", "list", "watch"]
_GROUPS = ["tenantoperator.stakater.com", "mto.stakater.com"]
CLUSTER_ROLES: dict[str, dict[str, Any]] = {
    "mto:members": {
        "labels": {f"{RBAC}/aggregate-to-view": "true"},
        "rules": [
            {"apiGroups": ["mto.stakater.com"], "resources": ["tenantpolicies"], "verbs": _READ}
        ],
        "because": "members may read what admission allows in their namespaces",
    },
    "mto:auditor": {
        "labels": {},
        "rules": [
            {"apiGroups": _GROUPS, "resources": ["*"], "verbs": _READ},
            {"apiGroups": [RBAC], "resources": ["*"], "verbs": _READ},
            {
                "apiGroups": [""],
                "resources": ["namespaces", "resourcequotas", "limitranges"],
                "verbs": _READ,
            },
        ],
        "because": "for whoever asks what tenants have; bind it to them yourself",
    },
}


def plan(world: World, *, settings: Settings) -> Plan:
    """The environment's platform stack."""
    component = Resource(COMPONENT, settings.environment, because=BUILT_IN)
    owner = Owner(component.key)
    kinds = tuple(_kinds(owner))
    keys = tuple(kind.key for kind in kinds)
    metadata = {"name": NAMESPACE, "annotations": {ENVIRONMENT: settings.environment}}
    namespace = owner.draw(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata},
        NAMESPACE,
        because=f"{BUILT_IN}: holds its settings",
    )
    return Plan(
        settings.stack(),
        (
            provider(settings),
            component,
            *kinds,
            *_cluster_roles(owner),
            namespace,
            custom_resource(world.config, owner, depends_on=(*keys, namespace.key)),
            *_quotas(world, owner, keys),
        ),
        outputs={"tenants": sorted(world.tenants)},
    )


def _kinds(owner: Owner) -> Iterator[Resource]:
    for crd in crds():
        name = crd["metadata"]["name"]
        yield owner.draw(crd, name, because=f"{BUILT_IN}: the kind {crd['spec']['names']['kind']}")


def _cluster_roles(owner: Owner) -> Iterator[Resource]:
    for name, role in CLUSTER_ROLES.items():
        manifest = {
            "apiVersion": RBAC_VERSION,
            "kind": "ClusterRole",
            "metadata": {"name": name, "labels": role["labels"]},
            "rules": role["rules"],
        }
        yield owner.draw(manifest, name, because=f"{BUILT_IN}: {role['because']}")


def _quotas(world: World, owner: Owner, kinds: tuple[Key, ...]) -> Iterator[Resource]:
    for _, quota in sorted(world.quotas.items()):
        yield custom_resource(quota, owner, depends_on=kinds)
