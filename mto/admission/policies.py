"""Rules as ValidatingAdmissionPolicies and bindings, which hold for all tenants.

A policy with parameters has two bindings. Where the TenantPolicy is missing, creation is refused,
but an update is let through: in a namespace that ends the TenantPolicy goes first and can't be made
again, and a finalizer could never be taken off (tried: namespaces with claims hung).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from mto.admission.cel import either, every, quoted
from mto.admission.composition import Policy
from mto.admission.principals import EXEMPT, NEEDED, USER, principals
from mto.admission.rights import BYPASS, GUARDS, holds
from mto.admission.rule import Check, Exempt, Match, Rule, Selects
from mto.admission.suspicion import suspicion
from mto.spec.admission import Mode
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL
from mto.spec.names import SYSTEM
from mto.spec.tenantpolicy import NAME as TENANT_POLICY
from mto.spec.tenantpolicy import TenantPolicy

Manifest = dict[str, Any]

VERSION: Final = "admissionregistration.k8s.io/v1"
KIND: Final = "ValidatingAdmissionPolicy"
PREFIX: Final = "mto-"
ACTIONS: Final[dict[Mode, list[str]]] = {
    "Deny": ["Deny"],
    "Warn": ["Warn", "Audit"],
    "Audit": ["Audit"],
}
SUSPECT: Final = "suspect"
"""The condition that a request breaks a rule; the rules say so as well, each for itself."""
RUNNING: Final = frozenset({"pods", "pods/ephemeralcontainers"})
"""What an update of runs something new."""


def manifest(policy: Policy, config: IntegrationConfig) -> Manifest:
    """The ValidatingAdmissionPolicy."""
    common = policy.common
    return {
        "apiVersion": VERSION,
        "kind": KIND,
        "metadata": {"name": PREFIX + policy.name},
        "spec": {
            "failurePolicy": "Fail",
            **({"paramKind": _kind()} if common.parameters else {}),
            "matchConstraints": {
                **_selector(common.selects),
                **_objects(common),
                "resourceRules": [_resources(one) for one in common.matches],
            },
            **_list("matchConditions", _conditions(policy)),
            **_list("variables", dict(_variables(policy, config))),
            "validations": [
                _validation(rule, number, check) for number, rule, check in _checks(policy)
            ],
            "auditAnnotations": [{"key": "bypass", "valueExpression": _bypassed(policy)}],
        },
    }


def bindings(policy: Policy) -> Iterator[Manifest]:
    """The bindings of a policy, in its mode."""
    name, common = PREFIX + policy.name, policy.common
    if not common.parameters:
        yield _binding(policy, name, matches=common.matches)
        return
    if starting := tuple(_starting(common.matches)):
        missing = "Deny" if policy.mode == "Deny" else "Allow"
        yield _binding(policy, name, matches=starting, missing=missing)
    if changing := tuple(_changing(common.matches)):
        yield _binding(policy, f"{name}-update", matches=changing, missing="Allow")


def _binding(
    policy: Policy, name: str, *, matches: Iterable[Match], missing: str | None = None
) -> Manifest:
    """``missing``: what becomes of a request where there is no TenantPolicy."""
    parameters = {"name": TENANT_POLICY, "parameterNotFoundAction": missing}
    return {
        "apiVersion": VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": PREFIX + policy.name,
            # Without a namespace it is the object of that name in the request's own.
            **({"paramRef": parameters} if missing else {}),
            "matchResources": {"resourceRules": [_resources(one) for one in matches]},
            "validationActions": ACTIONS[policy.mode],
        },
    }


def _starting(matches: Iterable[Match]) -> Iterator[Match]:
    """What brings something new into being."""
    for one in matches:
        creates = tuple(each for each in one.operations if each in {"CREATE", "CONNECT"})
        if creates:
            yield replace(one, operations=creates)
        runs = tuple(each for each in one.resources if each in RUNNING)
        if runs and "UPDATE" in one.operations:
            yield replace(one, resources=runs, operations=("UPDATE",))


def _changing(matches: Iterable[Match]) -> Iterator[Match]:
    """What changes or removes what is there."""
    for one in matches:
        rest = tuple(each for each in one.resources if each not in RUNNING)
        if rest and "UPDATE" in one.operations:
            yield replace(one, resources=rest, operations=("UPDATE",))
        if "DELETE" in one.operations:
            yield replace(one, operations=("DELETE",))


def _resources(match: Match) -> Manifest:
    return {
        "apiGroups": [match.group],
        "apiVersions": list(match.versions),
        "operations": list(match.operations),
        "resources": list(match.resources),
    }


def _selector(selects: Selects) -> Manifest:
    """The label kubernetes.io/metadata.name is the API server's own and can't be forged."""
    ordinary = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(SYSTEM)}
    match selects:
        case Selects.TENANTS:
            owned = {"key": TENANT_LABEL, "operator": "Exists"}
            return {"namespaceSelector": {"matchExpressions": [owned, ordinary]}}
        case Selects.NOT_SYSTEM:
            return {"namespaceSelector": {"matchExpressions": [ordinary]}}
        case Selects.EVERYTHING:
            return {}


def _objects(rule: Rule) -> Manifest:
    if rule.objects == "all":
        return {}
    operator = "Exists" if rule.objects == "marked" else "DoesNotExist"
    entry = {"key": MANAGED_LABEL, "operator": operator}
    return {"objectSelector": {"matchExpressions": [entry]}}


def _kind() -> Manifest:
    fields = TenantPolicy.model_fields
    return {"apiVersion": fields["api_version"].default, "kind": fields["kind"].default}


def _list(field: str, expressions: Mapping[str, str]) -> Manifest:
    entries = [{"name": name, "expression": text} for name, text in expressions.items()]
    return {field: entries} if entries else {}


def _conditions(policy: Policy) -> Mapping[str, str]:
    return {SUSPECT: suspicion(policy.rules)} if policy.common.suspect else policy.common.conditions


def _checks(policy: Policy) -> Iterator[tuple[int, Rule, Check]]:
    """Numbered through the whole policy."""
    checks = ((rule, check) for rule in policy.rules for check in rule.checks)
    yield from ((number, rule, check) for number, (rule, check) in enumerate(checks))


def _variables(policy: Policy, config: IntegrationConfig) -> Iterator[tuple[str, str]]:
    """In an order in which each uses only those before it."""
    common = policy.common
    needed = NEEDED[common.exempt]
    yield from ((name, text) for name, text in principals(config).items() if name in needed)
    for rule in policy.rules:
        yield from rule.variables.items()
    yield "exempt", either(filter(None, (EXEMPT[common.exempt], common.further)))
    for number, rule, check in _checks(policy):
        yield _allowed(number), _governed(rule, check.expression)
        if check.asks:
            yield _asked(number), check.asks
    if common.exempt is Exempt.GUARD:
        yield "guard", holds(BYPASS, GUARDS)


def _governed(rule: Rule, expression: str) -> str:
    """What a suspect breaks may be another rule, and this one may not be about it at all."""
    if not rule.suspect or not rule.conditions:
        return expression
    return f"!({every(rule.conditions.values())}) || ({expression})"


def _asked(number: int) -> str:
    return f"asked{number}"


def _allowed(number: int) -> str:
    return f"allowed{number}"


def _validation(rule: Rule, number: int, check: Check) -> Manifest:
    """What costs most comes last: the authorizer is asked only of what would be refused.

    In variables, since each of them has the whole budget of an expression. The message is for where
    the sentence can't be computed; an audit reads the rule's name from it as well.
    """
    ways = [f"variables.{_allowed(number)}", "variables.exempt"]
    ways += [f"variables.{_asked(number)}"] if check.asks else []
    ways += ["variables.guard"] if rule.exempt is Exempt.GUARD else []
    return {
        "expression": " || ".join(ways),
        "message": f"{rule.name}: {rule.summary}",
        "messageExpression": check.message,
        "reason": "Forbidden",
    }


def _bypassed(policy: Policy) -> str:
    """Text for the audit log, of a request that was let through for who sent it.

    The authorizer can't be asked here: who needs no right is told of whatever takes one.
    """
    kept: dict[str, list[str]] = {rule.name: [] for rule in policy.rules}
    for number, rule, _ in _checks(policy):
        kept[rule.name].append(f"variables.{_allowed(number)}")
    broken = ", ".join(f"{every(each)} ? '' : {quoted(name)}" for name, each in kept.items())
    names = f"[{broken}].filter(name, name != '').join(', ')"
    text = f"[{names}].map(names, names == '' ? '' : names + ': let through for ' + {USER})[0]"
    return f"variables.exempt ? {text} : ''"  # an empty text leaves no annotation
