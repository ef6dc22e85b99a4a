"""Extensions: settings of one tenant for the tools outside. ArgoCD is the only one so far."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mto.spec.base import DnsLabel, Flag, Spec, Words
from mto.spec.integrations import GroupKind
from mto.spec.metadata import ObjectMeta


class AppProject(Spec):
    """The tenant's AppProject in ArgoCD; lists that are absent come from the IntegrationConfig."""

    source_repos: tuple[Words, ...] = Field(
        (), description="Repositories that applications may come from."
    )
    cluster_resource_whitelist: tuple[GroupKind, ...] | None = Field(
        None, description="Cluster-wide kinds allowed. Default: those of the IntegrationConfig."
    )
    namespace_resource_blacklist: tuple[GroupKind, ...] | None = Field(
        None, description="Kinds denied in namespaces. Default: those of the IntegrationConfig."
    )


class ArgoCDExtension(Spec):
    """The tenant in ArgoCD."""

    on_delete_purge_app_project: Flag = Field(
        default=False, description="Delete the AppProject with the tenant. Default: false."
    )
    app_project: AppProject = Field(AppProject(), description="The tenant's AppProject.")


class ExtensionsSpec(Spec):
    """Settings of one tenant for the tools outside."""

    tenant_name: DnsLabel = Field(description="Name of the Tenant.")
    argo_cd: ArgoCDExtension | None = Field(
        None, alias="argoCD", description="The tenant in ArgoCD; absent = off."
    )


class Extensions(Spec):
    """Settings of one tenant for the tools outside."""

    api_version: Literal["tenantoperator.stakater.com/v1alpha1"] = (
        "tenantoperator.stakater.com/v1alpha1"
    )
    kind: Literal["Extensions"] = "Extensions"
    metadata: ObjectMeta
    spec: ExtensionsSpec

    @property
    def name(self) -> str:
        return self.metadata.name
