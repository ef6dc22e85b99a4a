"""IntegrationConfig: the settings of MTO itself; there is one of it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from annotated_types import Ge
from pydantic import Field, Strict, model_validator

from mto.spec.admission import Admission, no_crowds
from mto.spec.base import Cidr, Flag, LabelSelector, Regex, Spec, StringMap, Words
from mto.spec.components import Components
from mto.spec.constraint import Constraint, unless
from mto.spec.integrations import Integrations
from mto.spec.metadata import ObjectMeta
from mto.spec.tenant import NOT_MTO, ROLES, Marks, Role
from mto.spec.workloads import PodSecurity, Services

NAME: Final = "tenant-operator-config"
NAMESPACE: Final = "multi-tenant-operator"


class RoleBindings(Spec):
    """ClusterRoles that a role of the tenant is bound to."""

    cluster_roles: tuple[Words, ...] = Field(
        min_length=1, description="Names of ClusterRoles; at least one."
    )


class DefaultRoles(Spec):
    """What each role means in a namespace that no custom entry selects."""

    owner: RoleBindings = Field(
        RoleBindings(cluster_roles=("admin",)), description="Default: [admin]."
    )
    editor: RoleBindings = Field(
        RoleBindings(cluster_roles=("edit",)), description="Default: [edit]."
    )
    viewer: RoleBindings = Field(
        RoleBindings(cluster_roles=("view",)), description="Default: [view]."
    )


class CustomRoles(Spec):
    """What roles mean in selected namespaces; what no matching entry names is inherited."""

    label_selector: LabelSelector = Field(description="Selects namespaces by their labels.")
    owner: RoleBindings | None = Field(None, description="Default: as in default.")
    editor: RoleBindings | None = Field(None, description="Default: as in default.")
    viewer: RoleBindings | None = Field(None, description="Default: as in default.")


class TenantRoles(Spec):
    """Which ClusterRoles a tenant's owners, editors and viewers get."""

    default: DefaultRoles = Field(DefaultRoles(), description="For namespaces not selected below.")
    custom: tuple[CustomRoles, ...] = Field(
        (),
        description="For selected namespaces; several entries that match add up. A role that none "
        "of them names is inherited from default.",
    )

    def names(self) -> frozenset[str]:
        """Every ClusterRole that some role is bound to somewhere."""
        entries = (self.default, *self.custom)
        bindings = (getattr(entry, role) for entry in entries for role in ROLES)
        return frozenset(name for one in bindings if one is not None for name in one.cluster_roles)

    def cluster_roles(self, role: Role, labels: StringMap) -> tuple[str, ...]:
        """ClusterRoles of ``role`` in a namespace with ``labels``, in declared order, each once."""
        default: RoleBindings = getattr(self.default, role)
        matching = [entry for entry in self.custom if entry.label_selector.matches(labels)]
        named = [own for entry in matching if (own := getattr(entry, role)) is not None]
        bindings: list[RoleBindings] = named or [default]
        return tuple(dict.fromkeys(name for one in bindings for name in one.cluster_roles))


class Rbac(Spec):
    """Rights within the tenants' namespaces."""

    tenant_roles: TenantRoles = Field(
        TenantRoles(), description="Which ClusterRoles owners, editors and viewers get."
    )


class Privileged(Spec):
    """Who stands outside of the tenants' rules. Expressions are RE2 and match anywhere."""

    constraints = no_crowds("groups", "groups", "everybody would be privileged")

    namespaces: tuple[Regex, ...] = Field(
        (), description="RE2; namespaces that MTO ignores: a tenant's label has no effect there."
    )
    service_accounts: tuple[Regex, ...] = Field(
        (),
        description="RE2 on system:serviceaccount:<namespace>:<name>; may change all namespaces. "
        "OpenShift needs ^system:serviceaccount:openshift-infra.*",
    )
    users: tuple[Regex, ...] = Field(
        (), description="RE2; may change all namespaces, and administrate. kube:admin always may."
    )
    groups: tuple[Words, ...] = Field(
        (), description="Names, not expressions; may change all namespaces, and administrate."
    )


class Principals(Spec):
    """Users and groups, by name."""

    users: tuple[Words, ...] = Field((), description="User names.")
    groups: tuple[Words, ...] = Field((), description="Group names.")


class Deny(Spec):
    """Exceptions from being privileged."""

    privileged_namespaces: Principals = Field(
        Principals(),
        description="Principals, privileged otherwise, that may not change tenants' namespaces. "
        "The field's name suggests privileged namespaces; MTO's CRD and production guide say "
        "tenant namespaces, and so does this implementation.",
    )


class NamespaceAccessPolicy(Spec):
    """Who may not change namespaces."""

    deny: Deny = Field(Deny(), description="Exceptions from being privileged.")
    privileged: Privileged | None = Field(
        None,
        description="Where some of MTO's documents put accessControl.privileged; used when that "
        "one is absent.",
    )


class MembersSource(Spec):
    """Who says who is in a group, on clusters that have no list of that."""

    file: Words | None = Field(
        None,
        description="File within the project's folder: groups: {<group>: [<user>, …]}, as YAML or "
        "JSON.",
    )
    url: Words | None = Field(
        None,
        description="https address of such a document; http on this very machine only. Proxies "
        "and redirects are not used.",
    )
    interval_seconds: Annotated[int, Strict(), Ge(5)] = Field(
        60, description="How often the service reads it again. Default: 60."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> MembersSource:
        if (self.file is None) is (self.url is None):
            raise ValueError("give file or url, one of them")
        return self


class AccessControl(Spec):
    """Rights, and who stands outside of them."""

    constraints = (
        Constraint(
            "!has(self.privileged) || !has(self.namespaceAccessPolicy) || "
            "!has(self.namespaceAccessPolicy.privileged)",
            "privileged is given here and under namespaceAccessPolicy; keep this one only",
            unless(lambda access: access.namespace_access_policy.privileged is None),
        ),
    )

    rbac: Rbac = Field(Rbac(), description="Rights within the tenants' namespaces.")
    privileged: Privileged = Field(
        Privileged(), description="Who stands outside of the tenants' rules."
    )
    namespace_access_policy: NamespaceAccessPolicy = Field(
        NamespaceAccessPolicy(), description="Who may not change namespaces."
    )
    members: MembersSource | None = Field(
        None,
        description="Who is in a group, so that members of groups get sandboxes as users do. "
        "Absent: OpenShift's Groups, where the cluster has them, else nobody says. "
        f"{NOT_MTO}",
    )

    @model_validator(mode="before")
    @classmethod
    def _privileged_in_either_place(cls, value: Any) -> Any:
        policy = value.get("namespaceAccessPolicy") if isinstance(value, dict) else None
        if not isinstance(policy, dict) or policy.get("privileged") is None:
            return value
        if value.get("privileged") is not None:
            return value  # given twice, which the constraint tells
        rest = {key: one for key, one in policy.items() if key != "privileged"}
        misplaced = policy["privileged"]
        return {**value, "privileged": misplaced, "namespaceAccessPolicy": rest}


class Metadata(Spec):
    """Labels and annotations for what MTO makes in every tenant."""

    namespaces: Marks = Field(
        Marks(), description="For tenants' namespaces; a Tenant's own win for the same key."
    )
    sandboxes: Marks = Field(
        Marks(),
        description="For sandboxes; {{ TENANT.USERNAME }} stands for the person's user name.",
    )
    groups: Marks = Field(Marks(), description="For OpenShift Groups.")


class NetworkPolicies(Spec):
    """Switches about the network, for all tenants."""

    disable_intra_tenant_networking: Flag = Field(
        default=False,
        description="In spite of its name it blocks traffic between tenants: pods of a tenant are "
        "reached only from it and from namespaces of no tenant. Default: false.",
    )
    disable_node_port_services: Flag = Field(
        default=False, description="Refuse Services of type NodePort. Default: false."
    )
    disable_host_ports: Flag = Field(
        default=False,
        description="Refuse containers with a hostPort, and hostNetwork, which has all of them. "
        "Default: false.",
    )
    allowed_blocks: tuple[Cidr, ...] = Field(
        (),
        description="With disableIntraTenantNetworking: blocks of addresses, such as "
        "203.0.113.0/24, from which a tenant's own NetworkPolicy may let traffic in by ipBlock; "
        "none of the cluster's pods must be in them. Empty: from none. Not one of MTO's fields.",
    )


class TenantPolicies(Spec):
    """Rules for all tenants."""

    network: NetworkPolicies = Field(
        NetworkPolicies(), description="Switches about the network, for all tenants."
    )
    services: Services = Field(
        Services(),
        description=f"Kinds of Services that are refused, for all tenants. {NOT_MTO}",
    )
    pod_security: PodSecurity = Field(
        PodSecurity(),
        description="Level of Pod Security in all tenants' namespaces; a Tenant's own wins, and "
        f"so do labels in metadata. {NOT_MTO}",
    )
    always_pull_images: Flag = Field(
        default=False,
        description="Refuse containers with another imagePullPolicy than Always, so that nobody "
        "runs a private image that another tenant's pod left on the node. Default: false. "
        f"{NOT_MTO}",
    )


class IntegrationConfigSpec(Spec):
    """The settings of MTO itself."""

    access_control: AccessControl = Field(
        AccessControl(), description="Rights, and who stands outside of them."
    )
    metadata: Metadata = Field(
        Metadata(), description="Labels and annotations for what MTO makes in every tenant."
    )
    integrations: Integrations = Field(
        Integrations(), description="Tools outside that tenants are set up in."
    )
    tenant_policies: TenantPolicies = Field(TenantPolicies(), description="Rules for all tenants.")
    components: Components = Field(
        Components(), description="The programs that come with the platform."
    )
    admission: Admission = Field(
        Admission(), description="How the rules of admission act. Not one of MTO's fields."
    )


class IntegrationConfig(Spec):
    """The settings of MTO itself; one of it, ``tenant-operator-config``."""

    constraints = (
        Constraint(
            f"self.metadata.name == '{NAME}'",
            f"the name must be {NAME}",
            unless(lambda config: config.metadata.name == NAME, "metadata", "name"),
            field="metadata.name",
        ),
    )

    api_version: Literal["tenantoperator.stakater.com/v1beta1"] = (
        "tenantoperator.stakater.com/v1beta1"
    )
    kind: Literal["IntegrationConfig"] = "IntegrationConfig"
    metadata: ObjectMeta = ObjectMeta(name=NAME, namespace=NAMESPACE)
    spec: IntegrationConfigSpec = IntegrationConfigSpec()
