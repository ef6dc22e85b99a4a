"""Whether the namespace's NetworkPolicies keep other tenants out, by what they say.

They add up: the pods that one selects are closed, and what any of them lets in comes in. So one
must select all pods, and none may let another tenant's namespace in. Whether the network obeys
them can't be seen from the API.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mto.service.checks.check import Category, Check
from mto.service.checks.containers import NETWORK
from mto.service.checks.scene import Scene
from mto.spec.base import LabelSelector

Labels = Mapping[str, str]


def checks() -> Iterator[Check]:
    yield Check(
        "MTB-PL1-BC-NI-1",
        "Default deny network connections across tenants",
        Category.NETWORK,
        facts=_open,
        doubts=_closed_to_all,
        left_open=lambda scene: (
            ""
            if scene.config.spec.tenant_policies.network.disable_intra_tenant_networking
            else f"{NETWORK}.disableIntraTenantNetworking is false"
        ),
    )


def _open(scene: Scene) -> Iterator[str]:
    if not any(map(_closes, scene.network)):
        yield f"no NetworkPolicy closes namespace {scene.namespace} to other tenants"
    allowed = scene.config.spec.tenant_policies.network.allowed_blocks
    for policy in filter(_about_ingress, scene.network):
        name = policy["metadata"]["name"]
        for peer in _peers(policy):
            for whom in _lets_in(peer, scene.neighbours, allowed):
                yield f"NetworkPolicy {scene.namespace}/{name} lets in {whom}"


def _closed_to_all(scene: Scene) -> Iterator[str]:
    """The control: where nothing at all gets in, it proves nothing that others don't."""
    labels = scene.live[scene.namespace]["metadata"].get("labels") or {}
    own = {scene.namespace: labels}
    policies = list(filter(_about_ingress, scene.network))
    enters = any(
        peer is None or _is_local(peer) or any(_lets_in(peer, own, ()))
        for policy in policies
        for peer in _peers(policy)
    )
    if policies and not enters:
        yield f"not even pods of namespace {scene.namespace} get into it by its NetworkPolicies"


def _about_ingress(policy: Mapping[str, Any]) -> bool:
    return "Ingress" in policy["spec"].get("policyTypes", ("Ingress",))


def _closes(policy: Mapping[str, Any]) -> bool:
    """It selects all pods: none is left open."""
    selector = LabelSelector.model_validate(policy["spec"].get("podSelector") or {})
    return _about_ingress(policy) and selector == LabelSelector()


def _peers(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
    """None stands for everybody."""
    for rule in policy["spec"].get("ingress") or ():
        yield from rule.get("from") or (None,)


def _is_local(peer: Mapping[str, Any]) -> bool:
    """Pods of the policy's own namespace."""
    return "namespaceSelector" not in peer and "ipBlock" not in peer


def _lets_in(
    peer: Mapping[str, Any] | None, namespaces: Mapping[str, Labels], allowed: Iterable[str]
) -> Iterator[str]:
    """Who of ``namespaces`` gets in; a selector of pods besides is one that their people choose."""
    if peer is None:
        yield "everybody"
    elif "ipBlock" in peer:
        block = ipaddress.ip_network(peer["ipBlock"]["cidr"], strict=False)
        if not any(_within(block, ipaddress.ip_network(one)) for one in allowed):
            yield f"addresses of {block}, which pods of other tenants may have"
    elif "namespaceSelector" in peer:
        selector = LabelSelector.model_validate(peer["namespaceSelector"] or {})
        for name, labels in namespaces.items():
            if selector.matches(labels):
                yield f"pods of namespace {name}"


def _within(block: Any, other: Any) -> bool:
    return bool(block.version == other.version and block.subnet_of(other))
