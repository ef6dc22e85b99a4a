"""Which rules share a policy, and that each is still told from the others in it."""

from __future__ import annotations

from typing import Any

import pytest

from mto.admission.composition import composed, policies
from mto.admission.policies import bindings, manifest
from mto.admission.rule import Check, Rule
from mto.admission.rules import rules
from mto.spec.integrationconfig import IntegrationConfig

WORKLOADS = (
    "storage-classes",
    "priority-classes",
    "runtime-classes",
    "images",
    "image-pulls",
    "service-accounts",
    "pods",
)


def config(**modes: str) -> IntegrationConfig:
    rules = {name.replace("_", "-"): mode for name, mode in modes.items()}
    return IntegrationConfig.model_validate({"spec": {"admission": {"rules": rules}}})


def installed(**modes: str) -> dict[str, tuple[str, ...]]:
    chosen = config(**modes)
    return {
        one.name: tuple(rule.name for rule in one.rules) for one in policies(rules(chosen), chosen)
    }


def test_rules_about_the_same_requests_share_a_policy_and_all_others_have_their_own() -> None:
    shared = {name: held for name, held in installed().items() if held != (name,)}
    assert shared == {"workloads": WORKLOADS, "ingresses": ("ingress-classes", "hosts")}


def test_a_rule_of_another_mode_leaves_the_others_where_they_are() -> None:
    found = installed(images="Warn", pods="Warn", image_pulls="Audit", services="Audit")
    left = tuple(one for one in WORKLOADS if one not in {"images", "pods", "image-pulls"})
    assert found["workloads"] == left
    assert found["workloads-warn"] == ("images", "pods")
    assert found["workloads-audit"] == ("image-pulls",)
    assert found["services"] == ("services",)


def test_what_a_shared_policy_looks_at_does_not_depend_on_which_rules_it_holds() -> None:
    def looks(name: str, **modes: str) -> Any:
        chosen = config(**modes)
        (one,) = (one for one in policies(rules(chosen), chosen) if one.name == name)
        constraints = manifest(one, chosen)["spec"]["matchConstraints"]
        return constraints, [binding["spec"]["matchResources"] for binding in bindings(one)]

    most = dict.fromkeys((one.replace("-", "_") for one in WORKLOADS[1:]), "Audit")
    assert looks("workloads") == looks("workloads", **most) == looks("workloads-audit", **most)


@pytest.mark.parametrize("one", policies(rules(config()), config()), ids=lambda one: one.name)
def test_rules_of_a_policy_differ_in_what_they_ask_only(one: Any) -> None:
    alike = {
        (
            rule.matches,
            rule.objects,
            rule.parameters,
            rule.exempt,
            rule.further,
            rule.selects,
            rule.suspect,
        )
        for rule in one.rules
    }
    assert len(alike) == 1
    assert len(one.rules) == 1 or one.common.suspect


def test_variables_of_one_name_meet_only_if_they_are_the_same() -> None:
    pod = {"pod": "object.spec"}
    check = Check("variables.bad && variables.pod.x", "variables.bad + '!'")
    first = Rule("a-b", "", (), (check,), {**pod, "bad": "variables.pod.a"}, policy="both")
    second = Rule("c", "", (), (check,), {**pod, "bad": "variables.pod.c"}, policy="both")

    one, other = composed([first, second])

    assert one.variables == {"pod": "object.spec", "a_b_bad": "variables.pod.a"}
    assert other.variables == {"pod": "object.spec", "c_bad": "variables.pod.c"}
    assert one.checks == (
        Check("variables.a_b_bad && variables.pod.x", "\"a-b: \" + (variables.a_b_bad + '!')"),
    )


def test_a_refusal_names_its_rule_where_the_policy_does_not() -> None:
    chosen = config(images="Warn", services="Warn")
    for one in policies(rules(chosen), chosen):
        for validation in manifest(one, chosen)["spec"]["validations"]:
            rule = validation["message"].partition(": ")[0]
            named = validation["messageExpression"].startswith(f'"{rule}: " + ')
            assert named is (rule != one.name)


def test_a_bypass_names_every_rule_that_was_passed_over() -> None:
    check = Check("true", "'no'")
    chosen = config()
    two = [Rule(name, "", (), (check, check), policy="both", suspect=True) for name in ("a", "b")]
    (one,) = policies(two, chosen)
    (annotation,) = manifest(one, chosen)["spec"]["auditAnnotations"]
    assert annotation == {
        "key": "bypass",
        "valueExpression": "variables.exempt ? [[(variables.allowed0) && (variables.allowed1) ? "
        "'' : \"a\", (variables.allowed2) && (variables.allowed3) ? '' : \"b\"].filter(name, "
        "name != '').join(', ')].map(names, names == '' ? '' : names + ': let through for ' + "
        "request.userInfo.username)[0] : ''",
    }
