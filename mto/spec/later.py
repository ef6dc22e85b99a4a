"""What is accepted already and takes effect later: declared here, and nowhere else.

A kind or a field is taken out of these tables by the work that gives it its effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mto.spec.origin import Path

_MTO: Final = "tenantoperator.stakater.com"

LATER_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "templates.stakater.com/v1alpha1": (
        "Template",
        "TemplateInstance",
        "ClusterTemplateInstance",
    ),
    f"{_MTO}/v1alpha1": (
        "Template",
        "TemplateInstance",
        "ClusterTemplateInstance",
        "TemplateGroupInstance",
    ),
    f"{_MTO}/v1beta1": ("ResourceSupervisor",),
    "templates.v2.stakater.com/v2alpha1": ("Template", "TemplateInstance"),
    "hibernation.stakater.com/v1beta1": ("ClusterResourceSupervisor", "ResourceSupervisor"),
    f"dependencies.{_MTO}/v1alpha1": (
        "Dex",
        "DexConfigOperator",
        "FinOpsOperator",
        "KubeStateMetrics",
        "OpenCost",
        "Postgres",
        "Prometheus",
    ),
    "auth.stakater.com/v1alpha1": ("Client", "Connector", "DexConfig", "LocalUser"),
    "finops.stakater.com/v1alpha1": (
        "CostJob",
        "FinOpsProvider",
        "Offering",
        "PriceBook",
        "Subscription",
    ),
    f"telemetry.{_MTO}/v1alpha1": ("Grafana",),
}
"""Kinds by apiVersion."""

NO_EFFECT: Final = "is accepted, but has no effect yet"

_NEVER: Final = "is accepted and ignored, as by MTO itself since 1.8"


@dataclass(frozen=True)
class LaterField:
    """A field that is accepted; ``message`` tells what it doesn't do yet."""

    kind: str
    path: Path
    message: str = NO_EFFECT


LATER_FIELDS: Final = (
    LaterField("Tenant", ("metadata", "labels", "stakater.com/mattermost")),
    LaterField("IntegrationConfig", ("spec", "integrations", "vault")),
    LaterField("IntegrationConfig", ("spec", "integrations", "keycloak"), _NEVER),
    LaterField("IntegrationConfig", ("spec", "components")),
    LaterField("IntegrationConfig", ("spec", "metadata", "groups")),
)


def later_fields(manifest: Mapping[str, Any]) -> Iterator[LaterField]:
    """Fields that the manifest sets and that have no effect yet; what is off already is no news."""
    for one in LATER_FIELDS:
        if one.kind == manifest.get("kind") and _is_set(manifest, one.path):
            yield one


def _is_set(value: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return value is not None and value is not False and value != []
