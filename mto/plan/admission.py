"""Admission's policies and bindings as resources of the platform."""

from __future__ import annotations

from collections.abc import Iterator

from mto.admission.composition import policies
from mto.admission.policies import bindings, manifest
from mto.admission.rules import rules
from mto.plan.build import Owner
from mto.plan.resource import Key, Resource
from mto.spec.names import nearest
from mto.spec.world import World


def resources(world: World, owner: Owner, *, after: tuple[Key, ...]) -> Iterator[Resource]:
    """``after``: what the policies speak of, so that none of them ever holds without it."""
    config = world.config
    nested = sorted(name for name in world.tenants if nearest(name, world.tenants))
    for one in policies(rules(config.value, nested), config.value):
        made = manifest(one, config.value)
        names = [rule.name for rule in one.rules]
        because = f"part of MTO: the rule{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"
        drawn = owner.draw(made, made["metadata"]["name"], because=because, depends_on=after)
        yield drawn
        mode = config.origin.at("spec", "admission", "rules", *names[: len(names) == 1])
        for binding in bindings(one):
            yield owner.draw(
                binding,
                binding["metadata"]["name"],
                because=f"{because}, {mode}",
                depends_on=(*after, drawn.key),
            )
