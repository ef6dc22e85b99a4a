"""The people of the checks: impersonated, or with certificates of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from mto.admission.principals import SERVICE_ACCOUNT
from mto.admission.replay import SCRATCH_LABEL
from mto.cluster import certificate, token
from mto.cluster.attempt import Answered, Attempt, Identity, Verb
from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.ref import Ref
from mto.service import scratch
from mto.service.checks.check import Review
from mto.service.checks.scene import Who
from mto.service.errors import NotEffective
from mto.spec.tenant import Members, Tenant

RBAC: Final = "rbac.authorization.k8s.io"
NOBODY: Final = "mto:stranger"
AUTHORIZATION: Final = "authorization.k8s.io/v1"
VERBS: Final = [
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
]
"""Spelled out: a star would give the verbs that only MTO's admission knows, too."""
SETTLE_WITHIN: Final = 20.0
POWER_RULES: Final[list[dict[str, Any]]] = [
    {
        "apiGroups": [""],
        "resources": [
            *("namespaces", "namespaces/status", "namespaces/finalize"),
            *("configmaps", "resourcequotas", "limitranges", "serviceaccounts"),
        ],
        "verbs": VERBS,
    },
    {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": VERBS},
    {"apiGroups": [RBAC], "resources": ["rolebindings", "roles"], "verbs": VERBS},
    {"apiGroups": [RBAC], "resources": ["roles", "clusterroles"], "verbs": ["escalate", "bind"]},
    {
        "apiGroups": ["tenantoperator.stakater.com"],
        "resources": ["tenants", "quotas", "integrationconfigs", "extensions"],
        "verbs": VERBS,
    },
    {"apiGroups": ["mto.stakater.com"], "resources": ["tenantpolicies"], "verbs": VERBS},
]
"""More than MTO gives to anybody, and none of its own verbs: what refuses this one is admission."""


@dataclass
class Actors:
    """Makes requests as whoever; with ``real`` everybody has a connection of their own.

    People hold certificates, service accounts tokens. The one with too many rights is always
    impersonated.
    """

    cluster: Cluster
    real: bool
    stack: AsyncExitStack
    _clusters: dict[Identity, Cluster] = field(default_factory=dict)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, identity: Identity, request: Attempt | Review) -> Answered:
        attempt = _review(request) if isinstance(request, Review) else request
        if self.real and not identity.user.startswith("mto:"):
            own = await self._own(identity)
            return await own.attempt(attempt)
        return await self.cluster.attempt(attempt, identity=identity)

    async def _own(self, identity: Identity) -> Cluster:
        async with self._making:
            if identity not in self._clusters:
                connection = await self._connection(identity)
                opened = await self.stack.enter_async_context(Cluster(connection, limit=8))
                self._clusters[identity] = opened
        return self._clusters[identity]

    async def _connection(self, identity: Identity) -> Connection:
        if identity.user.startswith(SERVICE_ACCOUNT):
            namespace, name = identity.user.removeprefix(SERVICE_ACCOUNT).split(":")
            account = Ref("v1", "ServiceAccount", name, namespace)
            return await token.connection(self.cluster, account)
        return await certificate.connection(self.cluster, identity)


@asynccontextmanager
async def actors(cluster: Cluster, *, run: str, real: bool) -> AsyncIterator[Actors]:
    """With somebody who has too many rights, until the end.

    Raises:
        NotEffective: the API server does not know of that right in time.
    """
    try:
        await scratch.make(cluster, _power(f"mto-verify-{run}", run))
        async with AsyncExitStack() as stack:
            made = Actors(cluster, real, stack)
            await _effective(made, power(run))
            yield made
    finally:
        await scratch.remove(cluster, run)


def power(run: str) -> Identity:
    """Nobody can log in as this one: the name is drawn anew each time."""
    return Identity(f"mto:verify:{run}")


def people(
    tenant: Tenant,
    rival: Tenant | None,
    *,
    namespace: str,
    run: str,
    privileged: Sequence[str] = (),
) -> dict[Who, Identity]:
    """Whoever the tenant declares in each role: its first user, else one of its first group.

    ``privileged`` are the groups that the IntegrationConfig names so.
    """
    access = tenant.spec.access_control
    found = {
        Who.OWNER: _one(access.owners),
        Who.EDITOR: _one(access.editors),
        Who.VIEWER: _one(access.viewers),
        Who.RIVAL: _one(rival.spec.access_control.owners) if rival else None,
        Who.STRANGER: Identity(NOBODY),
        Who.POWER: power(run),
        Who.PRIVILEGED: Identity(power(run).user, (privileged[0],)) if privileged else None,
        Who.ACCOUNT: Identity(
            f"system:serviceaccount:{namespace}:default",
            ("system:serviceaccounts", f"system:serviceaccounts:{namespace}"),
        ),
    }
    return {who: one for who, one in found.items() if one is not None}


def _one(members: Members) -> Identity | None:
    if members.users:
        return Identity(members.users[0])
    return Identity("mto-verify", (members.groups[0],)) if members.groups else None


def _review(review: Review) -> Attempt:
    attributes = {
        "verb": review.verb,
        "group": review.group,
        "resource": review.resource,
        "namespace": review.namespace,
    }
    kind = "SelfSubjectAccessReview"
    manifest = {
        "apiVersion": AUTHORIZATION,
        "kind": kind,
        "spec": {"resourceAttributes": attributes},
    }
    return Attempt(Verb.CREATE, Ref(AUTHORIZATION, kind, ""), manifest)


def _power(name: str, run: str) -> tuple[dict[str, Any], ...]:
    metadata = {"name": name, "labels": {SCRATCH_LABEL: run}}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}
    subject = {"apiGroup": RBAC, "kind": "User", "name": power(run).user}
    common = {"apiVersion": f"{RBAC}/v1", "metadata": metadata}
    return (
        {**common, "kind": "ClusterRole", "rules": POWER_RULES},
        {**common, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [subject]},
    )


async def _effective(made: Actors, identity: Identity) -> None:
    clock = asyncio.get_running_loop().time
    ends = clock() + SETTLE_WITHIN
    while clock() < ends:
        answered = await made.ask(identity, Review("patch", "", "namespaces"))
        if answered.error is None and answered.body["status"].get("allowed"):
            return
        await asyncio.sleep(0.1)
    raise NotEffective(SETTLE_WITHIN)
