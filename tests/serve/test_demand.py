from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.ref import Ref
from mto.plan.observed import Namespace, Quota
from mto.serve.demand import (
    AGAIN,
    HOLDS,
    LASTS,
    WAITS,
    Demand,
    Room,
    refused,
)

MESSAGE = (
    'Error creating: pods "web-x" is forbidden: exceeded quota: mto, '
    "requested: limits.cpu=100m,pods=1, used: limits.cpu=1,pods=5, limited: limits.cpu=1,pods=5"
)


WEB = Ref("apps/v1", "ReplicaSet", "web", "blue-dev")
FULL = Quota(status={"pods": "5", "limits.cpu": "1"}, used={"pods": "5", "limits.cpu": "1"})
ROOMY = Quota(status={"pods": "9", "limits.cpu": "2"}, used={"pods": "5", "limits.cpu": "1"})


def event(message: str = MESSAGE) -> dict[str, Any]:
    about = {"apiVersion": WEB.api_version, "kind": WEB.kind, "name": WEB.name}
    return {"metadata": {"namespace": "blue-dev"}, "message": message, "involvedObject": about}


def namespace(request: str = "") -> Namespace:
    annotations = {"mto.stakater.com/request-quota": request} if request else {}
    return Namespace("blue-dev", annotations=annotations)


@pytest.mark.parametrize(
    ("message", "amounts"),
    [
        pytest.param(MESSAGE, {"limits.cpu": "100m", "pods": "1"}, id="by our quota"),
        pytest.param(MESSAGE.replace("mto", "theirs"), {}, id="by somebody else's"),
        pytest.param("Error creating: no node", {}, id="for another reason"),
    ],
)
def test_what_a_refusal_asked_for(message: str, amounts: dict[str, str]) -> None:
    assert refused(message) == amounts


def test_a_claim_without_room_lasts_longer_than_controllers_wait() -> None:
    demand = Demand()
    spaces = {"blue-dev": namespace()}
    assert demand.seen(event(), 100.0, age=0.0) == "blue-dev"
    assert demand.of(spaces, 100.0) == {"blue-dev": {"limits.cpu": "100m", "pods": "1"}}
    assert demand.room("blue-dev", FULL, 101.0) == Room()
    assert demand.of(spaces, 100.0 + 1000.0) != {}
    assert demand.of(spaces, 100.0 + WAITS) == {}


def test_when_there_is_room_the_controller_is_nudged_and_the_room_kept_for_a_moment() -> None:
    demand, spaces = Demand(), {"blue-dev": namespace()}
    demand.seen(event(), 0.0, age=0.0)
    assert demand.room("blue-dev", ROOMY, 1.0) == Room((WEB,))
    assert demand.room("blue-dev", ROOMY, 2.0) == Room()
    assert demand.room("blue-dev", ROOMY, 1.0 + AGAIN) == Room((WEB,))
    assert demand.of(spaces, 5.0) != {}
    assert demand.of(spaces, 1.0 + HOLDS) == {}
    assert demand.room("blue-dev", ROOMY, 1.0 + HOLDS) == Room(over=True)
    assert demand.waiting() == frozenset()


def test_who_takes_all_the_room_there_was_may_need_more() -> None:
    demand, spaces = Demand(), {"blue-dev": namespace()}
    demand.seen(event(), 0.0, age=0.0)
    demand.room("blue-dev", ROOMY, 1.0)
    assert demand.room("blue-dev", FULL, 2.0) == Room()
    assert demand.of(spaces, 60.0) == {"blue-dev": {"limits.cpu": "200m", "pods": "2"}}
    assert demand.room("blue-dev", ROOMY, 61.0) == Room((WEB,))


def test_there_is_room_only_if_there_is_of_every_key() -> None:
    demand = Demand()
    demand.seen(event(), 0.0, age=0.0)
    half = Quota(status=ROOMY.status, used={**ROOMY.used, "limits.cpu": "1950m"})
    assert demand.room("blue-dev", half, 1.0) == Room()


def test_each_further_refusal_counts_twice_as_much_as_the_one_before() -> None:
    demand = Demand()
    spaces = {"blue-dev": namespace()}
    for second in range(4):
        demand.seen(event(), float(second), age=0.0)
    assert demand.of(spaces, 4.0) == {"blue-dev": {"limits.cpu": "800m", "pods": "8"}}
    later = 4.0 + WAITS
    demand.seen(event(), later, age=0.0)
    assert demand.of(spaces, later) == {"blue-dev": {"limits.cpu": "100m", "pods": "1"}}


def test_an_event_that_is_old_already_when_it_is_listed_is_no_news() -> None:
    demand = Demand()
    assert demand.seen(event(), 0.0, age=LASTS + 1) is None
    assert demand.seen(event(), 0.0, age=LASTS - 10) == "blue-dev"


def test_the_larger_of_what_was_refused_and_what_is_asked_for_counts() -> None:
    demand = Demand()
    demand.seen(event(), 0.0, age=0.0)
    spaces = {"blue-dev": namespace("pods=5, limits.cpu=10m")}
    assert demand.of(spaces, 0.0) == {"blue-dev": {"pods": "5", "limits.cpu": "100m"}}


def test_events_about_anything_else_concern_nobody() -> None:
    assert Demand().seen(event("Created pod: x"), 0.0, age=0.0) is None
