"""Admission policies are relieved, not withdrawn: one goes when its successor is at its post.

Rules move from one policy to another when their mode changes, or when a version of MTO groups them
anew. If the new policy could not be made, or is not known to every API server yet, what it refuses
would be possible without the old one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from mto.engine.direct.diff import Action

TAKEN_UP_WITHIN: Final = 2.0
"""Seconds after which an API server judges by a new policy: it takes them up once a second."""
_GUARDS: Final = "kubernetes:admissionregistration.k8s.io/"


def is_guard(action: Action) -> bool:
    """A policy or a binding of one."""
    what = action.desired or action.old
    return what is not None and what.type.startswith(_GUARDS)


def held(deletions: Iterable[Action]) -> frozenset[str]:
    """The guards among them and what must outlive these; ``deletions`` go dependants first."""
    kept: set[str] = set()
    for one in deletions:
        if is_guard(one) or one.after & kept:
            kept.add(one.urn)
    return frozenset(kept)


def changed(actions: Iterable[Action], done: Collection[str]) -> bool:
    """Whether there are guards that API servers may not know as they are now."""
    return any(is_guard(one) and one.urn in done for one in actions)
