"""TenantPolicy: our own kind. MTO has no such kind.

One object in each tenant namespace, written by MTO and read by the API server itself as the
parameter of the admission policies. People declare a Tenant; nobody writes this by hand.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import Field

from mto.spec.base import DnsLabel, Flag, Spec, Words
from mto.spec.constraint import Constraint, unless
from mto.spec.metadata import ObjectMeta
from mto.spec.workloads import (
    MAX_HOSTS,
    MAX_NAMES,
    MAX_NODE_LABELS,
    HostRegex,
    NodeValues,
    Services,
    Tolerations,
)

NAME: Final = "tenant-policy"
"""The one name that the policies ask for."""
_NAMES: Final = f"^{NAME}(-[0-9a-f]{{8}})?$"


MAX_NAMESPACES: Final = 256
"""Of so many namespaces of a tenant each knows all others."""


class Allowed(Spec):
    """An allow-list; empty allows everything."""

    allowed: tuple[str, ...] = Field(
        (),
        max_length=MAX_NAMES + 1,  # Docker Hub has two names
        description="Allowed names; empty allows all.",
    )


class Denied(Spec):
    """A deny-list."""

    denied: tuple[str, ...] = Field((), max_length=MAX_NAMES, description="Denied names.")


class Hosts(Spec):
    """Allowed host names."""

    allowed: tuple[Words, ...] = Field(
        (), max_length=MAX_HOSTS, description="Host names in lower case, wildcards literally."
    )
    allowed_regex: HostRegex | None = Field(None, description="RE2; a host it matches is allowed.")
    deny_wildcards: Flag = Field(default=False, description="Refuse '*.…' hosts even if listed.")


class NetworkSwitches(Spec):
    """Switches about the network."""

    disable_node_port_services: Flag = Field(
        default=False, description="Refuse Services of type NodePort."
    )
    disable_host_ports: Flag = Field(
        default=False, description="Refuse containers with a hostPort, and hostNetwork."
    )


class Members(Spec):
    """Members of the tenant in any role."""

    users: tuple[Words, ...] = Field((), description="User names.")
    groups: tuple[Words, ...] = Field((), description="Group names.")


class NodeLabel(Spec):
    """A label of nodes that every pod must select."""

    key: Words = Field(description="Key of the label.")
    values: NodeValues = Field(description="One of these.")


class Placement(Spec):
    """On which nodes pods may run."""

    node_selector: tuple[NodeLabel, ...] = Field(
        (), max_length=MAX_NODE_LABELS, description="Labels that every pod must select, in order."
    )
    tolerations: Tolerations | None = Field(None, description="Taints that pods may tolerate.")


class TenantPolicySpec(Spec):
    """What admission allows in the namespace; an absent part is not governed."""

    tenant: DnsLabel = Field(description="The tenant that the namespace belongs to.")
    members: Members = Field(Members(), description="Who may be given rights here.")
    namespaces: tuple[Words, ...] = Field(
        (),
        max_length=MAX_NAMESPACES,
        description="The namespaces of the tenant, whose service accounts may be given rights "
        "here; of a tenant with more than 256 only the namespace itself.",
    )
    storage_classes: Allowed | None = Field(None, description="Storage classes.")
    ingress_classes: Allowed | None = Field(None, description="Ingress classes; '' = none named.")
    pod_priority_classes: Allowed | None = Field(
        None, description="Priority classes; '' = none named."
    )
    service_accounts: Denied | None = Field(None, description="Service accounts.")
    image_registries: Allowed | None = Field(
        None,
        description="Registries of images in lower case; '' = none named. An empty list allows "
        "none.",
    )
    host_validation_config: Hosts | None = Field(None, description="Host names.")
    runtime_classes: Allowed | None = Field(None, description="Runtime classes; '' = none named.")
    gateway_classes: Allowed | None = Field(None, description="Classes of the Gateway API.")
    network: NetworkSwitches = Field(NetworkSwitches(), description="Switches about the network.")
    always_pull_images: Flag = Field(
        default=False, description="Refuse containers with another imagePullPolicy than Always."
    )
    services: Services = Field(Services(), description="Kinds of Services that are refused.")
    pods: Placement = Field(Placement(), description="On which nodes pods may run.")


class TenantPolicy(Spec):
    """What admission allows in one tenant namespace. Not one of MTO's kinds: ours."""

    constraints = (
        Constraint(
            f"self.metadata.name.matches('{_NAMES}')",
            f"the name must be {NAME}; with eight digits behind it, it is what mto audit proposes "
            "to itself",
            unless(lambda one: bool(re.match(_NAMES, one.metadata.name)), "metadata", "name"),
            field="metadata.name",
        ),
    )

    api_version: Literal["mto.stakater.com/v1alpha1"] = "mto.stakater.com/v1alpha1"
    kind: Literal["TenantPolicy"] = "TenantPolicy"
    metadata: ObjectMeta
    spec: TenantPolicySpec
