"""When a custom resource may go: a Tenant when nothing of it is left, a Quota when nobody has it.

Pure. Only what is declared in the cluster itself is held: a copy of a file's declaration that
somebody deletes is drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mto.plan.labels import is_copy

FINALIZER = "mto.stakater.com/declared"
HELD = ("Tenant", "Quota")

Object = Mapping[str, Any]


def going(live: Object | None) -> bool:
    """Somebody deleted it, and it waits for us."""
    return live is not None and bool(live["metadata"].get("deletionTimestamp")) and held(live)


def held(live: Object) -> bool:
    return FINALIZER in (live["metadata"].get("finalizers") or ())


def to_hold(live: Object) -> bool:
    """It is to be held from now on, before anything is made of it."""
    fresh = not (held(live) or live["metadata"].get("deletionTimestamp"))
    return live["kind"] in HELD and fresh and not is_copy(live)


def patch(live: Object, *, hold: bool) -> Mapping[str, Any]:
    """The merge patch that holds it or lets it go, for this very version."""
    metadata = live["metadata"]
    others = [one for one in metadata.get("finalizers") or () if one != FINALIZER]
    return {
        "metadata": {
            "finalizers": [*others, FINALIZER] if hold else others,
            "resourceVersion": metadata["resourceVersion"],
            "uid": metadata["uid"],
        }
    }
