"""One stack of its own on the shared control plane, for tests of the direct engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.engine.direct.engine import DirectEngine, Vault
from mto.engine.port import Op, Result
from mto.local.cluster import Cluster as ControlPlane
from mto.plan.resource import PROVIDER, Key, Plan, Resource, kubernetes_type
from mto.state.filebackend import FileBackend
from tests.support import blue
from tests.support.kubectl import Kubectl

T = TypeVar("T")
COMPONENT = Key("mto:tenancy:Tenant", "green")
MARKS = {"mto.stakater.com/managed": "true", "stakater.com/tenant": "green"}


@dataclass
class GreenStack:
    """One stack in a state of its own, in a namespace of its own."""

    plane: ControlPlane
    backend: FileBackend
    namespace: str

    def run(self, work: Callable[[DirectEngine], Awaitable[T]], **options: Any) -> T:
        async def inside() -> T:
            connection = load(self.plane.kubeconfig, None, current=True)
            async with Cluster(connection) as cluster:
                vault = Vault(blue.PASSPHRASE)
                return await work(DirectEngine(cluster, self.backend, vault=vault, **options))

        return asyncio.run(inside())

    def up(self, plan: Plan) -> Result:
        return self.run(lambda engine: engine.up(plan, deadline=60, watch=lambda _: None))

    def destroy(self, **options: Any) -> Result:
        return self.run(
            lambda engine: engine.destroy(
                "dev.green", deadline=60, watch=lambda _: None, dry_run=False
            ),
            **options,
        )

    def plan(self, *objects: Resource, retain: bool = False) -> Plan:
        provider = Resource(PROVIDER, "cluster", {"kubeconfig": "/etc/mto/kubeconfig"})
        namespace = self.object(
            "v1", "Namespace", {"name": self.namespace, "labels": MARKS}, retain_on_delete=retain
        )
        return Plan("dev.green", (provider, Resource(*COMPONENT), namespace, *objects))

    def object(
        self, api_version: str, kind: str, metadata: dict[str, Any], **rest: Any
    ) -> Resource:
        options = {key: rest.pop(key) for key in ("retain_on_delete",) if key in rest}
        manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
        return Resource(
            kubernetes_type(api_version, kind), metadata["name"], manifest, COMPONENT, **options
        )

    def config_map(self, name: str, labels: dict[str, str] | None = None, **data: str) -> Resource:
        metadata = {
            "name": name,
            "namespace": self.namespace,
            "labels": MARKS | (labels or {}),
        }
        one = self.object("v1", "ConfigMap", metadata, data=data)
        inside = (Key(kubernetes_type("v1", "Namespace"), self.namespace),)
        return replace(one, depends_on=inside)


def ops(result: Result) -> dict[str, Op]:
    return {one.object: one.op for one in result.changes if "kubernetes:" in one.urn}


def live(admin: Kubectl, bench: GreenStack, name: str) -> dict[str, Any]:
    answer = admin(
        "-n", bench.namespace, "get", "configmap", name, "-o", "json", "--show-managed-fields"
    )
    assert answer.code == 0, answer.stderr
    found: dict[str, Any] = answer.json
    return found
