"""What all tenants stand on: kinds, cluster roles, admission, MTO's namespace, settings, quotas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mto.plan import admission, clusterrole, service, term
from mto.plan.build import Owner, Settings, provider
from mto.plan.clusterrole import BUILT_IN
from mto.plan.declaration import copies
from mto.plan.labels import ENVIRONMENT
from mto.plan.resource import Key, Plan, Resource
from mto.spec.integrationconfig import NAMESPACE
from mto.spec.labels import USED_BY
from mto.spec.schema import crds
from mto.spec.world import World

COMPONENT = "mto:platform:Platform"


def plan(world: World, *, settings: Settings) -> Plan:
    """The environment's platform stack."""
    component = Resource(COMPONENT, settings.environment, because=BUILT_IN)
    owner = Owner(component.key)
    kinds = tuple(_kinds(owner))
    keys = tuple(kind.key for kind in kinds)
    roles = tuple(clusterrole.resources(owner))
    ready = (*keys, *(role.key for role in roles))
    metadata: dict[str, Any] = {
        "name": NAMESPACE,
        "annotations": {ENVIRONMENT: settings.environment},
        **({"labels": service.RESTRICTED} if settings.service else {}),
    }
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
            *roles,
            namespace,
            *term.resources(owner, after=(namespace.key,)),
            *admission.resources(world, owner, after=ready),
            *copies(world.config, owner, depends_on=(*keys, namespace.key)),
            *_quotas(world, owner, keys),
            *service.resources(
                settings.service, owner, settings.environment, after=(namespace.key,)
            ),
        ),
        outputs={"tenants": sorted(world.tenants)},
    )


def _kinds(owner: Owner) -> Iterator[Resource]:
    for crd in crds():
        name = crd["metadata"]["name"]
        yield owner.draw(crd, name, because=f"{BUILT_IN}: the kind {crd['spec']['names']['kind']}")


def _quotas(world: World, owner: Owner, kinds: tuple[Key, ...]) -> Iterator[Resource]:
    """With the names of the tenants that use them, which admission reads before a deletion.

    Their status says the same, but not after `pulumi up`, which can't write it.
    """
    for name, quota in sorted(world.quotas.items()):
        users = world.users.get(name)
        noted = {USED_BY: ", ".join(users)} if users else {}
        yield from copies(quota, owner, annotations=noted, depends_on=kinds)
