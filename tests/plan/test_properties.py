"""What holds for a tenant's plan whatever is seen in the cluster."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mto.plan import tenant
from mto.plan.observed import Contents, Namespace, Observed, Quota
from mto.plan.resource import Key, Plan
from mto.spec.world import World
from tests.support import plans
from tests.support.plans import live, plan

SPACE = "kubernetes:core/v1:Namespace"
LIMITED = "resourcequota: {hard: {pods: 10}}\nlimitrange: {limits: [{type: Pod, max: {cpu: 1}}]}"
CLOSED = "tenantPolicies: {network: {disableIntraTenantNetworking: true}}"
WORLD = plans.world(
    """
    accessControl:
      owners: {users: [anna@aurora.org], groups: [leads]}
      editors: {users: [ben@aurora.org]}
    namespaces:
      withTenantPrefix: [dev, qa, prod]
      onDeletePurgeNamespaces: true
      sandboxes: {enabled: true, private: true}
      metadata: {common: {labels: {a: c}}}
    storageClasses: {}
    """,
    config=CLOSED,
    quota=LIMITED,
)
AMOUNT = some.dictionaries(some.just("pods"), some.integers(0, 12).map(str))
SPACES = some.sampled_from(
    ["blue-dev", "blue-qa", "blue-prod", "blue-anna-aurora-sandbox", "play", "old", "older"]
)


def _namespace(name: str, **options: Any) -> Namespace:
    return live(name, **options)


OBSERVED = some.builds(
    lambda spaces, quotas, contents: Observed(
        spaces, {name: one for name, one in quotas.items() if name in spaces}, contents
    ),
    some.dictionaries(SPACES, some.tuples(some.booleans(), some.booleans()), max_size=7).map(
        lambda found: {
            name: _namespace(name, managed=managed, leaves=leaves)
            for name, (managed, leaves) in found.items()
        }
    ),
    some.dictionaries(SPACES, some.builds(Quota, AMOUNT, AMOUNT, AMOUNT)),
    some.dictionaries(
        SPACES, some.builds(Contents, some.dictionaries(some.just("pods"), some.just(1)))
    ),
)


def _shuffled(observed: Observed, chance: random.Random) -> Observed:
    def again(mapping: Any) -> Any:
        items = list(mapping.items())
        chance.shuffle(items)
        return dict(items)

    return Observed(again(observed.namespaces), again(observed.quotas), again(observed.contents))


def _comparable(made: Plan) -> tuple[Any, ...]:
    return (
        made.resources,
        [one.because for one in made],
        made.outputs,
        made.deletions,
        made.releases,
        made.warnings,
        made.unsettled,
    )


@given(OBSERVED, some.randoms(use_true_random=False))
def test_whatever_is_seen_the_plan_holds_together(
    observed: Observed, chance: random.Random
) -> None:
    made = plan(WORLD, observed)
    keys = [one.key for one in made]
    assert len(set(keys)) == len(keys) == len({made.urn(key) for key in keys})
    before: set[Key] = set()
    for one in made:
        assert {*one.depends_on, *filter(None, (one.parent, one.deleted_with))} <= before
        assert one.because
        before.add(one.key)
    assert _comparable(made) == _comparable(plan(WORLD, _shuffled(observed, chance)))


@given(OBSERVED)
def test_nothing_managed_goes_unless_it_is_empty_or_consented_to(observed: Observed) -> None:
    made = plan(WORLD, observed)
    gone = {one.name for one in made.releases}
    for name in gone:
        assert observed.contents[name].counts == {}
        assert observed.namespaces[name].managed
    planned = {one.name for one in made if one.type.startswith(SPACE)}
    for name, one in observed.namespaces.items():
        if one.managed and not one.terminating and name not in gone:
            assert name in planned


def _backwards(world: World) -> World:
    def again(mapping: Any) -> Any:
        return dict(reversed(mapping.items()))

    return World(again(world.tenants), again(world.quotas), world.config, again(world.extensions))


@pytest.mark.parametrize("name", ["bluesky", "datalab", "payments", "shop"])
def test_the_order_of_the_declared_world_does_not_matter(name: str) -> None:
    world = _backwards(plans.read("tenants"))
    again = tenant.plan(world.tenants[name], world, observed=plans.NOTHING, settings=plans.SETTINGS)
    assert _comparable(again) == _comparable(plans.examples()[name])
