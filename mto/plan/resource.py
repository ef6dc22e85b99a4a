"""The plan as data: what should exist, and why.

A plan can be printed, compared and tested; what an engine does about it are steps, and those
are the engine's. Nothing here knows Pulumi's SDK or a cluster, only Pulumi's names for things:
a resource has a type token, a logical name that is frozen once released, and options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from typing_extensions import override

PROJECT = "mto"
PROVIDER = "pulumi:providers:kubernetes"
STACK = "pulumi:pulumi:Stack"

Manifest = Mapping[str, Any]


class Key(NamedTuple):
    """Identity of a resource within its stack."""

    type: str
    name: str

    @override
    def __str__(self) -> str:
        return f"{self.type}::{self.name}"


def kubernetes_type(api_version: str, kind: str) -> str:
    """Pulumi's type token of a Kubernetes kind: ``kubernetes:core/v1:Namespace``."""
    group = api_version if "/" in api_version else f"core/{api_version}"
    return f"kubernetes:{group}:{kind}"


NAMESPACE = kubernetes_type("v1", "Namespace")
SECRET = kubernetes_type("v1", "Secret")
SECRET_FIELDS = ("data", "stringData")
"""What of a Secret every engine hides and seals, as Pulumi's provider does."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One Pulumi resource: a Kubernetes object, the provider, or a component around them.

    ``parent=None`` is the stack itself. ``deleted_with`` names the namespace whose deletion takes
    this object along. ``because`` is shown to people and takes no part in any comparison.
    """

    type: str
    name: str
    inputs: Manifest = field(default_factory=dict)
    parent: Key | None = None
    depends_on: tuple[Key, ...] = ()
    deleted_with: Key | None = None
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    because: str = field(default="", compare=False)

    @property
    def key(self) -> Key:
        return Key(self.type, self.name)

    @property
    def component(self) -> bool:
        """Components group resources and have no counterpart in the cluster."""
        return not self.type.startswith(("kubernetes:", "pulumi:"))

    @property
    def kubernetes(self) -> bool:
        return self.type.startswith("kubernetes:")


@dataclass(frozen=True)
class Deletion:
    """A namespace that is no longer declared, what it holds, and whether it may go.

    ``unknown`` are kinds that could not be counted: what is incomplete deletes nothing.
    """

    namespace: str
    holds: Mapping[str, int]
    consented: bool
    because: str
    unknown: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.unknown and (self.consented or not self.holds)

    @property
    def held(self) -> str:
        """``2 deployments.apps, 1 secrets``."""
        counted = [f"{count} {kind}" for kind, count in sorted(self.holds.items())]
        return ", ".join([*counted, *(f"uncounted {kind}" for kind in self.unknown)]) or "nothing"


@dataclass(frozen=True)
class Plan:
    """Everything one stack should hold, in an order in which parents and dependencies come first.

    ``releases`` are retained resources that this plan drops and that must really be deleted.
    ``unsettled`` says why a further update will be needed (a quota waiting for room).
    """

    stack: str
    resources: tuple[Resource, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    deletions: tuple[Deletion, ...] = ()
    releases: frozenset[Key] = frozenset()
    warnings: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    @cached_property
    def by_key(self) -> Mapping[Key, Resource]:
        return {resource.key: resource for resource in self.resources}

    @cached_property
    def provider(self) -> Resource:
        """The one provider that all Kubernetes resources of the stack use."""
        return next(one for one in self.resources if one.type == PROVIDER)

    def urn(self, key: Key) -> str:
        """``urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$kubernetes:core/v1:Namespace::blue-dev``."""
        return self._urns[key]

    @cached_property
    def _urns(self) -> Mapping[Key, str]:
        """Made once: an update asks ten times for each."""
        return {key: self._urn(key) for key in self.by_key}

    def _urn(self, key: Key) -> str:
        types = [key.type]
        parent = self.by_key[key].parent
        while parent is not None:
            types.append(parent.type)
            parent = self.by_key[parent].parent
        return f"urn:pulumi:{self.stack}::{PROJECT}::{'$'.join(reversed(types))}::{key.name}"

    @property
    def root_urn(self) -> str:
        """URN of the stack's own resource, the parent of whatever has no other."""
        return f"urn:pulumi:{self.stack}::{PROJECT}::{STACK}::{PROJECT}-{self.stack}"
