from __future__ import annotations

import pytest

from mto.plan import limitrange
from tests.support import plans


def test_defaults_are_copied_with_amounts_as_the_api_server_stores_them() -> None:
    world = plans.world(
        quota="""
        limitrange:
          limits:
            - {type: Container, default: {cpu: 0.5, memory: 1024Mi}, max: {cpu: "1000m"}}
            - {type: Pod, max: {memory: 2048Mi}}
        """
    )
    assert limitrange.manifest(world.quotas["small"].value, "blue-dev") == {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "mto", "namespace": "blue-dev"},
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "max": {"cpu": "1"},
                    "default": {"cpu": "500m", "memory": "1Gi"},
                },
                {"type": "Pod", "max": {"memory": "2Gi"}},
            ]
        },
    }


@pytest.mark.parametrize(
    "quota", ["resourcequota: {hard: {pods: 1}}", "limitrange: {}", "limitrange: {limits: []}"]
)
def test_without_limits_there_is_no_limitrange(quota: str) -> None:
    assert limitrange.manifest(plans.world(quota=quota).quotas["small"].value, "blue-dev") is None
