"""Kubernetes Events: what people see with ``kubectl describe`` and ``kubectl get events``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mto.cluster.ref import Ref
from mto.plan.observed import Namespace
from mto.serve.drift import Drift

REPORTER = "mto"
LONGEST = 1024
"""Characters of an Event's message that the API server takes."""
NOWHERE = "default"
"""Namespace of Events about objects that have none, as Kubernetes has it."""


@dataclass(frozen=True)
class Event:
    """``warning``: something is wrong, and a person should know."""

    about: Ref
    reason: str
    message: str
    warning: bool = False
    uid: str = ""

    @property
    def key(self) -> str:
        """Equal for repetitions of the same."""
        told = f"{self.about}|{self.about.api_version}|{self.reason}|{self.message}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def age(live: Mapping[str, Any]) -> float:
    """Seconds since an Event happened last, by the clock of who told it."""
    told = (
        (live.get("series") or {}).get("lastObservedTime")
        or live.get("lastTimestamp")
        or live.get("eventTime")
        or live["metadata"]["creationTimestamp"]
    )
    return (datetime.now(UTC) - datetime.fromisoformat(told)).total_seconds()


def restored(drift: Drift) -> Event:
    """Who did what, and that it was undone."""
    who = f" by {drift.who}" if drift.who else ""
    what = f"{drift.ref.kind} was deleted{who}" if drift.gone else f"changed{who}: {drift.told}"
    done = "made again" if drift.gone else "put back"
    return Event(drift.ref, "DriftRestored", f"{what}; {done} as declared", warning=True)


def mistaken(namespace: Namespace, told: str) -> Event:
    """What somebody asked for can't be understood; told in the namespace, where they look."""
    about = Ref("v1", "Namespace", namespace.name, namespace.name)
    return Event(about, "RequestNotUnderstood", told, warning=True, uid=namespace.uid)


def manifest(event: Event, *, count: int, first: str, now: str) -> Mapping[str, Any]:
    """``first`` and ``now`` are RFC 3339."""
    ref = event.about
    about = {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}
    about |= {"namespace": ref.namespace} if ref.namespace else {}
    about |= {"uid": event.uid} if event.uid else {}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{ref.name[:200]}.{event.key}".replace(":", "-"),
            "namespace": ref.namespace or NOWHERE,
        },
        "involvedObject": about,
        "reason": event.reason,
        "message": event.message if len(event.message) <= LONGEST else event.message[:1023] + "…",
        "type": "Warning" if event.warning else "Normal",
        "source": {"component": REPORTER},
        "reportingComponent": REPORTER,
        "reportingInstance": REPORTER,
        "firstTimestamp": first,
        "lastTimestamp": now,
        "count": count,
    }
