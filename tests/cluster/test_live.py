"""Refreshes by listing: how many requests they take, and that they find what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.cluster.errors import Call, Forbidden, NotFound, UnknownKind
from mto.cluster.listing import Object
from mto.cluster.live import FEW, Live
from mto.cluster.ref import Ref
from mto.spec.labels import MANAGED_LABEL

Way = Callable[..., list[Object | None]]


def binding(namespace: str, name: str = "mto-owner") -> Ref:
    return Ref("rbac.authorization.k8s.io/v1", "RoleBinding", name, namespace)


class Holding:
    """As ``Cluster``, over objects in memory; writes down each request."""

    def __init__(self, marked: Iterable[Ref] = (), unmarked: Iterable[Ref] = ()) -> None:
        self.marked, self.unmarked = set(marked), set(unmarked)
        self.requests: list[str] = []
        self.fails: Exception | None = None

    async def list(
        self,
        api_version: str,
        kind: str,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        namespace: str | None = None,
    ) -> Sequence[Object]:
        where = label_selector or field_selector or f"in {namespace}"
        self.requests.append(f"list {kind} {where}")
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        pool = self.marked if label_selector else self.marked | self.unmarked
        return [
            live(ref)
            for ref in pool
            if (ref.api_version, ref.kind) == (api_version, kind)
            and field_selector in (None, f"metadata.name={ref.name}")
            and namespace in (None, ref.namespace)
        ]

    async def get(self, ref: Ref) -> Object:
        self.requests.append(f"get {ref}")
        await asyncio.sleep(0)
        if ref not in self.marked | self.unmarked:
            raise NotFound(Call("get", ref), "not found")
        return live(ref)


def live(ref: Ref) -> Object:
    metadata = {"name": ref.name, "managedFields": [{"manager": "mto"}]}
    if ref.namespace:
        metadata["namespace"] = ref.namespace
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}


def ask(cluster: Holding, *refs: Ref) -> list[Object | None]:
    """All at once, as the tenants of one run do."""

    async def main() -> list[Object | None]:
        picture = Live(cluster)  # type: ignore[arg-type]
        return await asyncio.gather(*map(picture.get, refs))

    return asyncio.run(main())


def ask_in_turn(cluster: Holding, *refs: Ref) -> list[Object | None]:
    async def main() -> list[Object | None]:
        picture = Live(cluster)  # type: ignore[arg-type]
        return [await picture.get(ref) for ref in refs]

    return asyncio.run(main())


def test_marked_objects_of_all_tenants_take_one_listing() -> None:
    refs = [binding(f"ns-{index}") for index in range(100)]
    cluster = Holding(marked=refs)

    found = ask(cluster, *refs)

    assert [Ref.of(one) for one in found if one] == refs
    assert cluster.requests == [f"list RoleBinding {MANAGED_LABEL}=true"]
    assert found[0] is not None
    assert "managedFields" not in found[0]["metadata"]


def test_unmarked_objects_of_one_name_take_one_listing_by_that_name() -> None:
    refs = [Ref("v1", "ServiceAccount", "default", f"ns-{index}") for index in range(100)]
    cluster = Holding(unmarked=refs)

    assert None not in ask(cluster, *refs)
    assert cluster.requests[1:] == ["list ServiceAccount metadata.name=default"]


def test_many_unmarked_objects_of_one_namespace_take_one_listing_there() -> None:
    refs = [binding("blue", f"name-{index}") for index in range(FEW + 1)]
    cluster = Holding(unmarked=refs)

    assert None not in ask(cluster, *refs)
    assert cluster.requests[1:] == ["list RoleBinding in blue"]


def test_a_few_unmarked_objects_are_read_one_by_one() -> None:
    refs = [binding("blue", f"name-{index}") for index in range(FEW)]
    cluster = Holding(unmarked=refs)

    assert None not in ask(cluster, *refs)
    assert sorted(cluster.requests[1:]) == [f"get {ref}" for ref in refs]


def test_what_is_not_there_is_none_and_not_asked_for_twice() -> None:
    cluster = Holding()

    assert ask_in_turn(cluster, binding("blue"), binding("blue")) == [None, None]
    assert cluster.requests[1:] == ["get RoleBinding blue/mto-owner"]


def test_asking_in_turn_ends_in_listings_as_well() -> None:
    refs = [binding(f"ns-{index}") for index in range(50)]
    cluster = Holding(unmarked=refs)

    assert None not in ask_in_turn(cluster, *refs)
    assert cluster.requests[1:] == [
        "get RoleBinding ns-0/mto-owner",
        "list RoleBinding metadata.name=mto-owner",
    ]


def test_a_kind_that_the_cluster_does_not_know_has_no_objects() -> None:
    cluster = Holding()
    cluster.fails = UnknownKind(Call("list", "Widget"), "no such kind")

    assert ask_in_turn(cluster, binding("a"), binding("b")) == [None, None]
    assert len(cluster.requests) == 1


def test_a_listing_that_fails_fails_all_who_asked() -> None:
    cluster = Holding()
    cluster.fails = Forbidden(Call("list", "RoleBinding"), "forbidden")

    with pytest.raises(Forbidden):
        ask(cluster, binding("a"), binding("b"))


names = st.sampled_from(["a", "b", "c", "d", "e"])
refs = st.builds(binding, names, names)


way = st.sampled_from([ask, ask_in_turn])


@given(asked=st.lists(refs, max_size=30), marked=st.sets(refs), unmarked=st.sets(refs), way=way)
def test_what_is_found_is_what_is_there(
    asked: list[Ref], *, marked: set[Ref], unmarked: set[Ref], way: Way
) -> None:
    cluster = Holding(marked, unmarked)

    found = way(cluster, *asked)

    assert [one and Ref.of(one) for one in found] == [
        ref if ref in marked | unmarked else None for ref in asked
    ]


@given(namespaces=st.integers(1, 12), names_each=st.integers(1, 12), way=way)
def test_requests_grow_with_places_and_never_with_objects(
    namespaces: int, names_each: int, *, way: Way
) -> None:
    asked = [
        binding(f"ns-{space}", f"name-{name}")
        for space in range(namespaces)
        for name in range(names_each)
    ]
    cluster = Holding(unmarked=asked)

    way(cluster, *asked)

    assert len(cluster.requests) <= 1 + 2 * (namespaces + names_each)
