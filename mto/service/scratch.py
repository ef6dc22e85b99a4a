"""What `mto audit` and `mto verify` make for themselves, and how it goes again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mto.admission.replay import SCRATCH_LABEL
from mto.cluster.client import Cluster
from mto.cluster.errors import UnknownKind
from mto.cluster.listing import Object
from mto.cluster.ref import Ref

RBAC: Final = "rbac.authorization.k8s.io/v1"
ADMISSION: Final = "admissionregistration.k8s.io/v1"
KINDS: Final = (
    (RBAC, "ClusterRoleBinding"),
    (RBAC, "ClusterRole"),
    (ADMISSION, "ValidatingAdmissionPolicyBinding"),
    (ADMISSION, "ValidatingAdmissionPolicy"),
    ("mto.stakater.com/v1alpha1", "TenantPolicy"),
    ("v1", "ServiceAccount"),
)
"""Everything that a run makes, in the order in which it is removed."""
STALE: Final = timedelta(hours=2)
"""No run takes as long: what is older was left by one that was killed."""


def new_run() -> str:
    """A name for a run, which nobody can guess."""
    return secrets.token_hex(4)


async def make(cluster: Cluster, manifests: Iterable[dict[str, Any]]) -> None:
    """Side by side; they carry the run's label already."""
    await asyncio.gather(*(cluster.apply(one, create_only=True) for one in manifests))


async def remove(cluster: Cluster, run: str) -> None:
    """All that a run made; a cancelled run goes on with it."""
    await asyncio.shield(_remove(cluster, f"{SCRATCH_LABEL}={run}", None))


async def sweep(cluster: Cluster) -> None:
    """What killed runs left behind."""
    await _remove(cluster, SCRATCH_LABEL, datetime.now(UTC) - STALE)


async def _remove(cluster: Cluster, selector: str, before: datetime | None) -> None:
    for kind in KINDS:
        try:
            found = await cluster.list(*kind, label_selector=selector, metadata_only=True)
        except UnknownKind:
            continue
        old = [one for one in found if before is None or _made(one) < before]
        await asyncio.gather(
            *(cluster.delete(Ref.of(one), uid=one["metadata"]["uid"]) for one in old)
        )


def _made(live: Object) -> datetime:
    return datetime.fromisoformat(live["metadata"]["creationTimestamp"])
