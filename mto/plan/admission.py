"""Admission's policies and bindings as resources of the platform."""

from __future__ import annotations

from collections.abc import Iterator

from mto.admission.policies import bindings, policy
from mto.admission.rules import rules
from mto.plan.build import Owner
from mto.plan.resource import Key, Resource
from mto.spec.names import nearest
from mto.spec.world import World


def resources(world: World, owner: Owner, *, after: tuple[Key, ...]) -> Iterator[Resource]:
    """``after``: what the policies speak of, so that none of them ever holds without it."""
    config = world.config
    nested = sorted(name for name in world.tenants if nearest(name, world.tenants))
    for rule in rules(config.value, nested):
        manifest = policy(rule, config.value)
        name = manifest["metadata"]["name"]
        because = f"part of MTO: the rule {rule.name!r}"
        drawn = owner.draw(manifest, name, because=because, depends_on=after)
        yield drawn
        for binding in bindings(rule, config.value):
            yield owner.draw(
                binding,
                binding["metadata"]["name"],
                because=f"{because}, {config.origin.at('spec', 'admission', 'rules', rule.name)}",
                depends_on=(*after, drawn.key),
            )
