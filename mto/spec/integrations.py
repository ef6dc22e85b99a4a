"""IntegrationConfig's ``integrations``: the tools outside that tenants are set up in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mto.spec.base import DnsLabel, DnsName, Flag, Spec, Words
from mto.spec.constraint import Constraint, unless
from mto.spec.tenant import Role


class GroupKind(Spec):
    """A kind of object, as ArgoCD names it."""

    group: str = Field("", description="API group; empty for the core group, '*' for all.")
    kind: Words = Field(description="Kind of object; '*' for all.")


class ArgoCD(Spec):
    """Where ArgoCD lives, and what every tenant's AppProject allows."""

    enabled: Flag = Field(
        default=True,
        description="false: no AppProjects. Some of MTO's releases had this switch. Default: true.",
    )
    namespace: DnsLabel = Field(description="Namespace of ArgoCD.")
    allow_own_namespace: Flag = Field(
        default=False,
        description="Let every AppProject deploy into ArgoCD's own namespace too, as MTO does: who "
        "may push to a tenant's sourceRepos can then write ArgoCD's Secrets. Default: false. "
        "Not one of MTO's fields.",
    )
    cluster_resource_whitelist: tuple[GroupKind, ...] = Field(
        (), description="Cluster-wide kinds allowed; an Extensions manifest overrides the list."
    )
    namespace_resource_blacklist: tuple[GroupKind, ...] = Field(
        (), description="Kinds denied in namespaces; an Extensions manifest overrides the list."
    )


class SecretRef(Spec):
    """A Secret, by name and namespace."""

    name: DnsName = Field(description="Name of the Secret.")
    namespace: DnsLabel | None = Field(None, description="Namespace of the Secret.")


class VaultAccess(Spec):
    """How Vault is reached."""

    address: Words = Field(description="URL of Vault.")
    accessor_path: Words = Field(description="Path of the OIDC mount whose accessor is used.")
    role_name: Words = Field(description="Role of the Kubernetes authentication in Vault.")
    secret_ref: SecretRef | None = Field(
        None, description="Secret with the token, for authMethod token."
    )


class VaultSettings(Spec):
    """What Vault is set up with."""

    sso_client: Words = Field(description="Name of the client in the identity provider.")
    common_secrets_path: str | None = Field(
        None,
        description="Path that all tenants share: owners and editors write, viewers read.",
    )


class VaultRule(Spec):
    """Capabilities on one path."""

    path: Words = Field(description="Path in Vault.")
    capabilities: tuple[Words, ...] = Field((), description="Capabilities, such as read and list.")


class VaultPolicy(Spec):
    """A further policy for roles of every tenant."""

    name: Words = Field(description="Name of the policy.")
    rules: tuple[VaultRule, ...] = Field((), description="What the policy allows.")
    tenant_roles: tuple[Role, ...] = Field((), description="Roles that get the policy.")


class Vault(Spec):
    """A place in Vault for each tenant."""

    constraints = (
        Constraint(
            "!has(self.enabled) || !self.enabled || has(self.accessInfo)",
            "accessInfo is required when vault is enabled",
            unless(lambda vault: not vault.enabled or vault.access_info is not None),
        ),
        Constraint(
            "!has(self.enabled) || !self.enabled || has(self.config)",
            "config is required when vault is enabled",
            unless(lambda vault: not vault.enabled or vault.config is not None),
        ),
        Constraint(
            "!has(self.authMethod) || self.authMethod != 'token' || !has(self.accessInfo) || "
            "has(self.accessInfo.secretRef)",
            "accessInfo.secretRef is required for authMethod token",
            unless(
                lambda vault: (
                    vault.auth_method != "token"
                    or vault.access_info is None
                    or vault.access_info.secret_ref is not None
                )
            ),
        ),
    )

    enabled: Flag = Field(default=False, description="Set Vault up. Default: false.")
    auth_method: Literal["kubernetes", "token"] = Field(
        "kubernetes", description="How MTO logs in to Vault. Default: kubernetes."
    )
    access_info: VaultAccess | None = Field(
        None, description="How Vault is reached; required when enabled."
    )
    config: VaultSettings | None = Field(
        None, description="What Vault is set up with; required when enabled."
    )
    policies: tuple[VaultPolicy, ...] = Field(
        (),
        description="Further policies. MTO's documents disagree about viewers: here they read "
        "<tenant>/*, as its reference says, while one of its how-tos has them see nothing.",
    )


class Keycloak(Spec):
    """What 0.11 to 1.7 had for single sign-on; ignored since 1.8."""

    address: str = Field("", description="URL of Keycloak; ignored.")
    realm: str = Field("", description="Realm; ignored.")
    client_name: str = Field("", description="Client; ignored.")


class Integrations(Spec):
    """Tools outside that tenants are set up in."""

    argocd: ArgoCD | None = Field(None, description="ArgoCD; absent = off.")
    vault: Vault | None = Field(None, description="Vault; absent = off.")
    keycloak: Keycloak | None = Field(
        None, description="Accepted for older manifests and ignored, as MTO does since 1.8."
    )
