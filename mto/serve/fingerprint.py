"""Whether a tenant needs a look at all: everything its plan depends on, as one short text. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

import mto
from mto.plan.observed import Observed
from mto.plan.quota import shares
from mto.spec.base import Spec
from mto.spec.origin import Declared, once
from mto.spec.world import World


def fingerprint(tenant: str, world: World, observed: Observed, *, names: tuple[str, ...]) -> str:
    """Equal exactly where the plan would be equal.

    ``names`` are the namespaces that share the budget. Of the quotas only the resulting parts
    count: what is used changes with every pod, and hardly ever what follows from it. The contents
    of namespaces are not in it: who waits for one to become empty has to look.
    """
    declared = world.tenants[tenant]
    budget = world.quotas[declared.value.spec.quota]
    extensions = world.extensions_of.get(tenant)
    parts = shares(budget.value, names, observed)
    everything = (
        mto.__version__,
        _digest(declared),
        _digest(budget),
        _digest(world.config),
        declared.origin.source,
        _digest(extensions) if extensions else "",
        [_namespace(observed, name) for name in sorted(observed.namespaces)],
        {name: dict(one) for name, one in parts.hard.items()},
        parts.waiting,
    )
    return hashlib.sha256(orjson.dumps(everything, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _namespace(observed: Observed, name: str) -> Mapping[str, Any]:
    live = observed.namespaces[name]
    return {
        "name": name,
        "labels": dict(live.labels),
        "annotations": dict(live.annotations),
        "uid": live.uid,
        "terminating": live.terminating,
    }


@once
def _digest(declared: Declared[Spec]) -> str:
    text = declared.value.model_dump_json(by_alias=True, exclude_unset=True)
    return hashlib.sha256(text.encode()).hexdigest()
