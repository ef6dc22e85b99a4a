"""Whose is an object that is already there? Pure decisions on live objects.

Nothing foreign is ever taken over: an object is ours by our marker and our tenant's label, by the
record of a killed run together with our field manager, or because an administrator handed it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mto.plan.labels import ADOPT, DECLARED_IN, FIELD_MANAGER
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL

CLI_MANAGER = "pulumi-kubernetes"
"""Field manager of Pulumi's provider, alone or followed by ``-`` and a random number."""

Manifest = Mapping[str, Any]


def may_adopt(live: Manifest, desired: Manifest, *, begun: bool) -> bool:
    """What is ours, what was handed over, and a declaration in the cluster that a file repeats."""
    annotations = live["metadata"].get("annotations") or {}
    handed_over = annotations.get(ADOPT) == "true" or _declared_by_hand(live, desired)
    return handed_over or is_ours(live, desired, begun=begun)


def _declared_by_hand(live: Manifest, desired: Manifest) -> bool:
    """Files win: what was declared in the cluster becomes the copy of what a file declares."""
    copy = DECLARED_IN in (desired["metadata"].get("annotations") or {})
    return copy and MANAGED_LABEL not in (live["metadata"].get("labels") or {})


def is_ours(live: Manifest, desired: Manifest, *, begun: bool) -> bool:
    """``begun``: a killed run of ours was creating this very object."""
    labels = live["metadata"].get("labels") or {}
    wanted = desired["metadata"].get("labels") or {}
    if any(labels.get(mark) != wanted.get(mark) for mark in (MANAGED_LABEL, TENANT_LABEL)):
        return False  # a retained namespace bears our manager's name long after it was ours
    made = begun and any(_ours(entry["manager"]) for entry in managers(live))
    return made or labels.get(MANAGED_LABEL) == "true"


def owner(live: Manifest) -> str:
    """Who holds the object, for a message."""
    labels = live["metadata"].get("labels") or {}
    if (tenant := labels.get(TENANT_LABEL)) is not None:
        return f"it belongs to tenant {tenant!r}"
    if labels.get(MANAGED_LABEL) == "true":
        return "it belongs to another stack of MTO"
    names = sorted({str(entry["manager"]) for entry in managers(live)})
    if names == [FIELD_MANAGER]:
        return "MTO left it behind when its tenant was taken away"
    return f"its fields are managed by {', '.join(names)}" if names else "nobody says whose it is"


def managers(live: Manifest) -> list[Mapping[str, Any]]:
    """``metadata.managedFields``."""
    return list(live["metadata"].get("managedFields") or ())


def taken_over(outputs: Manifest) -> bool:
    """The record shows that Pulumi's provider wrote the object under a manager of its own."""
    recorded = outputs.get("__fieldManager", FIELD_MANAGER)
    fields = managers(outputs) if "metadata" in outputs else []
    return recorded != FIELD_MANAGER or any(_cli(entry["manager"]) for entry in fields)


def united(entries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """``managedFields`` with all that Pulumi's provider owned handed to our own Apply entry.

    Kubernetes removes a field that is dropped from an applied configuration only if no other
    manager holds it: without this, what the CLI created would stay for ever.
    """
    ours = [entry for entry in entries if _ours(entry["manager"]) and not entry.get("subresource")]
    if not ours or (len(ours) == 1 and _applied_by_us(ours[0])):
        return entries
    fields: Mapping[str, Any] = {}
    for entry in ours:
        fields = _union(fields, entry.get("fieldsV1") or {})
    kept = [entry for entry in entries if entry not in ours]
    mine = {**ours[-1], "manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    return [mine, *kept]


def _applied_by_us(entry: Mapping[str, Any]) -> bool:
    return entry["manager"] == FIELD_MANAGER and entry.get("operation") == "Apply"


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: _union(one.get(key) or {}, other.get(key) or {}) for key in {**one, **other}}


def _cli(manager: str) -> bool:
    return manager == CLI_MANAGER or manager.startswith(f"{CLI_MANAGER}-")


def _ours(manager: str) -> bool:
    return manager == FIELD_MANAGER or _cli(manager)
