"""Resources out of manifests: marks, Pulumi's annotations and type tokens in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mto.plan.labels import FIELD_MANAGER, PATCH_FIELD_MANAGER, PATCH_FORCE, SKIP_AWAIT, marks
from mto.plan.resource import PROVIDER, Key, Resource, kubernetes_type

if TYPE_CHECKING:
    from mto.spec.service import Deployed

AWAITED = frozenset({"ResourceQuota", "ServiceAccount"})
"""Kinds whose readiness Pulumi's provider would wait for and nobody here needs."""


@dataclass(frozen=True)
class Settings:
    """What a plan must know of its environment.

    ``kubeconfig`` is a path (never the text, so that no key enters the state), ``None`` inside a
    cluster. ``delete_namespaces`` are namespaces whose deletion was consented to. ``service`` is to
    run in the cluster.
    """

    environment: str
    kubeconfig: str | None = None
    context: str | None = None
    delete_namespaces: frozenset[str] = frozenset()
    service: Deployed | None = None

    def stack(self, tenant: str | None = None) -> str:
        """``dev`` is the platform's stack, ``dev.blue`` that of the tenant ``blue``."""
        return f"{self.environment}.{tenant}" if tenant else self.environment


def provider(settings: Settings) -> Resource:
    """The explicit Kubernetes provider of a stack."""
    where = {"kubeconfig": settings.kubeconfig, "context": settings.context}
    inputs = {name: value for name, value in where.items() if value is not None}
    return Resource(
        PROVIDER,
        "cluster",
        {**inputs, "enableServerSideApply": True},
        because=f"the cluster of environment {settings.environment!r}",
    )


@dataclass(frozen=True)
class Owner:
    """The component that a stack's objects hang under, and the tenant they are marked with."""

    component: Key
    tenant: str | None = None

    def draw(
        self, manifest: Mapping[str, Any], name: str, *, because: str, **options: Any
    ) -> Resource:
        """A Kubernetes resource with our marks; ``options`` are those of ``Resource``."""
        meta = manifest["metadata"]
        labels = {**meta.get("labels", {}), **marks(self.tenant)}
        inputs = _annotated({**manifest, "metadata": {**meta, "labels": labels}})
        kind = kubernetes_type(manifest["apiVersion"], manifest["kind"])
        return Resource(kind, name, inputs, self.component, because=because, **options)

    def patch(
        self, manifest: Mapping[str, Any], name: str, *, because: str, **options: Any
    ) -> Resource:
        """Some fields of an object that is not ours: made if absent, given back on deletion."""
        inputs = _annotated(manifest, {PATCH_FORCE: "true"})
        kind = kubernetes_type(manifest["apiVersion"], manifest["kind"]) + "Patch"
        return Resource(kind, name, inputs, self.component, because=because, **options)


def _annotated(
    manifest: Mapping[str, Any], more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    meta = manifest["metadata"]
    ours = {PATCH_FIELD_MANAGER: FIELD_MANAGER, **(more or {})}
    if manifest["kind"] in AWAITED:
        ours[SKIP_AWAIT] = "true"
    return {
        **manifest,
        "metadata": {**meta, "annotations": {**meta.get("annotations", {}), **ours}},
    }
