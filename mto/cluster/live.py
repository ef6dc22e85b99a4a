"""Live objects for a refresh, taken from few listings instead of one GET each.

First a kind is listed by our marker, once for all tenants. What is asked for and not in there
(it lost the marker, or the marker isn't ours to set) is looked up in a second step: questions
that wait at the same moment are answered together, by one listing for all objects of one name
(``default`` ServiceAccounts), by one for many in one namespace, and a GET only for the few left.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mto.cluster.client import Cluster
from mto.cluster.errors import NotFound, UnknownKind
from mto.cluster.listing import Object
from mto.cluster.ref import Ref
from mto.spec.labels import MANAGED_LABEL

MARKED = f"{MANAGED_LABEL}=true"
# So many GETs for a kind in one place cost less than listing all that is there.
FEW = 3


class _Kind(NamedTuple):
    api_version: str
    kind: str


class _Group(NamedTuple):
    """All objects of one name, or all in one namespace, or (neither) all of a cluster-wide kind."""

    name: str = ""
    namespace: str = ""


class Live:
    """The cluster as it was when first asked; throw it away when the run is over.

    Objects come without ``managedFields``, which would be most of what is kept.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._kinds: dict[_Kind, _Picture] = {}

    async def get(self, ref: Ref) -> Object | None:
        """The live object; None where there is none, or no such kind."""
        kind = _Kind(ref.api_version, ref.kind)
        if kind not in self._kinds:
            self._kinds[kind] = _Picture(self._cluster, kind)
        return await self._kinds[kind].get(ref)


class Singles:
    """The same for few objects, each asked for by itself."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def get(self, ref: Ref) -> Object | None:
        """The live object; None where there is none, or no such kind."""
        try:
            return await self._cluster.get(ref)
        except NotFound:
            return None


class _Picture:
    """What is known of one kind."""

    def __init__(self, cluster: Cluster, kind: _Kind) -> None:
        self._cluster = cluster
        self._kind = kind
        self._served = True
        self._known: dict[Ref, Object] = {}
        self._absent: set[Ref] = set()
        self._covered: set[_Group] = set()
        self._asked: Counter[_Group] = Counter()
        self._waiting: set[Ref] = set()
        self._batch: asyncio.Task[None] | None = None
        self._marked = asyncio.create_task(self._list(label_selector=MARKED))

    async def get(self, ref: Ref) -> Object | None:
        await asyncio.shield(self._marked)
        if not self._decided(ref):
            self._waiting.add(ref)
            if self._batch is None:
                self._batch = asyncio.create_task(self._answer())
            await asyncio.shield(self._batch)
        return self._known.get(ref)

    def _decided(self, ref: Ref) -> bool:
        return (
            not self._served
            or ref in self._known
            or ref in self._absent
            or _Group(namespace=ref.namespace) in self._covered
            or _Group(name=ref.name) in self._covered
        )

    async def _answer(self) -> None:
        """One batch: all that was asked until this task got its turn."""
        batch, self._waiting, self._batch = self._waiting, set(), None
        groups, singles = self._grouped(batch)
        await asyncio.gather(*map(self._group, groups), *map(self._single, singles))
        self._absent |= batch - self._known.keys()

    def _grouped(self, batch: Iterable[Ref]) -> tuple[set[_Group], list[Ref]]:
        """Counts go over all batches, so that asking one by one ends in listings as well."""
        places = {ref: (_Group(name=ref.name), _Group(namespace=ref.namespace)) for ref in batch}
        for by_name, by_namespace in places.values():
            self._asked[by_name] += 1
            self._asked[by_namespace] += 1
        groups: set[_Group] = set()
        singles: list[Ref] = []
        for ref, (by_name, by_namespace) in places.items():
            if ref.namespace and self._asked[by_name] > 1:
                groups.add(by_name)
            elif self._asked[by_namespace] > FEW:
                groups.add(by_namespace)
            else:
                singles.append(ref)
        return groups, singles

    async def _group(self, group: _Group) -> None:
        await self._list(
            field_selector=f"metadata.name={group.name}" if group.name else None,
            namespace=group.namespace or None,
        )
        self._covered.add(group)

    async def _list(
        self,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        namespace: str | None = None,
    ) -> None:
        try:
            found = await self._cluster.list(
                *self._kind,
                label_selector=label_selector,
                field_selector=field_selector,
                namespace=namespace,
            )
        except UnknownKind:
            self._served = False
            return
        for live in found:
            self._keep(live)

    async def _single(self, ref: Ref) -> None:
        try:
            self._keep(await self._cluster.get(ref))
        except NotFound:
            self._absent.add(ref)

    def _keep(self, live: Object) -> None:
        live["metadata"].pop("managedFields", None)
        self._known[Ref.of(live)] = live
