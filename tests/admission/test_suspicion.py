"""The condition that a request breaks its rule, made of the rule's own variables and checks."""

from __future__ import annotations

from mto.admission.rule import Check, Rule
from mto.admission.suspicion import suspected


def test_a_condition_holds_all_that_the_checks_need_in_order_and_nothing_else() -> None:
    rule = Rule(
        "goodness",
        "only good ones",
        (),
        (Check("variables.bad.size() == 0", "variables.told"), Check("object.ok", "'no'")),
        variables={
            "pod": "object.spec",
            "told": "'never ' + variables.pod.name",
            "bad": "variables.pod.list",
        },
        conditions={"governed": "has(params.spec.goodness)"},
    )
    assert suspected(rule).conditions == {
        "suspect": "(has(params.spec.goodness)) && (!([object.spec].all(v_pod, [v_pod.list].all("
        "v_bad, (v_bad.size() == 0) && (object.ok)))))"
    }
    assert suspected(rule).checks == rule.checks
