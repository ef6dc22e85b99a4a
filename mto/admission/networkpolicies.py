"""NetworkPolicies of tenants, where traffic between tenants is closed: policies only add up.

What one of them lets in comes in, whatever MTO's own says. So ingress may come from the own
namespace, from namespaces of the own tenant and of none, as MTO's lets it in, and from blocks of
addresses that the platform allows: pods of other tenants have addresses as well.
"""

from __future__ import annotations

from typing import Final

from mto.admission.cel import either, listed, quoted
from mto.admission.rule import Check, Exempt, Match, Rule
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.labels import TENANT_LABEL

_KEY: Final = quoted(TENANT_LABEL)
_EXPRESSIONS: Final = "peer.namespaceSelector.?matchExpressions.orValue([])"
_OWN: Final = either(
    (
        f"peer.namespaceSelector.?matchLabels[?{_KEY}].orValue('') == variables.tenant",
        (
            f"{_EXPRESSIONS}.exists(one, one.key == {_KEY} && (one.operator == 'DoesNotExist' || "
            "(one.operator == 'In' && one.values.all(value, value == variables.tenant))))"
        ),
    )
)
"""A selector that only namespaces of the own tenant, or of none, can satisfy."""


def rules(config: IntegrationConfig) -> tuple[Rule, ...]:
    network = config.spec.tenant_policies.network
    blocks = network.allowed_blocks
    block = (
        f"isCIDR(peer.ipBlock.cidr) && {listed(blocks)}.exists(block, "
        "cidr(block).containsCIDR(peer.ipBlock.cidr))"
        if blocks
        else "false"
    )
    allowed = f"', and from ipBlocks within {', '.join(blocks)}'" if blocks else "''"
    return (
        Rule(
            name="network-policies",
            summary="tenants' NetworkPolicies can't let other tenants in",
            matches=(Match("networking.k8s.io", ("networkpolicies",), ("v1",)),),
            conditions={
                "closed": "true" if network.disable_intra_tenant_networking else "false",
                "changed": "request.operation == 'CREATE' || object.spec != oldObject.spec",
            },
            variables={
                "tenant": f"namespaceObject.metadata.?labels[?{_KEY}].orValue('')",
                "ingress": "object.spec.?ingress.orValue([])",
            },
            checks=(
                Check(
                    "variables.ingress.all(one, one.?from.orValue([]).size() > 0 && "
                    "one.from.all(peer, has(peer.ipBlock) ? "
                    f"({block}) : (!has(peer.namespaceSelector) || ({_OWN}))))",
                    "'NetworkPolicy ' + object.metadata.name + ' would let traffic of other "
                    "tenants in, which is closed on this platform: ingress may come from pods of "
                    f"the namespace itself, from a namespaceSelector with {TENANT_LABEL}: ' + "
                    f"variables.tenant + ' or with {TENANT_LABEL} DoesNotExist' + {allowed}",
                ),
            ),
            parameters=False,
            exempt=Exempt.GUARD,
        ),
    )
