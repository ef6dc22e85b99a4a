"""What is remembered from one combination to the next changes nothing about what is in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mto.serve.standing import Standing, combine
from mto.sources.files import FileResult
from mto.sources.yaml import read
from mto.spec import kinds
from tests.support import manifests

NAMES = ("aa", "bb", "cc", "dd")
SPECS = (
    "{quota: small}",
    "{quota: large}",
    "{quota: none}",
    "{quote: small}",
    "{quota: small, namespaces: {withTenantPrefix: [dev, qa]}}",
    "{quota: small, namespaces: {withoutTenantPrefix: [aa-dev, kube-system]}}",
    "{quota: small, namespaces: {sandboxes: {enabled: true}}}",
    "{quota: small, namespaces: {metadata: {common: {labels: {a: '-'}}}}}",
    "{quota: small, accessControl: {owners: {users: [x, x]}}}",
    "{quota: small, hostValidationConfig: {allowed: [a.org, b.org]}}",
    "{quota: small, hostValidationConfig: {allowed: [b.org], allowedRegex: '^.*[.]org$'}}",
    "{quota: small, pods: {nodeSelector: {a b: [c]}}}",
    "{quota: small",
)
QUOTAS = "quotas"
OTHERS = {
    QUOTAS: (
        manifests.QUOTA + "spec: {resourcequota: {hard: {pods: 10}}}\n",
        manifests.QUOTA.replace("small", "large") + "spec: {resourcequota: {hard: {pods: 9}}}\n",
        manifests.QUOTA + "spec: {resourcequota: {hart: {pods: 10}}}\n",
    ),
    "config": (
        manifests.CONFIG + "spec: {metadata: {namespaces: {labels: {a: b}}}}\n",
        manifests.CONFIG + "spec: {meta: {namespaces: {labels: {a: b}}}}\n",
        "",
    ),
}
TENANTS = st.builds(
    lambda name, spec: manifests.TENANT.replace("blue", name) + f"spec: {spec}\n",
    st.sampled_from(NAMES),
    st.sampled_from(SPECS),
)
CUSTOMS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("small", "large", None)))
CHANGES = st.one_of(
    *(st.tuples(st.just(name), st.sampled_from(texts)) for name, texts in OTHERS.items()),
    st.tuples(st.sampled_from(NAMES), TENANTS),
    st.tuples(st.sampled_from(NAMES), st.just("")),
)
STEPS = st.lists(st.tuples(CHANGES, CUSTOMS), min_size=1, max_size=8)


def parsed(name: str, text: str) -> FileResult:
    """As ``read_file`` has it, without a file."""
    path = Path(f"{name}.yaml")
    found = read(str(path), text.encode())
    parts = [kinds.read(one.data, one.origin) for one in found.documents]
    return FileResult(
        path,
        tuple(one for part in parts for one in part.declared),
        (*found.problems, *(one for part in parts for one in part.problems)),
        claims=frozenset(one for part in parts for one in part.claims),
        read=found.complete and not any(part.lost for part in parts),
    )


def live(customs: Mapping[str, str | None]) -> Iterator[dict[str, Any]]:
    for name, quota in customs.items():
        yield {
            "apiVersion": "tenantoperator.stakater.com/v1beta3",
            "kind": "Tenant",
            "metadata": {"name": name, "uid": "1"},
            "spec": {"quota": quota},
        }


class Anew:
    """The same values as other objects, about which nothing is remembered; who is who stays."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}

    def one(self, value: Any) -> Any:
        return self._known.setdefault(id(value), (value, replace(value)))[1]

    def all(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        return {name: self.one(value) for name, value in values.items()}

    def files(self, results: Iterable[FileResult]) -> list[FileResult]:
        return [replace(file, declared=tuple(map(self.one, file.declared))) for file in results]

    def standing(self, before: Standing) -> Standing:
        world = before.world
        tenants, quotas = self.all(world.tenants), self.all(world.quotas)
        fresh = replace(world, tenants=tenants, quotas=quotas, config=self.one(world.config))
        good = {path: tuple(map(self.one, values)) for path, values in before.good.items()}
        return replace(before, world=fresh, good=good, heard={})


@given(STEPS)
def test_the_next_combination_is_what_it_would_be_without_memory(
    steps: list[tuple[tuple[str, str], dict[str, str | None]]],
) -> None:
    results: dict[str, FileResult] = {}
    customs: dict[str, dict[str, Any]] = {}
    standing = Standing()
    for (name, text), wanted in [((QUOTAS, OTHERS[QUOTAS][0]), {}), *steps]:
        results[name] = parsed(name, text)
        now = {one["metadata"]["name"]: one for one in live(wanted)}
        customs = {one: customs[one] if customs.get(one) == now[one] else now[one] for one in now}
        anew = Anew()
        expected = combine(
            anew.files(results.values()), map(dict, customs.values()), anew.standing(standing)
        )
        standing = combine(results.values(), customs.values(), standing)
        assert standing == expected
