"""Labels and annotations for namespaces: keys and values that Kubernetes takes, none reserved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.labels import MAX_ANNOTATIONS, is_reserved, key_problem, value_problem
from mto.spec.names import sandboxes
from mto.spec.origin import Declared, Origin, Path, once
from mto.spec.problem import Note, Problem
from mto.spec.tenant import Marks, Tenant

USERNAME: Final = "{{ TENANT.USERNAME }}"
"""What stands for the person's user name in metadata of sandboxes."""


@dataclass(frozen=True)
class _Place:
    """Where marks are declared, and the people whose names their template takes."""

    origin: Origin
    path: Path
    people: tuple[str, ...] | None = None

    def problem(self, field: str, key: str, message: str) -> Problem:
        return Problem.at(self.origin, (*self.path, field, key), message)


def check(
    tenants: Iterable[Declared[Tenant]], config: Declared[IntegrationConfig]
) -> Iterator[Problem]:
    everybody: dict[str, None] = {}
    for tenant in tenants:
        everybody.update(dict.fromkeys(_people(tenant)))
        yield from _alone(tenant)
    metadata, path = config.value.spec.metadata, ("spec", "metadata")
    yield from _marks(metadata.namespaces, _Place(config.origin, (*path, "namespaces")))
    yield from _marks(metadata.groups, _Place(config.origin, (*path, "groups")))
    place = _Place(config.origin, (*path, "sandboxes"), tuple(everybody))
    yield from _marks(metadata.sandboxes, place)


@once
def _people(tenant: Declared[Tenant]) -> tuple[str, ...]:
    return tuple(person for _, person in sandboxes(tenant.value))


@once
def _alone(tenant: Declared[Tenant]) -> tuple[Problem, ...]:
    return tuple(_tenant(tenant, _people(tenant)))


def _tenant(tenant: Declared[Tenant], people: tuple[str, ...]) -> Iterator[Problem]:
    metadata, path = tenant.value.spec.namespaces.metadata, ("spec", "namespaces", "metadata")
    yield from _marks(metadata.common, _Place(tenant.origin, (*path, "common")))
    yield from _marks(metadata.sandbox, _Place(tenant.origin, (*path, "sandbox"), people))
    for index, one in enumerate(metadata.specific):
        yield from _marks(one, _Place(tenant.origin, (*path, "specific", index)))


def _marks(marks: Marks, place: _Place) -> Iterator[Problem]:
    for field, pairs in (("labels", marks.labels), ("annotations", marks.annotations)):
        for key, value in pairs.items():
            if said := key_problem(key):
                yield place.problem(field, key, said)
            elif is_reserved(key):
                yield place.problem(field, key, f"{key!r} is reserved: MTO sets it itself")
            if "{{" in value and (place.people is None or USERNAME not in value):
                said = f"{value!r} is put there as it is: only {USERNAME} of sandboxes is replaced"
                yield Note.at(place.origin, (*place.path, field, key), said)
    yield from _values(marks.labels, place)
    if sum(len(key) + len(value) for key, value in marks.annotations.items()) > MAX_ANNOTATIONS:
        said = f"annotations may have {MAX_ANNOTATIONS:,} bytes in all"
        yield Problem.at(place.origin, (*place.path, "annotations"), said)


def _values(labels: Mapping[str, str], place: _Place) -> Iterator[Problem]:
    """Values of labels; of a template, the first person whose name makes it invalid is told."""
    for key, value in labels.items():
        if place.people is None or USERNAME not in value:
            if said := value_problem(value):
                yield place.problem("labels", key, said)
            continue
        for person in place.people:
            if said := value_problem(value.replace(USERNAME, person)):
                advice = "use an annotation, which takes any text"
                yield place.problem("labels", key, f"{said}; {advice}")
                break
