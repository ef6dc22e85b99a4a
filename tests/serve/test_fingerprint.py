from __future__ import annotations

from dataclasses import replace

import pytest

from mto.plan.observed import Observed, Quota
from mto.serve.fingerprint import fingerprint
from mto.spec.world import World
from tests.support import plans

NAMES = ("blue-dev",)
SEEN = Observed(
    {"blue-dev": plans.live("blue-dev")},
    {"blue-dev": Quota({"pods": "10"}, {"pods": "10"}, {"pods": "1"}, tenant="blue")},
)
WORLD = plans.world()


def taken(world: World = WORLD, seen: Observed = SEEN) -> str:
    return fingerprint("blue", world, seen, names=NAMES)


def quota(**amounts: str) -> Observed:
    live = Quota(
        {"pods": amounts.get("spec", "10")},
        {"pods": amounts.get("status", "10")},
        {"pods": amounts.get("used", "1")},
        tenant="blue",
    )
    return replace(SEEN, quotas={"blue-dev": live})


@pytest.mark.parametrize(
    ("world", "seen"),
    [
        pytest.param(WORLD, SEEN, id="nothing"),
        pytest.param(plans.world(), SEEN, id="the same read again"),
        pytest.param(WORLD, quota(used="7"), id="a pod more"),
    ],
)
def test_what_changes_no_plan_changes_no_fingerprint(world: World, seen: Observed) -> None:
    assert taken(world, seen) == taken()


@pytest.mark.parametrize(
    ("world", "seen"),
    [
        pytest.param(plans.world(plans.DEV), SEEN, id="a member less"),
        pytest.param(
            plans.world(config="{metadata: {namespaces: {labels: {a: b}}}}"), SEEN, id="settings"
        ),
        pytest.param(plans.world(quota="resourcequota: {hard: {pods: 20}}"), SEEN, id="the budget"),
        pytest.param(
            plans.world(meta=", annotations: {mto.stakater.com/delete: x}"), SEEN, id="consent"
        ),
        pytest.param(WORLD, plans.seen(plans.live("blue-dev"), plans.live("x")), id="a namespace"),
        pytest.param(
            WORLD,
            replace(SEEN, namespaces={"blue-dev": plans.live("blue-dev", labels={"a": "b"})}),
            id="a label",
        ),
        pytest.param(
            WORLD,
            replace(SEEN, namespaces={"blue-dev": plans.live("blue-dev", leaves=True)}),
            id="its end",
        ),
    ],
)
def test_what_may_change_the_plan_changes_the_fingerprint(world: World, seen: Observed) -> None:
    assert taken(world, seen) != taken()


def test_a_namespace_that_uses_more_than_its_part_changes_the_parts_and_the_fingerprint() -> None:
    names = ("blue-dev", "blue-qa")
    half = Quota({"pods": "5"}, {"pods": "5"}, {"pods": "1"}, tenant="blue")
    even = Observed({}, {"blue-dev": half, "blue-qa": half})
    pressed = Observed({}, {"blue-dev": replace(half, used={"pods": "7"}), "blue-qa": half})
    assert fingerprint("blue", WORLD, even, names=names) != fingerprint(
        "blue", WORLD, pressed, names=names
    )
