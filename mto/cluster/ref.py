"""Address of one Kubernetes object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from typing_extensions import override


class Ref(NamedTuple):
    """``namespace`` is empty for objects of the whole cluster."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Ref:
        metadata = manifest["metadata"]
        return cls(
            manifest["apiVersion"],
            manifest["kind"],
            metadata["name"],
            metadata.get("namespace") or "",
        )

    @override
    def __str__(self) -> str:
        """``RoleBinding blue-dev/mto-owner``."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"
