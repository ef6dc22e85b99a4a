"""The condition that a request breaks a rule, made of the rules' own variables and checks."""

from __future__ import annotations

from typing import Any

from mto.admission.rule import Check, Rule
from mto.admission.suspicion import suspicion


def rule(*checks: str, **more: Any) -> Rule:
    return Rule(
        "goodness", "only good ones", (), tuple(Check(one, "'no'") for one in checks), **more
    )


def test_a_condition_holds_all_that_the_checks_need_and_nothing_else() -> None:
    one = rule(
        "variables.bad.size() == 0",
        "object.ok",
        variables={"told": "'never ' + variables.bad[0]", "bad": "object.list"},
    )
    assert suspicion([one]) == "!((((object.list).size() == 0) && (object.ok)))"


def test_what_is_used_twice_or_for_each_of_a_list_is_worked_out_once() -> None:
    twice = rule("variables.pod.x == variables.pod.y", variables={"pod": "object.spec"})
    assert suspicion([twice]) == "!(([object.spec].all(v_pod, (v_pod.x == v_pod.y))))"
    each = rule("object.list.all(one, one in variables.good)", variables={"good": "params.good"})
    assert suspicion([each]) == (
        "!(([params.good].all(v_good, (object.list.all(one, one in v_good)))))"
    )


def test_a_rule_that_does_not_govern_the_request_works_nothing_out() -> None:
    one = rule(
        "variables.a == variables.a",
        variables={"a": "object.a"},
        conditions={"governed": "has(params.spec.goodness)"},
    )
    assert suspicion([one]) == (
        "!((!((has(params.spec.goodness))) || ([object.a].all(v_a, (v_a == v_a)))))"
    )


def test_what_several_rules_use_is_worked_out_once_for_all_of_them() -> None:
    pod = {"spec": "object.spec", "pod": "variables.spec.pod"}
    first = rule("variables.pod.a", variables=pod, conditions={"governed": "params.a"})
    second = rule("variables.pod.b", variables=pod)
    assert suspicion([first, second]) == (
        "!([(object.spec).pod].all(v_pod, (!((params.a)) || ((v_pod.a))) && ((v_pod.b))))"
    )
