"""PolicyReports of an audit, written into the cluster."""

from __future__ import annotations

from collections.abc import Collection

from mto.cluster.client import Cluster
from mto.cluster.ref import Ref
from mto.service.finding import Audit
from mto.service.policyreport import API_VERSION, NAME, reports


async def publish(cluster: Cluster, found: Audit, namespaces: Collection[str]) -> None:
    """Write what was found; an earlier report on a namespace of which nothing is found now goes.

    ``namespaces`` are those that were looked at.

    Raises:
        UnknownKind: the cluster has no kind PolicyReport.
    """
    written = [Ref.of(await cluster.apply(one)) for one in reports(found, at=found.at)]
    for one in await cluster.list(API_VERSION, "PolicyReport", metadata_only=True):
        ref = Ref.of(one)
        if ref.name == NAME and ref.namespace in namespaces and ref not in written:
            await cluster.delete(ref, uid=one["metadata"]["uid"])
