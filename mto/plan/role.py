"""Who is bound to which ClusterRole where: one RoleBinding per role and ClusterRole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mto.plan.namespace import Namespace
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.names import shorten
from mto.spec.origin import Declared
from mto.spec.tenant import Members, Role, Tenant

RBAC = "rbac.authorization.k8s.io"
RBAC_VERSION = f"{RBAC}/v1"
EVERYWHERE = frozenset({"admin", "edit", "view"})
"""ClusterRoles for people that Kubernetes brings, and makes again at its start."""
OURS = "mto:"
"""What the names of MTO's own ClusterRoles begin with."""
NAMESPACE_OWNER = "mto:namespace-owner"
"""ClusterRole to change the namespace object itself: owners hold it besides their declared ones."""


@dataclass(frozen=True)
class Binding:
    """One RoleBinding to be."""

    role: Role
    cluster_role: str
    subjects: tuple[Mapping[str, str], ...]
    because: str

    def manifest(self, namespace: str) -> dict[str, object]:
        name = shorten(f"mto-{self.role}-{self.cluster_role}")
        return {
            "apiVersion": RBAC_VERSION,
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": namespace},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": self.cluster_role},
            "subjects": [dict(subject) for subject in self.subjects],
        }


def bindings(
    namespace: Namespace, tenant: Declared[Tenant], config: Declared[IntegrationConfig]
) -> Iterator[Binding]:
    """Bindings of one namespace; a private sandbox is its person's, in their strongest role."""
    private = tenant.value.spec.namespaces.sandboxes.private and namespace.person is not None
    for role, members in tenant.value.roles():
        people = _alone(members, namespace) if private else subjects(members)
        if not people:
            continue
        because = tenant.origin.at("spec", "accessControl", f"{role}s")
        for cluster_role, source in cluster_roles(role, namespace.selectable, config):
            yield Binding(role, cluster_role, people, f"{because}, {source}")
        if role == "owner":
            yield Binding(role, NAMESPACE_OWNER, people, because)
        if private:
            return


def missing(
    namespaces: Iterable[Namespace],
    tenant: Declared[Tenant],
    config: Declared[IntegrationConfig],
    *,
    known: frozenset[str],
) -> Iterator[Binding]:
    """Bindings to ClusterRoles that do not exist, one for each role and ClusterRole.

    ``known`` are those that MTO did not make; its own are there.
    """
    names = config.value.spec.access_control.rbac.tenant_roles.names()
    lacking = frozenset(one for one in names - known if not one.startswith(OURS))
    if not lacking:
        return
    told: set[tuple[Role, str]] = set()
    for namespace in namespaces:
        for one in bindings(namespace, tenant, config):
            if one.cluster_role in lacking and (one.role, one.cluster_role) not in told:
                told.add((one.role, one.cluster_role))
                yield one


def subjects(members: Members) -> tuple[Mapping[str, str], ...]:
    """Users, then groups, in declared order."""
    named = (("User", members.users), ("Group", members.groups))
    return tuple(subject(kind, name) for kind, names in named for name in names)


def subject(kind: str, name: str) -> Mapping[str, str]:
    """A subject as RBAC writes it."""
    return {"apiGroup": RBAC, "kind": kind, "name": name}


def cluster_roles(
    role: Role, labels: Mapping[str, str], config: Declared[IntegrationConfig]
) -> Iterator[tuple[str, str]]:
    """ClusterRoles of a role in a namespace with these labels, each with the field that says so."""
    roles = config.value.spec.access_control.rbac.tenant_roles
    path = ("spec", "accessControl", "rbac", "tenantRoles")
    for name in roles.cluster_roles(role, labels):
        custom = next(
            (
                position
                for position, entry in enumerate(roles.custom)
                if entry.label_selector.matches(labels)
                and (own := getattr(entry, role)) is not None
                and name in own.cluster_roles
            ),
            None,
        )
        where = ("default",) if custom is None else ("custom", custom)
        yield name, config.origin.at(*path, *where, role)


def _alone(members: Members, namespace: Namespace) -> tuple[Mapping[str, str], ...]:
    """The person of a sandbox, where they are among these, themselves or through their group."""
    person = namespace.person
    if person and (person in members.users or namespace.through in members.groups):
        return (subject("User", person),)
    return ()
