"""IntegrationConfig as v1alpha1 had it: its fields, so that a mistake is told in its own terms.

Sources: the operator's definitions up to 0.10 and its documents of 0.9 and 0.10. What differs
between releases (how Vault is reached) is accepted in each form.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mto.spec.base import Flag, Regex, Spec, Words
from mto.spec.integrationconfig import Deny, TenantRoles
from mto.spec.integrations import ArgoCD
from mto.spec.metadata import ObjectMeta
from mto.spec.tenant import Marks


class Policy(Spec):
    """Who, of the privileged, may not change tenants' namespaces."""

    deny: Deny = Deny()


class OpenShift(Spec):
    """Labels, annotations and privileges."""

    project: Marks = Marks()
    group: Marks = Marks()
    sandbox: Marks = Marks()
    privileged_namespaces: tuple[Regex, ...] = ()
    privileged_service_accounts: tuple[Regex, ...] = ()
    cluster_admin_groups: tuple[Words, ...] = ()
    namespace_access_policy: Policy = Policy()


class Secret(Spec):
    """A Secret, by name and namespace."""

    name: str = ""
    namespace: str = ""


class Endpoint(Spec):
    """How a tool is reached."""

    url: str = ""
    secret_reference: Secret = Secret()


class SingleSignOn(Spec):
    """A tool's client in the identity provider."""

    client_name: str = ""
    accessor_id: str = Field("", alias="accessorID")


class Tool(Spec):
    """A tool outside, as Nexus was."""

    enabled: Flag = False
    endpoint: Endpoint = Endpoint()
    sso: SingleSignOn = SingleSignOn()


class Rhsso(Tool):
    """Red Hat's single sign-on."""

    realm: str = ""


class Vault(Tool):
    """By ``endpoint`` up to 0.9, by ``address``, ``accessorPath`` and ``roleName`` from 0.10 on."""

    address: str = ""
    accessor_path: str = ""
    role_name: str = ""


class Host(Spec):
    """One page's host; in some releases with an ingress class of its own."""

    host: str = ""
    tls_secret_name: str = ""
    ingress_class_name: str = ""


class Ingress(Spec):
    """Hosts of the pages."""

    ingress_class_name: str = ""
    console: Host = Host()
    gateway: Host = Host()
    keycloak: Host = Host()


class Provision(Spec):
    """The pages that come with the platform."""

    console: Flag = True
    showback: Flag = True
    ingress: Ingress = Ingress()
    trusted_root_cert: str = ""


class ConfigSpec(Spec):
    """The settings of MTO itself."""

    openshift: OpenShift = OpenShift()
    tenant_roles: TenantRoles = TenantRoles()
    argocd: ArgoCD | None = None
    nexus: Tool = Tool()
    rhsso: Rhsso = Rhsso()
    vault: Vault = Vault()
    provision: Provision = Provision()


class Config(Spec):
    """One of it, ``tenant-operator-config``."""

    api_version: Literal["tenantoperator.stakater.com/v1alpha1"]
    kind: Literal["IntegrationConfig"]
    metadata: ObjectMeta
    spec: ConfigSpec = ConfigSpec()
