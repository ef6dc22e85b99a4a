"""What a new declared world means for whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mto.spec.world import World


@dataclass(frozen=True)
class Changes:
    """``tenants`` are to be looked at; ``everybody``: the settings of all have changed."""

    tenants: frozenset[str] = frozenset()
    platform: bool = False
    everybody: bool = False


def between(before: World, after: World) -> Changes:
    """A tenant changes with its own manifest, its Quota and its Extensions.

    One that is declared no more is among them as well.
    """
    tenants = _differing(before.tenants, after.tenants)
    quotas = _differing(before.quotas, after.quotas)
    extensions = _differing(before.extensions, after.extensions)
    tenants |= {
        name for name, one in after.tenants.items() if quotas and one.value.spec.quota in quotas
    }
    for name in extensions:
        for world in (before, after):
            if name in world.extensions:
                tenants.add(world.extensions[name].value.spec.tenant_name)
    everybody = before.config.value != after.config.value
    platform = (
        everybody
        or bool(quotas)
        or before.config.origin != after.config.origin
        or before.tenants.keys() != after.tenants.keys()
        or any(_quota(before, name) != _quota(after, name) for name in tenants)
    )
    return Changes(frozenset(tenants), platform, everybody)


def _quota(world: World, tenant: str) -> str:
    """The platform's copies of Quotas name the tenants that have them."""
    declared = world.tenants.get(tenant)
    return declared.value.spec.quota if declared else ""


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Names that are new, gone or changed; what stayed the same object is not looked into."""
    return {
        name
        for name in before.keys() | after.keys()
        if (one := before.get(name)) is not (other := after.get(name)) and one != other
    }
