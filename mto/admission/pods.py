"""What pods ask of the nodes that they run on: ports of the host, which nodes, which taints.

The level of Pod Security is none of these: it is a label of the namespace, which the API server's
own admission enforces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mto.admission.allowed import compared, flat, parameter
from mto.admission.cel import listed
from mto.admission.podspecs import POD, POLICY, WORKLOADS
from mto.admission.rule import Check, Rule
from mto.admission.sentence import Cel, names, refused

SET_BY_KUBERNETES: Final = tuple(
    f"node.kubernetes.io/{name}"
    for name in (
        "disk-pressure",
        "memory-pressure",
        "network-unavailable",
        "not-ready",
        "pid-pressure",
        "unreachable",
        "unschedulable",
    )
)
"""Taints of nodes in trouble, of which Kubernetes gives pods tolerations by itself."""
_NO_HOST_PORTS: Final = parameter("network", "disableHostPorts", default="false")
_SELECTOR: Final = parameter("pods", "nodeSelector")
_TOLERATIONS: Final = parameter("pods", "tolerations", "allowed")
_TOLERATED: Final = "params.spec.?pods.?tolerations.hasValue()"


def rules() -> tuple[Rule, ...]:
    placed = f"{_SELECTOR}.size() > 0 || {_TOLERATED}"
    return (
        Rule(
            name="pods",
            summary="this pod asks of its node what is not allowed",
            matches=WORKLOADS,
            policy=POLICY,
            conditions={"governed": f"{_NO_HOST_PORTS} || {placed}"},
            variables=dict(_variables()),
            checks=(*_host_ports(), *_nodes(placed), *_tolerations()),
        ),
    )


def _variables() -> Iterator[tuple[str, str]]:
    yield from POD.items()
    before = _ports("variables.containersBefore")
    yield "portsBefore", f"oldObject == null ? [] : {before}"
    ports = _ports("variables.containers")
    yield "newPorts", f"{ports}.filter(one, !(one in variables.portsBefore))"
    yield "selector", "variables.pod.?nodeSelector.orValue({})"
    right = "one.key in variables.selector && variables.selector[one.key] in one.values"
    yield "missing", f"{_SELECTOR}.filter(one, !({right}))"
    compare = compared(
        "variables.pod.?tolerations.orValue([])",
        "variables.podBefore.?tolerations.orValue([])",
        refuse=f"!(value.?key.orValue('') in {listed(SET_BY_KUBERNETES)}) && "
        f"!{_TOLERATIONS}.exists(allowed, {_covers('allowed', 'value')})",
    )
    yield from compare.items()


def _ports(containers: str) -> str:
    """Numbers as texts."""
    ports, ours = "one.?ports.orValue([])", "port, port.?hostPort.orValue(0) != 0"
    some = f"{containers}.filter(one, {ports}.exists({ours}))"
    return flat(some, each=f"{ports}.filter({ours}).map(port, string(port.hostPort))")


def _host_ports() -> Iterator[Check]:
    everybody = "spec.tenantPolicies.network.disableHostPorts"
    yield Check(
        f"!{_NO_HOST_PORTS} || variables.newPorts.size() == 0",
        refused(
            "may not use ports of the host; remove hostPort ",
            names("variables.newPorts"),
            field="spec.pods.disableHostPorts",
            everybody=everybody,
        ),
    )
    network = "variables.{0}.?hostNetwork.orValue(false)"
    yield Check(
        f"!{_NO_HOST_PORTS} || !{network.format('pod')} || {network.format('podBefore')}",
        refused(
            "may not use hostNetwork, which opens every port of a pod on its host",
            field="spec.pods.disableHostPorts",
            everybody=everybody,
        ),
    )


def _nodes(placed: str) -> Iterator[Check]:
    wanted = "variables.missing.map(one, one.key + ' in (' + one.values.join(', ') + ')')"
    yield Check(
        "variables.missing.size() == 0 || (oldObject != null && "
        "variables.selector == variables.podBefore.?nodeSelector.orValue({}))",
        refused(
            "must say on which nodes its pods run; set nodeSelector with ",
            names(wanted),
            field="spec.pods.nodeSelector",
        ),
    )
    name = "variables.{0}.?nodeName.orValue('')"
    yield Check(
        f"!({placed}) || {name.format('pod')} == '' || {name.format('pod')} == "
        f"{name.format('podBefore')}",
        refused(
            "may not set nodeName, which passes over nodeSelector and taints; remove '",
            Cel(name.format("pod")),
            "'",
            field="spec.pods",
        ),
    )


def _tolerations() -> Iterator[Check]:
    yield Check(
        f"!{_TOLERATED} || variables.refused.size() == 0",
        refused(
            "may not tolerate taint ",
            names(f"variables.refused.map(one, {_shown('one')})"),
            "; allowed: ",
            names(f"{_TOLERATIONS}.map(one, {_shown('one')})"),
            field="spec.pods.tolerations",
        ),
    )


def _covers(allowed: str, toleration: str) -> str:
    """Whether an allowed toleration is at least as wide as a pod's.

    Without an effect a toleration has all of them, without a key it has all keys.
    """
    return (
        f"(!has({allowed}.key) || {allowed}.key == {toleration}.?key.orValue('')) && "
        f"(!has({allowed}.value) || ({toleration}.?operator.orValue('Equal') == 'Equal' && "
        f"{allowed}.value == {toleration}.?value.orValue(''))) && "
        f"(!has({allowed}.effect) || {allowed}.effect == {toleration}.?effect.orValue(''))"
    )


def _shown(toleration: str) -> str:
    """``key=value:Effect``; ``*`` stands for any."""
    return (
        f"{toleration}.?key.orValue('*') + (has({toleration}.value) ? '=' + {toleration}.value : "
        f"'') + ':' + {toleration}.?effect.orValue('*')"
    )
