"""Everything that one tenant's stack should hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mto.plan import appproject, clusterquota, limitrange, networkpolicy, quota, tenantpolicy
from mto.plan import namespace as namespaces
from mto.plan.access import access, creation, reservation
from mto.plan.build import Owner, Settings, provider
from mto.plan.declaration import copies
from mto.plan.namespace import Membership, Namespace
from mto.plan.observed import Observed
from mto.plan.resource import NAMESPACE, Deletion, Key, Plan, Resource
from mto.plan.role import NAMESPACE_OWNER, Binding, bindings, missing
from mto.plan.sandbox import untold
from mto.spec.origin import Declared
from mto.spec.quota import Quota
from mto.spec.tenant import Tenant
from mto.spec.world import World

COMPONENT = "mto:tenancy:Tenant"


def plan(
    declared: Declared[Tenant], world: World, *, observed: Observed, settings: Settings
) -> Plan:
    """The tenant's plan: what is declared, as far as what was observed and consented to allows."""
    name = declared.value.metadata.name
    component = Resource(COMPONENT, name, because=declared.origin.at())
    tenancy = _Tenancy(
        declared,
        world,
        Owner(component.key, name),
        namespaces.membership(
            declared,
            world.config,
            observed=observed,
            consented=settings.delete_namespaces,
            groups=world.groups,
        ),
    )
    whole = tuple(tenancy.whole_budget(observed))
    budget = tenancy.shares(observed)
    inside = tuple(tenancy.namespaced(budget.hard, after=tuple(one.key for one in whole)))
    return Plan(
        settings.stack(name),
        (
            provider(settings),
            component,
            *tenancy.cluster_scoped(),
            *whole,
            *inside,
            *tenancy.app_project(observed, after=inside),
        ),
        outputs={
            "namespaces": [one.name for one in tenancy.membership.namespaces],
            "purge": tenancy.purge,
        },
        deletions=tenancy.membership.deletions,
        releases=frozenset(_released(one) for one in tenancy.membership.deletions if one.allowed),
        warnings=tuple(tenancy.warnings(observed)),
        unsettled=tuple(_waiting(declared.value, budget.waiting)),
    )


def _waiting(tenant: Tenant, keys: Collection[str]) -> Iterator[str]:
    if keys:
        yield (
            f"tenant {tenant.name!r}: some namespaces get their part of quota "
            f"{tenant.spec.quota!r} ({', '.join(keys)}) only when others have given up theirs"
        )


def _released(deletion: Deletion) -> Key:
    return Key(NAMESPACE, deletion.namespace)


@dataclass(frozen=True)
class _Tenancy:
    declared: Declared[Tenant]
    world: World
    owner: Owner
    membership: Membership

    @property
    def tenant(self) -> Tenant:
        return self.declared.value

    @property
    def budget(self) -> Declared[Quota]:
        return self.world.quotas[self.tenant.spec.quota]

    @property
    def purge(self) -> bool:
        return self.tenant.spec.namespaces.on_delete_purge_namespaces

    def shares(self, observed: Observed) -> quota.Shares:
        """Nothing is shared out where the cluster itself counts over all namespaces."""
        names = [one.name for one in self.membership.namespaces]
        if observed.around.cluster_quotas:
            return quota.Shares({name: {} for name in names})
        return quota.shares(self.budget.value, names, observed)

    def whole_budget(self, observed: Observed) -> Iterator[Resource]:
        if observed.around.cluster_quotas and self.budget.value.spec.resourcequota.hard:
            because = self.budget.origin.at("spec", "resourcequota", "hard")
            manifest = clusterquota.manifest(self.budget.value, self.tenant.name)
            yield self.owner.draw(manifest, clusterquota.name(self.tenant.name), because=because)

    def warnings(self, observed: Observed) -> Iterator[str]:
        limit = self.tenant.spec.namespaces.limit
        for namespace in self.membership.excess:
            yield (
                f"namespace {namespace.name!r} is in excess of the limit of {limit} of tenant "
                f"{self.tenant.name!r}: it gets no rights, no limits and no workloads; its owners "
                "may delete it"
            )
        for one in self.membership.deletions:
            if one.allowed:
                continue
            until = (
                f"until they can be counted: {', '.join(one.unknown)}"
                if one.unknown
                else f"until you consent with --delete-namespace {one.namespace}"
            )
            yield (
                f"namespace {one.namespace!r} is no longer declared by tenant "
                f"{self.tenant.name!r} and holds {one.held}: it is kept {until}"
            )
        yield from self.membership.left_out
        if self.world.groups.problem and (told := untold(self.tenant, self.world.groups)):
            yield told
        yield from self._without_role(observed.around.cluster_roles)
        project = appproject.asked(self.tenant.name, self.world)
        if project is not None and (why := project.hindrance(observed.argocd)):
            asker = f"tenant {self.tenant.name!r} asks for an AppProject ({project.because})"
            yield f"{asker}, but {why}"

    def _without_role(self, known: frozenset[str] | None) -> Iterator[str]:
        if known is None:
            return
        kept = self.membership.namespaces
        for one in missing(kept, self.declared, self.world.config, known=known):
            yield (
                f"cluster role {one.cluster_role!r} does not exist: the {one.role}s of tenant "
                f"{self.tenant.name!r} have no rights by it until it is made ({one.because})"
            )

    def _of_members(self) -> Iterator[str]:
        """Sandboxes that no field names."""
        return (one.name for one in self.membership.namespaces if one.through)

    def cluster_scoped(self) -> Iterator[Resource]:
        """The Tenant itself, its Extensions, and its members' rights outside of namespaces."""
        yield from copies(self.declared, self.owner)
        if (extensions := self.world.extensions_of.get(self.tenant.name)) is not None:
            yield from copies(extensions, self.owner)
        for one in (
            *reservation(self.declared, self._of_members()),
            *creation(self.declared, full=self.membership.full),
            *access(self.declared),
        ):
            role = self.owner.draw(one.role, one.name, because=one.because)
            yield role
            yield self.owner.draw(
                one.binding, one.name, because=one.because, depends_on=(role.key,)
            )

    def namespaced(
        self, hard: Mapping[str, Mapping[str, str]], *, after: tuple[Key, ...]
    ) -> Iterator[Resource]:
        """``after``: what limits all namespaces together."""
        for namespace in self.membership.namespaces:
            yield from self._inside(namespace, hard[namespace.name], after=after)
        for namespace in self.membership.excess:
            for one in bindings(namespace, self.declared, self.world.config):
                if one.cluster_role == NAMESPACE_OWNER:
                    yield self._bound(one, namespace, {})

    def app_project(self, observed: Observed, *, after: Iterable[Resource]) -> Iterator[Resource]:
        """Last of all: Argo CD deploys into a namespace only when its limits are there."""
        project = appproject.asked(self.tenant.name, self.world)
        if project is None or project.hindrance(observed.argocd):
            return
        names = [one.name for one in self.membership.namespaces]
        yield self.owner.draw(
            appproject.manifest(project, self.tenant, names),
            f"{project.namespace}/{self.tenant.name}",
            because=project.because,
            depends_on=tuple(one.key for one in after if one.inputs["kind"] == "TenantPolicy"),
            retain_on_delete=not project.purge,
        )

    def _inside(
        self, namespace: Namespace, hard: Mapping[str, str], *, after: tuple[Key, ...]
    ) -> Iterator[Resource]:
        """Limits first, then the parameters of admission; rights when all of these are there."""
        own = namespaces.resource(namespace, self.owner, purge=self.purge)
        if own is not None:
            yield own
        around = namespaces.key(own)
        ends_with = own.key if own is not None and self.purge and namespace.ours else None
        options: dict[str, Any] = {"depends_on": around, "deleted_with": ends_with}
        guards = [
            self.owner.draw(manifest, f"{namespace.name}/{role}", because=because, **options)
            for role, manifest, because in self._guards(namespace, hard)
        ]
        yield from guards
        yield self._service_account(namespace, options)
        options["depends_on"] = (*around, *after, *(guard.key for guard in guards))
        policy = self.owner.draw(
            tenantpolicy.manifest(
                self.tenant,
                self.world.config.value,
                namespace.name,
                namespaces=[one.name for one in self.membership.namespaces],
            ),
            f"{namespace.name}/policy",
            because=self.declared.origin.at("spec"),
            **options,
        )
        yield policy
        options["depends_on"] = (*options["depends_on"], policy.key)
        for one in bindings(namespace, self.declared, self.world.config):
            yield self._bound(one, namespace, options)

    def _bound(self, one: Binding, namespace: Namespace, options: Mapping[str, Any]) -> Resource:
        return self.owner.draw(
            one.manifest(namespace.name),
            f"{namespace.name}/{one.role}/{one.cluster_role}",
            because=one.because,
            **options,
        )

    def _guards(
        self, namespace: Namespace, hard: Mapping[str, str]
    ) -> Iterator[tuple[str, dict[str, Any], str]]:
        budget = self.budget
        if hard:
            because = budget.origin.at("spec", "resourcequota", "hard")
            share = quota.manifest(budget.value, namespace.name, hard)
            yield "quota", share, f"{because}, a share of the tenant's budget"
        if limits := limitrange.manifest(budget.value, namespace.name):
            yield "limits", limits, budget.origin.at("spec", "limitrange")
        if self.world.config.value.spec.tenant_policies.network.disable_intra_tenant_networking:
            path = ("spec", "tenantPolicies", "network", "disableIntraTenantNetworking")
            policy = networkpolicy.manifest(self.tenant.metadata.name, namespace.name)
            yield "network", policy, self.world.config.origin.at(*path)

    def _service_account(self, namespace: Namespace, options: Mapping[str, Any]) -> Resource:
        manifest = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": namespace.name},
        }
        because = f"{namespace.because}: pods are refused until it exists"
        return self.owner.patch(manifest, f"{namespace.name}/default", because=because, **options)
