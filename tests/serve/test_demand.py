from __future__ import annotations

from typing import Any

import pytest

from mto.plan.observed import Namespace
from mto.serve.demand import LASTS, Demand, misunderstood, refused, requested

MESSAGE = (
    'Error creating: pods "web-x" is forbidden: exceeded quota: mto, '
    "requested: limits.cpu=100m,pods=1, used: limits.cpu=1,pods=5, limited: limits.cpu=1,pods=5"
)


def event(message: str = MESSAGE) -> dict[str, Any]:
    return {"metadata": {"namespace": "blue-dev"}, "message": message}


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


@pytest.mark.parametrize(
    ("text", "amounts", "wrong"),
    [
        pytest.param("", {}, (), id="nothing"),
        pytest.param("pods=5", {"pods": "5"}, (), id="one"),
        pytest.param(
            "pods=5, requests.cpu = 500m", {"pods": "5", "requests.cpu": "500m"}, (), id="two"
        ),
        pytest.param(
            "pods=many, limits.cpu=1", {"limits.cpu": "1"}, ("pods=many",), id="no amount"
        ),
        pytest.param("pods", {}, ("pods",), id="no value"),
        pytest.param("pods=-1", {}, ("pods=-1",), id="less than nothing"),
    ],
)
def test_what_an_annotation_asks_for(
    text: str, amounts: dict[str, str], wrong: tuple[str, ...]
) -> None:
    assert requested(namespace(text)) == amounts
    assert misunderstood(namespace(text)) == wrong


def test_a_refusal_counts_for_a_minute() -> None:
    demand = Demand()
    spaces = {"blue-dev": namespace()}
    assert demand.seen(event(), 100.0, age=0.0) == "blue-dev"
    assert demand.of(spaces, 100.0) == {"blue-dev": {"limits.cpu": "100m", "pods": "1"}}
    assert demand.of(spaces, 100.0 + LASTS) == {}


def test_each_further_refusal_counts_twice_as_much_as_the_one_before() -> None:
    demand = Demand()
    spaces = {"blue-dev": namespace()}
    for second in range(4):
        demand.seen(event(), float(second), age=0.0)
    assert demand.of(spaces, 4.0) == {"blue-dev": {"limits.cpu": "800m", "pods": "8"}}
    assert demand.of(spaces, 3.0 + LASTS) == {}
    demand.seen(event(), 100.0, age=0.0)
    assert demand.of(spaces, 100.0) == {"blue-dev": {"limits.cpu": "100m", "pods": "1"}}


def test_an_old_event_counts_for_what_is_left_of_its_minute() -> None:
    demand = Demand()
    assert demand.seen(event(), 0.0, age=LASTS + 1) is None
    assert demand.seen(event(), 0.0, age=LASTS - 10) == "blue-dev"
    assert demand.of({"blue-dev": namespace()}, 9.0) != {}
    assert demand.of({"blue-dev": namespace()}, 11.0) == {}


def test_the_larger_of_what_was_refused_and_what_is_asked_for_counts() -> None:
    demand = Demand()
    demand.seen(event(), 0.0, age=0.0)
    spaces = {"blue-dev": namespace("pods=5, limits.cpu=10m")}
    assert demand.of(spaces, 0.0) == {"blue-dev": {"pods": "5", "limits.cpu": "100m"}}


def test_events_about_anything_else_concern_nobody() -> None:
    assert Demand().seen(event("Created pod: x"), 0.0, age=0.0) is None
