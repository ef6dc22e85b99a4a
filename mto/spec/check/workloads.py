"""What tenants may use: entries that can never mean anything, told to whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mto.spec.labels import key_problem, value_problem
from mto.spec.origin import Declared, once
from mto.spec.problem import Note, Problem
from mto.spec.tenant import Tenant


def check(tenants: Iterable[Declared[Tenant]]) -> Iterator[Problem]:
    for tenant in tenants:
        yield from _alone(tenant)


@once
def _alone(tenant: Declared[Tenant]) -> tuple[Problem, ...]:
    return (*_registries(tenant), *_nodes(tenant))


def _registries(tenant: Declared[Tenant]) -> Iterator[Problem]:
    registries = tenant.value.spec.image_registries
    for index, name in enumerate(registries.allowed if registries else ()):
        path = ("spec", "imageRegistries", "allowed", index)
        if "/" in name:
            host = name.removeprefix("https://").removeprefix("http://").partition("/")[0]
            said = f"{name!r} allows nothing: only the registry's host is compared; write {host!r}"
            yield Note.at(tenant.origin, path, said)


def _nodes(tenant: Declared[Tenant]) -> Iterator[Problem]:
    pods = tenant.value.spec.pods
    for key, values in pods.node_selector.items():
        path = ("spec", "pods", "nodeSelector", key)
        if said := key_problem(key):
            yield Problem.at(tenant.origin, path, said)
        for index, value in enumerate(values):
            if said := value_problem(value):
                yield Problem.at(tenant.origin, (*path, index), said)
