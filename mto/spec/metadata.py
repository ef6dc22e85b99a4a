"""Kubernetes' object metadata, as far as an author sets it.

What only the API server sets is dropped, so that ``kubectl get -o yaml`` can be used again.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field, model_validator

from mto.spec.base import DnsLabel, DnsName, Spec, StringMap

SERVER_SET: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class ObjectMeta(Spec):
    """Name, labels and annotations of a manifest."""

    name: DnsName = Field(description="The object's name.")
    namespace: DnsLabel | None = Field(
        None, description="The namespace, for kinds that live in one; ignored for the others."
    )
    labels: StringMap = Field({}, description="Labels of the object itself.")
    annotations: StringMap = Field({}, description="Annotations of the object itself.")

    @model_validator(mode="before")
    @classmethod
    def _as_its_author_wrote_it(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {key: one for key, one in value.items() if key not in SERVER_SET}
        annotations = kept.get("annotations")
        if isinstance(annotations, dict) and LAST_APPLIED in annotations:
            kept["annotations"] = {
                key: one for key, one in annotations.items() if key != LAST_APPLIED
            }
        return kept


class LabelSafeMeta(ObjectMeta):
    """Metadata of a kind whose name also becomes a label's value and part of other names."""

    name: DnsLabel = Field(description="The object's name, which must also fit a label's value.")
