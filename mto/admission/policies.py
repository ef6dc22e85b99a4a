"""Rules as ValidatingAdmissionPolicies and bindings: one policy a rule, for all tenants.

A rule with parameters has two bindings. Where the TenantPolicy is missing, creation is refused, but
an update is let through: in a namespace that ends the TenantPolicy goes first and can't be made
again, and a finalizer could never be taken off (tried: namespaces with claims hung).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from mto.admission.cel import either, every, quoted
from mto.admission.principals import EXEMPT, NEEDED, USER, principals
from mto.admission.rights import BYPASS, GUARDS, holds
from mto.admission.rule import Check, Exempt, Match, Rule, Selects
from mto.spec.admission import Mode
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL
from mto.spec.names import SYSTEM
from mto.spec.tenantpolicy import NAME as TENANT_POLICY
from mto.spec.tenantpolicy import TenantPolicy

Manifest = dict[str, Any]

VERSION: Final = "admissionregistration.k8s.io/v1"
PREFIX: Final = "mto-"
ACTIONS: Final[dict[Mode, list[str]]] = {
    "Deny": ["Deny"],
    "Warn": ["Warn", "Audit"],
    "Audit": ["Audit"],
}
RUNNING: Final = frozenset({"pods", "pods/ephemeralcontainers"})
"""What an update of runs something new."""


def policy(rule: Rule, config: IntegrationConfig) -> Manifest:
    """The ValidatingAdmissionPolicy of a rule."""
    return {
        "apiVersion": VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": PREFIX + rule.name},
        "spec": {
            "failurePolicy": "Fail",
            **({"paramKind": _kind()} if rule.parameters else {}),
            "matchConstraints": {
                **_selector(rule.selects),
                **_objects(rule),
                "resourceRules": [_resources(one) for one in rule.matches],
            },
            **_list("matchConditions", rule.conditions),
            **_list("variables", dict(_variables(rule, config))),
            "validations": [
                _validation(rule, number, check) for number, check in enumerate(rule.checks)
            ],
            "auditAnnotations": [{"key": "bypass", "valueExpression": _bypassed(rule)}],
        },
    }


def bindings(rule: Rule, config: IntegrationConfig) -> Iterator[Manifest]:
    """The bindings of the rule's policy, in the mode that the platform chose."""
    name, mode = PREFIX + rule.name, config.spec.admission.mode(rule.name)
    if not rule.parameters:
        yield _binding(rule, name, mode=mode, matches=rule.matches)
        return
    if starting := tuple(_starting(rule.matches)):
        missing = "Deny" if mode == "Deny" else "Allow"
        yield _binding(rule, name, mode=mode, matches=starting, missing=missing)
    if changing := tuple(_changing(rule.matches)):
        yield _binding(rule, f"{name}-update", mode=mode, matches=changing, missing="Allow")


def _binding(
    rule: Rule, name: str, *, mode: Mode, matches: Iterable[Match], missing: str | None = None
) -> Manifest:
    """``missing``: what becomes of a request where there is no TenantPolicy."""
    parameters = {"name": TENANT_POLICY, "parameterNotFoundAction": missing}
    return {
        "apiVersion": VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": PREFIX + rule.name,
            # Without a namespace it is the object of that name in the request's own.
            **({"paramRef": parameters} if missing else {}),
            "matchResources": {"resourceRules": [_resources(one) for one in matches]},
            "validationActions": ACTIONS[mode],
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


def _variables(rule: Rule, config: IntegrationConfig) -> Iterator[tuple[str, str]]:
    """In an order in which each uses only those before it."""
    needed = NEEDED[rule.exempt]
    yield from ((name, text) for name, text in principals(config).items() if name in needed)
    yield from rule.variables.items()
    yield "exempt", either(filter(None, (EXEMPT[rule.exempt], rule.further)))
    for number, check in enumerate(rule.checks):
        yield _allowed(number), check.expression
        if check.asks:
            yield _asked(number), check.asks
    if rule.exempt is Exempt.GUARD:
        yield "guard", holds(BYPASS, GUARDS)


def _asked(number: int) -> str:
    return f"asked{number}"


def _allowed(number: int) -> str:
    return f"allowed{number}"


def _validation(rule: Rule, number: int, check: Check) -> Manifest:
    """What costs most comes last: the authorizer is asked only of what would be refused.

    In variables, since each of them has the whole budget of an expression.
    """
    ways = [f"variables.{_allowed(number)}", "variables.exempt"]
    ways += [f"variables.{_asked(number)}"] if check.asks else []
    ways += ["variables.guard"] if rule.exempt is Exempt.GUARD else []
    return {
        "expression": " || ".join(ways),
        "message": rule.summary,
        "messageExpression": check.message,
        "reason": "Forbidden",
    }


def _bypassed(rule: Rule) -> str:
    """Text for the audit log, of a request that was let through for who sent it.

    The authorizer can't be asked here: who needs no right is told of whatever takes one.
    """
    good = every(f"variables.{_allowed(number)}" for number in range(len(rule.checks)))
    text = f"{quoted(f'{rule.name}: let through for ')} + {USER}"
    return f"variables.exempt && !({good}) ? {text} : ''"  # an empty text leaves no annotation
