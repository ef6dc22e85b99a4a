"""Schemas of ``status``, which only MTO writes. Fields are those that MTO documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final[Schema] = {"type": "array", "items": _TEXT}
_FREE: Final[Schema] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def _object(description: str, **properties: Schema) -> Schema:
    return {"type": "object", "description": description, "properties": properties}


def _map(values: Schema, description: str) -> Schema:
    return {"type": "object", "description": description, "additionalProperties": values}


_CONDITIONS: Final[Schema] = {
    "type": "array",
    "description": "What is known of the object's state; Ready sums it up.",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    "items": {
        "type": "object",
        "required": ["type", "status"],
        "properties": {
            "type": _TEXT,
            "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
            "reason": _TEXT,
            "message": _TEXT,
            "observedGeneration": {"type": "integer", "format": "int64"},
            "lastTransitionTime": {"type": "string", "format": "date-time"},
        },
    },
}
_GENERATION: Final[Schema] = {
    "type": "integer",
    "format": "int64",
    "description": "Generation of the spec that this status speaks of.",
}
_AMOUNTS: Final[Schema] = {
    "type": "object",
    "additionalProperties": {"x-kubernetes-int-or-string": True},
}
_AVAILABLE: Final[Schema] = _object(
    "What the tenant may use; read by kubectl-tenant.",
    available={"type": "array", "items": _object("One of them.", name=_TEXT)},
)

STATUS: Final[Mapping[str, Schema]] = {
    "Tenant": _object(
        "State of the tenant.",
        observedGeneration=_GENERATION,
        conditions=_CONDITIONS,
        ready={"type": "boolean", "description": "The last update had no error and no warning."},
        managedNamespaces={**_TEXTS, "description": "Every namespace of the tenant, sorted."},
        deployedNamespaces={**_TEXTS, "description": "Namespaces made for the spec."},
        deployedSandboxes=_map(_TEXT, "Sandboxes, by user name."),
        namespaces=_object(
            "Metadata put on namespaces last time, so that dropped keys are removed.",
            commonStatus=_FREE,
            sandboxStatus=_FREE,
            specificStatus={"type": "array", "items": _FREE},
        ),
        sandboxState={**_TEXT, "description": "State of the sandboxes."},
        storageClasses=_AVAILABLE,
        ingressClasses=_AVAILABLE,
        podPriorityClasses=_AVAILABLE,
        runtimeClasses=_AVAILABLE,
        gatewayClasses=_AVAILABLE,
        quota=_AVAILABLE,
    ),
    "Quota": _object(
        "State of the budget.",
        observedGeneration=_GENERATION,
        conditions=_CONDITIONS,
        usedBy={
            **_TEXTS,
            "description": "Tenants whose budget it is, sorted; while there is one, the Quota "
            "can't be deleted. Not one of MTO's fields.",
        },
        TenantQuotaStatus=_object(
            "Use of the budget.",
            tenants=_map(
                _object("One tenant.", status=_object("Its use.", hard=_AMOUNTS, used=_AMOUNTS)),
                "By tenant.",
            ),
        ),
    ),
    "IntegrationConfig": _object(
        "State of the settings.",
        observedGeneration=_GENERATION,
        conditions=_CONDITIONS,
        rollout={
            **_FREE,
            "description": "Which settings tenants are on; not one of MTO's fields.",
        },
        roleBindingsToDelete={**_FREE, "description": "RoleBindings that are still to go."},
    ),
    "Extensions": _object(
        "State of the extensions.",
        observedGeneration=_GENERATION,
        conditions=_CONDITIONS,
        argocd=_object(
            "State in ArgoCD.",
            appProjectState=_TEXT,
            argoNamespace=_TEXT,
            conditions=_CONDITIONS,
        ),
    ),
}
"""By kind; a TenantPolicy has none."""
