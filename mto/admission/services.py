"""Services that reach out of the cluster, or open it past the Ingress."""

from __future__ import annotations

from collections.abc import Iterator

from mto.admission.allowed import parameter
from mto.admission.rule import Check, Match, Rule
from mto.admission.sentence import Cel, names, refused


def _switch(*path: str) -> str:
    return parameter(*path, default="false")


_NODE_PORT_TYPE = _switch("network", "disableNodePortServices")
_NODE_PORTS = _switch("services", "disableNodePorts")
_LOAD_BALANCERS = _switch("services", "disableLoadBalancers")
_EXTERNAL_IPS = _switch("services", "disableExternalIPs")
_EXTERNAL_NAMES = _switch("services", "disableExternalNames")


def rules() -> tuple[Rule, ...]:
    switches = (_NODE_PORT_TYPE, _NODE_PORTS, _LOAD_BALANCERS, _EXTERNAL_IPS, _EXTERNAL_NAMES)
    return (
        Rule(
            name="services",
            summary="a Service of this kind is not allowed",
            matches=(Match("", ("services",)),),
            conditions={"governed": " || ".join(switches)},
            variables={
                "type": _type("object"),
                "typeBefore": f"oldObject == null ? '' : {_type('oldObject')}",
                "opens": _opens("object"),
                "openedBefore": f"oldObject != null && ({_opens('oldObject')})",
                "addresses": _addresses("object"),
                "addressesBefore": f"oldObject == null ? [] : {_addresses('oldObject')}",
                "newAddresses": "variables.addresses.filter(one, !(one in "
                "variables.addressesBefore))",
            },
            checks=(*_node_ports(), _load_balancers(), _external_ips(), _external_names()),
        ),
    )


def _type(of: str) -> str:
    return f"{of}.spec.?type.orValue('ClusterIP')"


def _opens(of: str) -> str:
    """Whether a Service opens a port on the nodes. A LoadBalancer does unless told not to."""
    return (
        f"{_type(of)} == 'NodePort' || ({_type(of)} == 'LoadBalancer' && "
        f"{of}.spec.?allocateLoadBalancerNodePorts.orValue(true)) || "
        f"{of}.spec.?ports.orValue([]).exists(one, one.?nodePort.orValue(0) != 0)"
    )


def _addresses(of: str) -> str:
    return f"{of}.spec.?externalIPs.orValue([])"


def _node_ports() -> Iterator[Check]:
    yield Check(
        f"!{_NODE_PORT_TYPE} || !({_becomes('NodePort')})",
        refused(
            "may not have Services of type NodePort; use ClusterIP, with an Ingress in front of it",
            everybody="spec.tenantPolicies.network.disableNodePortServices",
        ),
    )
    yield Check(
        f"!{_NODE_PORTS} || !variables.opens || variables.openedBefore",
        refused(
            "may not open ports on nodes, as Services of type NodePort do, and those of type "
            "LoadBalancer unless allocateLoadBalancerNodePorts is false",
            **_places("disableNodePorts"),
        ),
    )


def _load_balancers() -> Check:
    return Check(
        f"!{_LOAD_BALANCERS} || !({_becomes('LoadBalancer')})",
        refused(
            "may not have Services of type LoadBalancer; use ClusterIP, with an Ingress in front "
            "of it",
            **_places("disableLoadBalancers"),
        ),
    )


def _external_ips() -> Check:
    return Check(
        f"!{_EXTERNAL_IPS} || variables.newAddresses.size() == 0",
        refused(
            "may not have Services with externalIPs; remove ",
            names("variables.newAddresses"),
            **_places("disableExternalIPs"),
        ),
    )


def _external_names() -> Check:
    name = "{0}.spec.?externalName.orValue('')"
    return Check(
        f"!{_EXTERNAL_NAMES} || variables.type != 'ExternalName' || (variables.typeBefore == "
        f"'ExternalName' && {name.format('object')} == {name.format('oldObject')})",
        refused(
            "may not have Services of type ExternalName, such as that for '",
            Cel(name.format("object")),
            "'",
            **_places("disableExternalNames"),
        ),
    )


def _places(switch: str) -> dict[str, str]:
    """Where it may have been switched off."""
    own = f"spec.services.{switch}"
    return {"field": own, "everybody": f"spec.tenantPolicies.services.{switch}"}


def _becomes(kind: str) -> str:
    return f"variables.type == '{kind}' && variables.typeBefore != '{kind}'"
