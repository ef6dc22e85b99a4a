"""Labels and annotations that MTO writes, and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
"""For people and tools; Helm and others write it as well, so nothing is decided by it."""

SANDBOX_OF = "mto.stakater.com/sandbox-of"
"""Annotation of a sandbox: the person it belongs to."""

SANDBOX_THROUGH = "mto.stakater.com/sandbox-through"
"""Annotation of a sandbox: the group by which that person has it; users have theirs themselves."""

DECLARED_IN = "mto.stakater.com/declared-in"
"""Annotation of a custom resource that is the copy of a file: editing the copy has no effect."""

ADOPT = "mto.stakater.com/adopt"
"""Annotation by which an administrator hands an existing object over to MTO: ``"true"``."""

DELETE = "mto.stakater.com/delete"
"""Annotation of a Tenant: names, separated by commas, of the namespaces that may be deleted."""

ENVIRONMENT = "mto.stakater.com/environment"
"""Annotation of MTO's own namespace: the environment that governs the cluster."""

FIELD_MANAGER = "mto"

STATUS_MANAGER = "mto-status"
"""Field manager of statuses, which are patched: the other one's fields are all applied."""

PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
PATCH_FORCE = "pulumi.com/patchForce"
SKIP_AWAIT = "pulumi.com/skipAwait"

MARKS = (MANAGED_BY_LABEL, MANAGED_LABEL, TENANT_LABEL)
"""Labels by which an object is known to be ours, and whose."""


def is_copy(live: Mapping[str, Any]) -> bool:
    """The custom resource shows what a file declares; editing it has no effect."""
    metadata = live["metadata"]
    marked = (metadata.get("labels") or {}).get(MANAGED_LABEL) == "true"
    return marked and DECLARED_IN in (metadata.get("annotations") or {})


def marks(tenant: str | None = None) -> dict[str, str]:
    """Labels of every object that MTO makes; those of one tenant say whose they are."""
    own = {MANAGED_BY_LABEL: "mto", MANAGED_LABEL: "true"}
    return own | {TENANT_LABEL: tenant} if tenant else own
