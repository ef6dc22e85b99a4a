"""The tenants' namespaces and our quotas as the watches show them. Pure: no clock, no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mto.cluster.observe import QUOTA_NAME, namespace_of, quota_of
from mto.plan.observed import Namespace, Quota
from mto.service.survey import Survey

Object = Mapping[str, Any]


class Picture:
    """Every change is answered with the tenants that it concerns."""

    def __init__(self) -> None:
        self._namespaces: dict[str, Namespace] = {}
        self._by_tenant: dict[str, dict[str, Namespace]] = {}
        self._quotas: dict[str, Quota] = {}
        self._marked: dict[str, dict[str, Quota]] = {}

    def namespace(self, name: str) -> Namespace | None:
        """One that is there, whosever it is."""
        return self._namespaces.get(name)

    @property
    def namespaces(self) -> Mapping[str, Namespace]:
        """All that are there, by name."""
        return self._namespaces

    def tenants(self) -> frozenset[str]:
        """Names that some namespace is labelled with."""
        return frozenset(name for name, own in self._by_tenant.items() if own)

    def namespace_seen(self, live: Object) -> frozenset[str]:
        """Both tenants where the label changed hands; nobody where nothing of interest changed."""
        now = namespace_of(live["metadata"])
        before = self._namespaces.get(now.name)
        if before == now:
            return frozenset()
        self._drop(now.name)
        self._namespaces[now.name] = now
        if now.tenant:
            self._by_tenant.setdefault(now.tenant, {})[now.name] = now
        return _named(before.tenant if before else None, now.tenant)

    def namespace_gone(self, name: str) -> frozenset[str]:
        before = self._namespaces.get(name)
        self._drop(name)
        return _named(before.tenant if before else None)

    def quota_seen(self, live: Object) -> frozenset[str]:
        metadata = live["metadata"]
        if metadata["name"] != QUOTA_NAME:
            return frozenset()
        now, space = quota_of(live), metadata["namespace"]
        if self._quotas.get(space) == now:
            return frozenset()
        self._drop_quota(space)
        self._quotas[space] = now
        self._marked.setdefault(now.tenant, {})[space] = now
        return _named(now.tenant, self._owner(space))

    def quota_gone(self, live: Object) -> frozenset[str]:
        metadata = live["metadata"]
        if metadata["name"] != QUOTA_NAME:
            return frozenset()
        before = self._drop_quota(metadata["namespace"])
        return _named(before.tenant if before else None, self._owner(metadata["namespace"]))

    def survey(self, tenants: Iterable[str], fresh: Mapping[str, Quota] | None = None) -> Survey:
        """Some tenants' part; ``fresh`` quotas win over those that the watch has shown."""
        by_tenant = {name: dict(self._by_tenant.get(name, {})) for name in tenants}
        namespaces = {name: one for own in by_tenant.values() for name, one in own.items()}
        known = {name: self._quotas[name] for name in namespaces if name in self._quotas}
        marked = {name: dict(self._marked.get(name, {})) for name in by_tenant}
        if fresh is not None:
            marked = {name: {} for name in by_tenant}
            for space, one in fresh.items():
                marked.setdefault(one.tenant, {})[space] = one
        return Survey(namespaces, {**known, **(fresh or {})}, by_tenant, marked)

    def _owner(self, namespace: str) -> str | None:
        found = self._namespaces.get(namespace)
        return found.tenant if found else None

    def _drop_quota(self, namespace: str) -> Quota | None:
        before = self._quotas.pop(namespace, None)
        if before is not None:
            self._marked[before.tenant].pop(namespace, None)
        return before

    def _drop(self, name: str) -> None:
        before = self._namespaces.pop(name, None)
        if before is not None and before.tenant:
            self._by_tenant[before.tenant].pop(name, None)


def _named(*tenants: str | None) -> frozenset[str]:
    return frozenset(one for one in tenants if one)
