"""What a tenant's workloads may ask for, beyond MTO's fields: services, nodes, Pod Security.

Every list has a limit, so that the expressions that read it stay within the API server's budget
of cost for the largest legal object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from mto.spec.base import Flag, Spec, Words
from mto.spec.constraint import Constraint, unless
from mto.spec.regex import check

MAX_NAMES: Final = 250
"""Entries of a list of classes, registries or service accounts."""
MAX_HOSTS: Final = 500
MAX_EXPRESSION: Final = 512
"""Characters of a regular expression on hosts."""
MAX_TOLERATIONS: Final = 50
MAX_NODE_LABELS: Final = 20
MAX_NODE_VALUES: Final = 50
POD_SECURITY: Final = "pod-security.kubernetes.io/"
"""Prefix of the namespace labels that the API server's own Pod Security admission reads."""

Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
LEVELS: Final[tuple[Level, ...]] = ("privileged", "baseline", "restricted")
"""The loosest first."""
Effect: TypeAlias = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


def _expression(value: str) -> str:
    check(value)
    return value


HostRegex = Annotated[
    str, StringConstraints(max_length=MAX_EXPRESSION), AfterValidator(_expression)
]
"""An RE2 expression of limited length."""
NodeValues = Annotated[tuple[Words, ...], Field(min_length=1, max_length=MAX_NODE_VALUES)]


class Services(Spec):
    """Kinds of Services that reach out of the cluster, or into it past the Ingress."""

    disable_node_ports: Flag = Field(
        default=False,
        description="Refuse whatever opens a port on every node: Services of type NodePort, and "
        "of type LoadBalancer unless allocateLoadBalancerNodePorts is false. Default: false.",
    )
    disable_load_balancers: Flag = Field(
        default=False, description="Refuse Services of type LoadBalancer. Default: false."
    )
    disable_external_ips: Flag = Field(
        default=False,
        alias="disableExternalIPs",
        description="Refuse externalIPs, with which a Service takes over traffic to any address "
        "(CVE-2020-8554). Default: false.",
    )
    disable_external_names: Flag = Field(
        default=False,
        description="Refuse Services of type ExternalName, which are names for hosts outside. "
        "Default: false.",
    )


class Toleration(Spec):
    """A toleration that pods may have; what is left out may be anything."""

    constraints = (
        Constraint(
            "!has(self.value) || has(self.key)",
            "a value needs the key that it belongs to",
            unless(lambda one: one.value is None or one.key is not None, "value"),
        ),
    )

    key: Words | None = Field(None, description="Key of the taint. Default: any.")
    value: str | None = Field(None, description="Value of the taint. Default: any.")
    effect: Effect | None = Field(None, description="Effect of the taint. Default: any.")


class Tolerations(Spec):
    """An allow-list of tolerations."""

    allowed: tuple[Toleration, ...] = Field(
        (),
        max_length=MAX_TOLERATIONS,
        description="Allowed tolerations. Those of the taints that Kubernetes itself sets "
        "(node.kubernetes.io/…) are always allowed; an empty list allows no other.",
    )


class Pods(Spec):
    """What pods may ask of the nodes that they run on."""

    node_selector: Annotated[Mapping[str, NodeValues], Field(max_length=MAX_NODE_LABELS)] = Field(
        {},
        description="Labels of nodes, each with the values allowed: every pod must have a "
        "nodeSelector with one of them for each label.",
    )
    tolerations: Tolerations | None = Field(
        None, description="Taints that pods may tolerate; absent = off."
    )
    disable_host_ports: Flag = Field(
        default=False,
        description="Refuse containers with a hostPort, and hostNetwork. Default: as in "
        "tenantPolicies.network.disableHostPorts of the IntegrationConfig.",
    )


class PodSecurity(Spec):
    """Levels of the Pod Security Standards, which the API server's own admission enforces."""

    enforce: Level | None = Field(None, description="Pods that break it are refused.")
    warn: Level | None = Field(None, description="Who makes pods that break it is warned.")
    audit: Level | None = Field(None, description="Pods that break it are noted in the audit log.")

    def labels(self) -> dict[str, str]:
        """As labels of a namespace."""
        modes = {"enforce": self.enforce, "warn": self.warn, "audit": self.audit}
        return {POD_SECURITY + mode: level for mode, level in modes.items() if level is not None}
