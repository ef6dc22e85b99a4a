"""The declared world: all manifests of one environment together, checked against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from mto.spec.base import Spec
from mto.spec.check import (
    hosts,
    members,
    metadata,
    namespaces,
    privileged,
    references,
    workloads,
)
from mto.spec.extensions import Extensions
from mto.spec.groups import Groups
from mto.spec.integrationconfig import NAMESPACE, IntegrationConfig
from mto.spec.origin import Declared, Origin
from mto.spec.problem import Note, Problem
from mto.spec.quota import Quota
from mto.spec.tenant import Tenant

DEFAULT_CONFIG: Final = Declared(IntegrationConfig(), Origin("MTO's defaults"))
"""The IntegrationConfig of a world that declares none."""

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True)
class World:
    """Everything that is declared, by name."""

    tenants: Mapping[str, Declared[Tenant]] = field(default_factory=dict)
    quotas: Mapping[str, Declared[Quota]] = field(default_factory=dict)
    config: Declared[IntegrationConfig] = DEFAULT_CONFIG
    extensions: Mapping[str, Declared[Extensions]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    groups: Groups = field(default_factory=Groups)

    @cached_property
    def extensions_of(self) -> Mapping[str, Declared[Extensions]]:
        """By the tenant that they are of."""
        return {one.value.spec.tenant_name: one for one in self.extensions.values()}

    @cached_property
    def users(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the tenants that have a Quota, sorted, by its name; only those in use."""
        found: dict[str, list[str]] = {}
        for name, one in sorted(self.tenants.items()):
            found.setdefault(one.value.spec.quota, []).append(name)
        return {quota: tuple(names) for quota, names in found.items()}


@dataclass(frozen=True)
class Broken:
    """What could not be read, so that one mistake is not reported as two.

    ``claims`` are kind and name of invalid manifests; ``unread`` says that whole files are missing.
    """

    claims: frozenset[tuple[str, str]] = frozenset()
    unread: bool = False

    def may_have(self, kind: str, name: str) -> bool:
        return self.unread or (kind, name) in self.claims


NOTHING_BROKEN: Final = Broken()


def build_world(
    declared: Iterable[Declared[Spec]],
    *,
    notes: Iterable[Note] = (),
    broken: Broken = NOTHING_BROKEN,
    incumbents: Collection[str] = (),
) -> tuple[World, tuple[Problem, ...]]:
    """The world, and what is wrong between its manifests; ``notes`` join its own warnings.

    Of two tenants that want the same namespace the second is wrong; ``incumbents`` come first.
    """
    everything = tuple(declared)
    problems: list[Problem] = []
    tenants = _named(everything, Tenant, problems)
    quotas = _named(everything, Quota, problems)
    extensions = _named(everything, Extensions, problems)
    config = _config(everything, problems)
    for found in (
        references.check(tenants, quotas, extensions, config=config, unsure=broken.may_have),
        namespaces.check(
            sorted(tenants.values(), key=lambda one: one.value.name not in incumbents)
        ),
        members.check(tenants.values(), config),
        metadata.check(tenants.values(), config),
        privileged.check(tenants.values(), config),
        hosts.check(tenants.values()),
        workloads.check(tenants.values()),
    ):
        problems += found
    told = sorted({*notes, *(one for one in problems if isinstance(one, Note))})
    world = World(tenants, quotas, config, extensions, tuple(map(str, told)))
    return world, tuple(sorted({one for one in problems if not isinstance(one, Note)}))


def _of(declared: Iterable[Declared[Any]], model: type[S]) -> Iterator[Declared[S]]:
    yield from (one for one in declared if isinstance(one.value, model))


def _named(
    declared: Iterable[Declared[Any]], model: type[S], problems: list[Problem]
) -> dict[str, Declared[S]]:
    """By name, sorted; the first of two with one name counts, and both are named."""
    found: dict[str, Declared[S]] = {}
    for one in _of(declared, model):
        name = one.value.metadata.name  # type: ignore[attr-defined]
        first = found.setdefault(name, one)
        if first is not one:
            said = f"{model.__name__} {name!r} is declared twice; first in {first.origin.at()}"
            problems.append(Problem.at(one.origin, ("metadata", "name"), said))
    return dict(sorted(found.items()))


def _config(
    declared: Iterable[Declared[Any]], problems: list[Problem]
) -> Declared[IntegrationConfig]:
    found = tuple(_of(declared, IntegrationConfig))
    for one in found[1:]:
        said = f"there is one IntegrationConfig; the first is in {found[0].origin.at()}"
        problems.append(Problem.at(one.origin, ("metadata", "name"), said))
    for one in found:
        meta = one.value.metadata
        if meta.namespace not in (None, NAMESPACE):
            said = f"{meta.namespace!r}: the IntegrationConfig lives in {NAMESPACE!r}"
            problems.append(Problem.at(one.origin, ("metadata", "namespace"), said))
    return _placed(found[0]) if found else DEFAULT_CONFIG


def _placed(config: Declared[IntegrationConfig]) -> Declared[IntegrationConfig]:
    """With the namespace that it lives in, for authors who left it out."""
    if config.value.metadata.namespace:
        return config
    metadata = config.value.metadata.model_copy(update={"namespace": NAMESPACE})
    return Declared(config.value.model_copy(update={"metadata": metadata}), config.origin)
