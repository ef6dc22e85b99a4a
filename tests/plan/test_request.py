from __future__ import annotations

import pytest

from mto.plan.observed import Namespace
from mto.plan.request import mistaken, requested

KEYS = ("pods", "requests.cpu", "limits.cpu")
START = "annotation mto.stakater.com/request-quota of namespace 'blue-dev': "


def namespace(request: str = "") -> Namespace:
    annotations = {"mto.stakater.com/request-quota": request} if request else {}
    return Namespace("blue-dev", annotations=annotations)


@pytest.mark.parametrize(
    ("text", "amounts", "wrong"),
    [
        pytest.param("", {}, "", id="nothing"),
        pytest.param("pods=5", {"pods": "5"}, "", id="one"),
        pytest.param(
            "pods=5, requests.cpu = 500m", {"pods": "5", "requests.cpu": "500m"}, "", id="two"
        ),
        pytest.param(
            "pods=many, limits.cpu=1",
            {"limits.cpu": "1"},
            "can't be understood: 'pods=many'; write key=amount, for example pods=5",
            id="no amount",
        ),
        pytest.param(
            "pods, -1",
            {},
            "can't be understood: 'pods', '-1'; write key=amount, for example pods=5",
            id="no value",
        ),
        pytest.param(
            "pods=-1",
            {},
            "can't be understood: 'pods=-1'; write key=amount, for example pods=5",
            id="less than nothing",
        ),
        pytest.param(
            "pod=5",
            {"pod": "5"},
            "the budget does not speak of 'pod'; its keys are limits.cpu, pods, requests.cpu",
            id="another key",
        ),
    ],
)
def test_what_an_annotation_asks_for_and_what_of_it_nobody_understands(
    text: str, amounts: dict[str, str], wrong: str
) -> None:
    assert requested(namespace(text)) == amounts
    assert mistaken(namespace(text), KEYS) == (START + wrong if wrong else "")
