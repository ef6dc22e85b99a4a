"""The custom resource that shows in the cluster what a file declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from mto.plan.build import Owner
from mto.plan.labels import DECLARED_IN
from mto.plan.resource import Resource
from mto.spec.base import Spec
from mto.spec.metadata import ObjectMeta
from mto.spec.origin import Declared

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Declaration(Protocol):
    """What all our kinds have."""

    @property
    def api_version(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def metadata(self) -> ObjectMeta: ...
    @property
    def spec(self) -> Spec: ...


def copies(
    declared: Declared[Declaration],
    owner: Owner,
    *,
    annotations: Mapping[str, str] = NOTHING,
    **options: Any,
) -> Iterator[Resource]:
    """The object as it was written, with the name of its file; editing the copy has no effect.

    ``annotations`` are added to its own. None is made of what is declared in the cluster itself:
    that would make the declaration MTO's own.
    """
    if declared.origin.in_cluster:
        return
    value = declared.value
    metadata: dict[str, Any] = {
        "name": value.metadata.name,
        "labels": dict(value.metadata.labels),
        "annotations": {
            **value.metadata.annotations,
            **annotations,
            DECLARED_IN: declared.origin.source.rsplit("/")[-1],
        },
    }
    if value.metadata.namespace:
        metadata["namespace"] = value.metadata.namespace
    manifest = {
        "apiVersion": value.api_version,
        "kind": value.kind,
        "metadata": metadata,
        "spec": value.spec.model_dump(by_alias=True, exclude_unset=True, mode="json"),
    }
    yield owner.draw(manifest, value.metadata.name, because=declared.origin.at(), **options)
