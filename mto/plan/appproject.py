"""The tenant's AppProject: from where, to where and for whom Argo CD may deploy.

What it holds is what MTO's page on Argo CD shows. A tenant has one if its Extensions ask for it and
the IntegrationConfig says where Argo CD is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from mto.plan.observed import ArgoCD
from mto.spec.extensions import ArgoCDExtension, Extensions
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.integrations import ArgoCD as Settings
from mto.spec.integrations import GroupKind
from mto.spec.origin import Declared
from mto.spec.tenant import Role, Tenant
from mto.spec.world import World

VERSION: Final = "argoproj.io/v1alpha1"
KIND: Final = "AppProject"
DEFINITION: Final = "appprojects.argoproj.io"
THIS_CLUSTER: Final = "https://kubernetes.default.svc"

_NAMES: Final[dict[Role, str]] = {"owner": "owner", "editor": "edit", "viewer": "view"}
_RESOURCES: Final = ("applications", "applicationsets", "exec", "logs", "repositories")
"""What Argo CD lets roles of a project speak of, each by its name: it refuses ``*`` here.

Not ``clusters``: who registers one could register this one, with other credentials.
"""
_READABLE: Final = ("applications", "applicationsets", "logs", "repositories")


@dataclass(frozen=True)
class Asked:
    """An AppProject that somebody asks for, and who."""

    extensions: Declared[Extensions]
    extension: ArgoCDExtension
    settings: Settings
    config: Declared[IntegrationConfig]

    @property
    def because(self) -> str:
        return self.extensions.origin.at("spec", "argoCD")

    @property
    def namespace(self) -> str:
        """That of Argo CD."""
        return self.settings.namespace

    @property
    def purge(self) -> bool:
        return self.extension.on_delete_purge_app_project

    def hindrance(self, argocd: ArgoCD) -> str | None:
        """Why it can't be made yet, as the end of a sentence; None where it can."""
        if not argocd.kind:
            return (
                f"the cluster has no such kind ({DEFINITION}): none is made; the next update after "
                "Argo CD is installed makes it"
            )
        if not argocd.namespace:
            where = self.config.origin.at("spec", "integrations", "argocd", "namespace")
            return (
                f"namespace {self.namespace!r}, where {where} has Argo CD, does not exist: none is "
                "made; the next update after it exists makes it"
            )
        return None


def asked(tenant: str, world: World) -> Asked | None:
    """The AppProject that the tenant should have, if any."""
    settings = world.config.value.spec.integrations.argocd
    extensions = world.extensions_of.get(tenant)
    if settings is None or not settings.enabled or extensions is None:
        return None
    extension = extensions.value.spec.argo_cd
    return Asked(extensions, extension, settings, world.config) if extension else None


def home(world: World) -> str | None:
    """Argo CD's namespace, if any tenant asks for an AppProject: nobody else need look at it."""
    projects = (asked(name, world) for name in world.tenants)
    return next((one.namespace for one in projects if one is not None), None)


def manifest(asked: Asked, tenant: Tenant, namespaces: Iterable[str]) -> dict[str, Any]:
    """``namespaces`` are all of the tenant's.

    Argo CD's own is a destination as well in MTO; here only if the platform says so, since a
    tenant that deploys there can write Argo CD's settings and Secrets.
    """
    project, settings = asked.extension.app_project, asked.settings
    own = (asked.namespace,) if settings.allow_own_namespace else ()
    places = dict.fromkeys((*namespaces, *own))
    allowed, denied = project.cluster_resource_whitelist, project.namespace_resource_blacklist
    if allowed is None:
        allowed = settings.cluster_resource_whitelist
    if denied is None:
        denied = settings.namespace_resource_blacklist
    return {
        "apiVersion": VERSION,
        "kind": KIND,
        "metadata": {"name": tenant.name, "namespace": asked.namespace},
        "spec": {
            "description": f"tenant {tenant.name}",
            "sourceRepos": list(project.source_repos),
            "destinations": [{"server": THIS_CLUSTER, "namespace": one} for one in places],
            "clusterResourceWhitelist": _kinds(allowed),
            "namespaceResourceBlacklist": _kinds(denied),
            "roles": list(_roles(asked, tenant)),
        },
    }


def _kinds(kinds: Iterable[GroupKind]) -> list[dict[str, str]]:
    return [{"group": one.group, "kind": one.kind} for one in kinds]


def _roles(asked: Asked, tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Argo CD knows people by their groups only, and refuses a group that is named twice."""
    admins = asked.config.value.spec.access_control.privileged.groups
    for role, members in tenant.roles():
        name = f"{tenant.name}-{_NAMES[role]}"
        resources, verb = (_READABLE, "get") if role == "viewer" else (_RESOURCES, "*")
        subject, objects = f"proj:{tenant.name}:{name}", f"{tenant.name}/*"
        yield {
            "name": name,
            "description": f"{role}s of tenant {tenant.name}",
            "groups": list(dict.fromkeys((*admins, *members.groups))),
            "policies": [f"p, {subject}, {one}, {verb}, {objects}, allow" for one in resources],
        }
