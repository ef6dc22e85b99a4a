"""Rules as the API server's objects: bindings, modes, exemptions, what is left on record."""

from __future__ import annotations

from typing import Any

import pytest

from mto.admission.composition import Policy, policies
from mto.admission.policies import bindings, manifest
from mto.admission.rule import Check, Exempt, Match, Rule, Selects
from mto.admission.rules import rules
from mto.spec.admission import RULES, Mode
from mto.spec.integrationconfig import IntegrationConfig

DEFAULTS = IntegrationConfig()
SYSTEM = [
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "multi-tenant-operator",
    "openshift",
]


def rule(*matches: Match, **options: Any) -> Rule:
    options = {"checks": (Check("object.spec.good", "'not good'"),), **options}
    return Rule("goodness", "only good ones", matches, **options)


PODS = Match("", ("pods", "pods/ephemeralcontainers", "pods/exec"), ("v1",), ("CREATE", "UPDATE"))
CLAIMS = Match("", ("persistentvolumeclaims",), operations=("CREATE", "UPDATE", "DELETE"))


def policy(*rules: Rule) -> dict[str, Any]:
    (one,) = policies(rules, DEFAULTS)
    return manifest(one, DEFAULTS)


def bound(one: Rule, mode: Mode = "Deny") -> dict[str, Any]:
    made = bindings(Policy(one.name, mode, (one,)))
    return {binding["metadata"]["name"]: binding["spec"] for binding in made}


def operations(binding: Any) -> list[tuple[str, str]]:
    return [
        (operation, resource)
        for entry in binding["matchResources"]["resourceRules"]
        for operation in entry["operations"]
        for resource in entry["resources"]
    ]


def test_what_is_new_needs_parameters_and_what_is_there_can_still_be_changed_without() -> None:
    made = bound(rule(PODS, CLAIMS))
    assert set(made) == {"mto-goodness", "mto-goodness-update"}
    new, old = made["mto-goodness"], made["mto-goodness-update"]
    assert new["paramRef"] == {"name": "tenant-policy", "parameterNotFoundAction": "Deny"}
    assert old["paramRef"] == {"name": "tenant-policy", "parameterNotFoundAction": "Allow"}
    assert operations(new) == [
        ("CREATE", "pods"),
        ("CREATE", "pods/ephemeralcontainers"),
        ("CREATE", "pods/exec"),
        ("UPDATE", "pods"),
        ("UPDATE", "pods/ephemeralcontainers"),
        ("CREATE", "persistentvolumeclaims"),
    ]
    assert operations(old) == [
        ("UPDATE", "pods/exec"),
        ("UPDATE", "persistentvolumeclaims"),
        ("DELETE", "persistentvolumeclaims"),
    ]


def test_a_rule_that_reads_no_parameters_has_one_binding() -> None:
    made = bound(rule(CLAIMS, parameters=False))
    assert set(made) == {"mto-goodness"}
    assert "paramRef" not in made["mto-goodness"]
    assert "paramKind" not in policy(rule(CLAIMS, parameters=False))["spec"]


@pytest.mark.parametrize(
    ("mode", "actions", "missing"),
    [
        ("Deny", ["Deny"], "Deny"),
        ("Warn", ["Warn", "Audit"], "Allow"),
        ("Audit", ["Audit"], "Allow"),
    ],
)
def test_a_mode_that_refuses_nothing_refuses_nothing_where_parameters_are_missing(
    mode: Mode, actions: list[str], missing: str
) -> None:
    made = bound(rule(PODS, CLAIMS), mode)
    assert [binding["validationActions"] for binding in made.values()] == [actions, actions]
    assert made["mto-goodness"]["paramRef"]["parameterNotFoundAction"] == missing


def test_a_rule_of_tenants_looks_at_their_namespaces_and_never_at_the_clusters_own() -> None:
    constraints = policy(rule(CLAIMS))["spec"]["matchConstraints"]
    assert constraints["namespaceSelector"]["matchExpressions"] == [
        {"key": "stakater.com/tenant", "operator": "Exists"},
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": SYSTEM},
    ]
    wide = policy(rule(CLAIMS, selects=Selects.NOT_SYSTEM))["spec"]["matchConstraints"]
    assert wide["namespaceSelector"]["matchExpressions"] == [
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": SYSTEM}
    ]


def test_a_rule_about_namespace_objects_has_no_selector_that_a_label_could_slip_past() -> None:
    (one,) = (one for one in rules(DEFAULTS) if one.name == "namespaces")
    assert list(policy(one)["spec"]["matchConstraints"]) == ["resourceRules"]


def test_the_authorizer_is_asked_last() -> None:
    checks = (Check("1 == 1", "'no'", asks="authorizer.path('/x').check('get').allowed()"),)
    made = policy(rule(CLAIMS, checks=checks, exempt=Exempt.GUARD))["spec"]
    (validation,) = made["validations"]
    assert validation["expression"] == (
        "variables.allowed0 || variables.exempt || variables.asked0 || variables.guard"
    )
    assert made["variables"][-2:] == [
        {"name": "asked0", "expression": "authorizer.path('/x').check('get').allowed()"},
        {
            "name": "guard",
            "expression": 'authorizer.group("mto.stakater.com").resource("guards")'
            '.check("bypass").allowed()',
        },
    ]
    assert validation["message"] == "goodness: only good ones"
    assert validation["messageExpression"] == "'no'"
    assert validation["reason"] == "Forbidden"


def test_whoever_is_let_through_is_on_record() -> None:
    made = policy(rule(CLAIMS))["spec"]
    assert made["auditAnnotations"] == [
        {
            "key": "bypass",
            "valueExpression": "variables.exempt ? [[(variables.allowed0) ? '' : \"goodness\"]"
            ".filter(name, name != '').join(', ')].map(names, names == '' ? '' : names + "
            "': let through for ' + request.userInfo.username)[0] : ''",
        }
    ]


@pytest.mark.parametrize(
    ("exempt", "names"),
    [
        (Exempt.NOBODY, ["mine", "exempt", "allowed0"]),
        (Exempt.BYPASS, ["bypass", "mine", "exempt", "allowed0"]),
        (Exempt.PRIVILEGED, ["bypass", "privileged", "denied", "mine", "exempt", "allowed0"]),
        (
            Exempt.GUARD,
            ["bypass", "privileged", "denied", "mine", "exempt", "allowed0", "guard"],
        ),
    ],
)
def test_variables_stand_in_an_order_in_which_each_uses_those_before_it(
    exempt: Exempt, names: list[str]
) -> None:
    made = policy(rule(CLAIMS, exempt=exempt, variables={"mine": "true"}))["spec"]
    assert [one["name"] for one in made["variables"]] == names


def test_every_policy_fails_closed() -> None:
    for one in policies(rules(DEFAULTS), DEFAULTS):
        assert manifest(one, DEFAULTS)["spec"]["failurePolicy"] == "Fail"


def test_the_names_of_all_rules_are_those_that_the_settings_know() -> None:
    assert tuple(dict.fromkeys(one.name for one in rules(DEFAULTS))) == RULES
