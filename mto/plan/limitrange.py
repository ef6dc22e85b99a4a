"""The tenant's LimitRange, the same in each of its namespaces."""

from __future__ import annotations

from typing import Any

from mto.spec.quantity import canonical
from mto.spec.quota import LimitRangeItem, Quota

NAME = "mto"


def manifest(quota: Quota, namespace: str) -> dict[str, Any] | None:
    """``None`` where the quota asks for no limits."""
    limits = quota.spec.limitrange.limits if quota.spec.limitrange else ()
    if not limits:
        return None
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {"limits": [_item(limit) for limit in limits]},
    }


def _item(limit: LimitRangeItem) -> dict[str, Any]:
    """Amounts as the API server stores them, so that a comparison with it finds no difference."""
    written = limit.model_dump(by_alias=True, mode="json", exclude_unset=True)
    return {
        field: {key: canonical(amount) for key, amount in value.items()}
        if isinstance(value, dict)
        else value
        for field, value in written.items()
    }
