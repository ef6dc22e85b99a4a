"""Whose turn it is to be the active replica: decisions about a Lease. Pure.

As Kubernetes' own components do it: nobody trusts another's clock, so a Lease has run out when
this process has seen it unchanged for as long as it says it lasts. ``leaseTransitions`` is the
*term*: it grows with each new holder, and the API server refuses requests of an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mto.cluster.ref import Ref
from mto.spec.integrationconfig import NAMESPACE

LEASE: Final = Ref("coordination.k8s.io/v1", "Lease", "mto", NAMESPACE)
LASTS: Final = 15
"""Seconds that a Lease lasts unless it is renewed."""
RENEW: Final = 4.0
"""Seconds between renewals, and between looks of a replica that waits."""
GIVE_UP: Final = 10.0
"""Seconds without a renewal after which the holder stops: well before anybody else may begin."""

EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""When terms begin to be counted."""

Object = Mapping[str, Any]


@dataclass
class Candidate:
    """One replica. Times are seconds of its own monotonic clock."""

    identity: str
    _seen: str = ""
    _since: float = 0.0

    def may_take(self, live: Object, now: float) -> bool:
        """Nobody holds the Lease, or it has run out, or we hold it."""
        spec = live.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        version = str(live["metadata"].get("resourceVersion", ""))
        if version != self._seen:
            self._seen, self._since = version, now
        lasts = float(spec.get("leaseDurationSeconds") or LASTS)
        return holder in ("", self.identity) or now - self._since > lasts

    def taken(self, live: Object | None, moment: datetime) -> dict[str, Any]:
        """The Lease as we hold it; to be written under the version of ``live``."""
        spec = dict((live or {}).get("spec") or {})
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if spec.get("holderIdentity") != self.identity:
            spec["acquireTime"] = stamp
            spec["leaseTransitions"] = term(live) + 1 if live else _first(moment)
        spec |= {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": LASTS,
            "renewTime": stamp,
        }
        known = (live or {}).get("metadata", {}).get("resourceVersion")
        metadata = {"name": LEASE.name, "namespace": LEASE.namespace}
        metadata |= {"resourceVersion": known} if known else {}
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": metadata,
            "spec": spec,
        }

    def released(self, live: Object) -> dict[str, Any]:
        """The Lease as we leave it at our end, so that nobody has to wait for it to run out."""
        spec = {**live["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
        return {**live, "spec": spec}


def term(live: Object) -> int:
    """How often the Lease has changed hands, and where it began to count."""
    return int((live.get("spec") or {}).get("leaseTransitions") or 0)


def _first(moment: datetime) -> int:
    """Of a Lease where none was: no term of one that was there before may come again.

    Seconds, since no Lease changes hands as often; since then, as Kubernetes has 32 bits for it.
    """
    return max(1, int((moment - EPOCH).total_seconds()))
