"""Names that follow from a declaration, and names that nobody may declare."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator
from typing import Final

from mto.spec.integrationconfig import NAMESPACE
from mto.spec.tenant import LABEL_LENGTH, Role, Tenant

_SANDBOX: Final = "-sandbox"
_HASH: Final = 10
_NO_DNS: Final = re.compile(r"[^a-z0-9]+")


SYSTEM: Final = (
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    NAMESPACE,
    "openshift",
)
"""Namespaces of every cluster, or of every OpenShift, that are its own or MTO's."""
SYSTEM_PREFIXES: Final = ("kube-", "openshift-")


def namespace_names(tenant: Tenant) -> tuple[str, ...]:
    """Every namespace that the tenant declares, in declared order: its sandboxes come last."""
    return (*declared_names(tenant), *dict.fromkeys(name for name, _ in sandboxes(tenant)))


def reserved_names(tenant: Tenant) -> tuple[str, ...]:
    """Names that nobody else may take: what is declared, and what only its owners may make."""
    return (*namespace_names(tenant), *(tenant.spec.namespaces.allowed_names or ()))


def declared_names(tenant: Tenant) -> tuple[str, ...]:
    """The namespaces that the tenant names itself, in declared order; no sandboxes."""
    namespaces = tenant.spec.namespaces
    prefixed = (f"{tenant.name}-{name}" for name in namespaces.with_tenant_prefix)
    return (*prefixed, *namespaces.without_tenant_prefix)


def sandboxes(tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Name and person of every sandbox; each person once, however many roles they have."""
    if tenant.spec.namespaces.sandboxes.enabled:
        people = dict.fromkeys(person for _, _, person in sandbox_people(tenant))
        yield from ((sandbox_name(tenant.name, person), person) for person in people)


def sandbox_people(tenant: Tenant) -> Iterator[tuple[Role, int, str]]:
    """Role, position and user name of those who get a sandbox: owners and editors."""
    for role, members in tenant.roles():
        if role != "viewer":
            for position, person in enumerate(members.users):
                yield role, position, person


def sandbox_name(tenant: str, person: str) -> str:
    """``anna@aurora.org`` in ``bluesky`` → ``bluesky-anna-aurora-sandbox``.

    MTO's rule: the local part and the domain without its last label, whatever DNS doesn't know
    as ``-``. A user name without ``@`` is used whole; of one that leaves nothing, the hash is.
    """
    local, _, domain = person.rpartition("@")
    words = f"{local}-{domain.rpartition('.')[0]}" if local else person
    user = _NO_DNS.sub("-", words.lower()).strip("-") or _digest(person)
    return shorten(f"{tenant}-{user}", LABEL_LENGTH - len(_SANDBOX)) + _SANDBOX


def nearest(namespace: str, tenants: Container[str]) -> str:
    """The tenant whose prefix the namespace has, the longest one of several; empty for none.

    ``a-b-x`` is named after ``a-b`` where there is such a tenant, else after ``a``.
    """
    name, dash, _ = namespace.rpartition("-")
    while dash and name not in tenants:
        name, dash, _ = name.rpartition("-")
    return name if dash else ""


def shorten(name: str, limit: int = LABEL_LENGTH) -> str:
    """``name``, or its beginning with a hash of the whole where it is longer than ``limit``."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - _HASH - 1].rstrip('-.')}-{_digest(name)}"


def is_system(namespace: str) -> bool:
    """Whether the namespace is the cluster's or MTO's own, which no tenant can have."""
    return namespace in SYSTEM or namespace.startswith(SYSTEM_PREFIXES)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]
