"""Tenant: who belongs together, which namespaces they have, and what they may use in them."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from annotated_types import Ge
from pydantic import Field, Strict

from mto.spec.base import DnsName, Flag, NamespaceName, Spec, StringMap, Words
from mto.spec.constraint import Constraint, unless
from mto.spec.metadata import LabelSafeMeta
from mto.spec.workloads import MAX_HOSTS, MAX_NAMES, HostRegex, Pods, PodSecurity, Services

Role: TypeAlias = Literal["owner", "editor", "viewer"]
ROLES: Final[tuple[Role, ...]] = ("owner", "editor", "viewer")
"""Highest first."""
LABEL_LENGTH: Final = 63
"""Of a DNS label, and of a label's value."""
NOT_MTO: Final = "Not one of MTO's fields."


class Members(Spec):
    """People with one role."""

    users: tuple[Words, ...] = Field(
        (), description="User names as the API server sees them, for example an e-mail address."
    )
    groups: tuple[Words, ...] = Field(
        (), description="Group names as the API server sees them, or object ids of the provider."
    )


class AccessControl(Spec):
    """Who may do what in the tenant's namespaces."""

    owners: Members = Field(
        Members(),
        description="May manage everything in the namespaces of the tenant, and make further ones.",
    )
    editors: Members = Field(
        Members(), description="May change workloads, but no roles and role bindings."
    )
    viewers: Members = Field(Members(), description="May look, except at secrets.")


class Sandboxes(Spec):
    """Personal namespaces."""

    enabled: Flag = Field(
        default=False,
        description="One namespace for every owner and editor, named <tenant>-<user>-sandbox. "
        "Members of groups get one where somebody says who they are: OpenShift's Groups, or the "
        "IntegrationConfig's accessControl.members. "
        "Default: false.",
    )
    private: Flag = Field(
        default=False,
        description="true: only its person has rights in a sandbox; false: all members of the "
        "tenant have their role in it. Default: false.",
    )


class Marks(Spec):
    """Labels and annotations to be put on namespaces."""

    labels: StringMap = Field({}, description="Labels, as key and value.")
    annotations: StringMap = Field({}, description="Annotations, as key and value.")


class SpecificMarks(Marks):
    """Labels and annotations for some namespaces."""

    namespaces: tuple[NamespaceName, ...] = Field(
        description="Full names of the namespaces that get these labels and annotations."
    )


class NamespacesMetadata(Spec):
    """Labels and annotations of the tenant's namespaces.

    For one key ``specific`` wins over ``common``, and that over the IntegrationConfig.
    """

    common: Marks = Field(Marks(), description="For all namespaces of the tenant.")
    sandbox: Marks = Field(
        Marks(),
        description="For its sandboxes; {{ TENANT.USERNAME }} stands for the person's user name.",
    )
    specific: tuple[SpecificMarks, ...] = Field(
        (), description="For the namespaces that are named; wins over common for the same key."
    )


class Namespaces(Spec):
    """The namespaces that the tenant gets."""

    constraints = (
        Constraint(
            "!has(self.limit) || (has(self.withTenantPrefix) ? size(self.withTenantPrefix) : 0) + "
            "(has(self.withoutTenantPrefix) ? size(self.withoutTenantPrefix) : 0) <= self.limit",
            "more namespaces are declared than the limit allows; raise the limit",
            unless(
                lambda one: (
                    one.limit is None
                    or len(one.with_tenant_prefix) + len(one.without_tenant_prefix) <= one.limit
                ),
                "limit",
            ),
            field="limit",
        ),
    )

    with_tenant_prefix: tuple[NamespaceName, ...] = Field(
        (), description="Creates <tenant>-<name> for each name."
    )
    without_tenant_prefix: tuple[NamespaceName, ...] = Field(
        (), description="Creates <name> for each name; it must not exist already."
    )
    on_delete_purge_namespaces: Flag = Field(
        default=False,
        description="Delete the namespaces when the tenant is deleted; otherwise they stay, "
        "without the tenant's rights and policies. Default: false.",
    )
    sandboxes: Sandboxes = Field(Sandboxes(), description="Personal namespaces of the members.")
    require_prefix: Flag = Field(
        default=False,
        description="Owners may only make namespaces named <tenant>-…. Default: false. Not one "
        "of MTO's fields.",
    )
    allowed_names: tuple[NamespaceName, ...] | None = Field(
        None,
        description="Full names of the namespaces that owners may make; absent: any that is free. "
        "Not one of MTO's fields.",
    )
    limit: Annotated[int, Strict(), Ge(0)] | None = Field(
        None,
        description="How many namespaces the tenant may have in all, declared ones and sandboxes "
        "included; absent: any number. When it is reached the owners' right to make further ones "
        "is withdrawn by the next update; what is in excess gets no rights and no workloads. With "
        "allowedNames the number is exact. Not one of MTO's fields.",
    )
    metadata: NamespacesMetadata = Field(
        NamespacesMetadata(), description="Labels and annotations of the namespaces."
    )


class ClassAccess(Spec):
    """Classes that the tenant may use: an empty list allows all, with the right to see them."""

    allowed: Annotated[tuple[str, ...], Field(max_length=MAX_NAMES)] | None = Field(
        None, description="Names of the allowed classes; absent or empty allows every class."
    )


class ServiceAccounts(Spec):
    """Service accounts that no pod of the tenant may run as."""

    denied: tuple[Words, ...] = Field(
        (),
        max_length=MAX_NAMES,
        description="Names of the denied service accounts; a pod without one uses 'default'.",
    )


class ImageRegistries(Spec):
    """Registries that images may come from."""

    allowed: tuple[str, ...] = Field(
        (),
        max_length=MAX_NAMES,
        description="Allowed registry hosts, with their port where images name one; the empty text "
        "stands for images without a registry. An empty list allows none.",
    )


class HostValidation(Spec):
    """Host names that the tenant may use in Ingresses, Routes, and Gateways and their routes."""

    allowed: tuple[Words, ...] = Field(
        (),
        max_length=MAX_HOSTS,
        description="Host names; '*.example.org' allows just that wildcard, no other name. "
        "Whatever takes all hosts because it names none counts as '*'. With no name and no "
        "expression no host is allowed.",
    )
    allowed_regex: HostRegex | None = Field(
        None,
        description="RE2 expression; a host that it matches anywhere is allowed as well, so write "
        "^ and $ around it.",
    )
    deny_wildcards: Flag = Field(
        default=False, description="Refuse '*.…' hosts even if listed. Default: false."
    )


class TenantSpec(Spec):
    """What a Tenant asks for."""

    quota: DnsName = Field(description="Name of the Quota that is this tenant's budget.")
    access_control: AccessControl = Field(
        AccessControl(), description="The members of the tenant, by role."
    )
    namespaces: Namespaces = Field(Namespaces(), description="The namespaces of the tenant.")
    desc: str = Field("", description="What the tenant is for; shown to people.")
    storage_classes: ClassAccess | None = Field(
        None,
        description="Storage classes: absent = not governed; {} or an empty list = all allowed, "
        "with the right to see them; a list = only these.",
    )
    ingress_classes: ClassAccess | None = Field(
        None,
        description="Ingress classes, absent, empty or a list as for storageClasses; the empty "
        "text stands for an Ingress without class. Kubernetes only.",
    )
    pod_priority_classes: ClassAccess | None = Field(
        None,
        description="Priority classes, absent, empty or a list as for storageClasses; the empty "
        "text stands for a pod without one.",
    )
    service_accounts: ServiceAccounts | None = Field(
        None, description="Service accounts that the tenant's pods must not use; absent = off."
    )
    image_registries: ImageRegistries | None = Field(
        None, description="Registries that the tenant's images may come from; absent = off."
    )
    host_validation_config: HostValidation | None = Field(
        None, description="Host names that the tenant may use; absent = off."
    )
    runtime_classes: ClassAccess | None = Field(
        None,
        description="Runtime classes, absent, empty or a list as for storageClasses; the empty "
        f"text stands for a pod without one. {NOT_MTO}",
    )
    gateway_classes: ClassAccess | None = Field(
        None,
        description="Classes of the Gateway API, absent, empty or a list as for storageClasses. "
        f"{NOT_MTO}",
    )
    services: Services = Field(
        Services(),
        description="Kinds of Services that are refused, besides those that are for all tenants. "
        f"{NOT_MTO}",
    )
    pods: Pods = Field(
        Pods(), description=f"What pods may ask of the nodes that they run on. {NOT_MTO}"
    )
    pod_security: PodSecurity = Field(
        PodSecurity(),
        description="Level of Pod Security in the tenant's namespaces; wins over that of all "
        f"tenants, and labels in namespaces.metadata win over both. {NOT_MTO}",
    )


class Tenant(Spec):
    """A team or customer with its own namespaces, members, budget and limits."""

    constraints = (
        Constraint(
            # A tenant that was stored before MTO came must stay deletable.
            "(oldSelf.hasValue() && oldSelf.value().spec == self.spec) || "
            "!has(self.spec.namespaces) || !has(self.spec.namespaces.withTenantPrefix) || "
            # The list of one is a variable: asked of each name, it would cost too much.
            f"[{LABEL_LENGTH} - size(self.metadata.name)].all(room, "
            "self.spec.namespaces.withTenantPrefix.all(name, size(name) < room))",
            f"a namespace's name, <tenant>-<name>, has at most {LABEL_LENGTH} characters",
            lambda tenant: (
                ("spec", "namespaces", "withTenantPrefix", place)
                for place, name in enumerate(tenant.spec.namespaces.with_tenant_prefix)
                if len(tenant.name) + len(name) >= LABEL_LENGTH
            ),
            field="spec.namespaces.withTenantPrefix",
        ),
    )

    api_version: Literal["tenantoperator.stakater.com/v1beta3"] = (
        "tenantoperator.stakater.com/v1beta3"
    )
    kind: Literal["Tenant"] = "Tenant"
    metadata: LabelSafeMeta
    spec: TenantSpec

    @property
    def name(self) -> str:
        return self.metadata.name

    def roles(self) -> tuple[tuple[Role, Members], ...]:
        """The members by role, highest role first."""
        access = self.spec.access_control
        return ("owner", access.owners), ("editor", access.editors), ("viewer", access.viewers)
