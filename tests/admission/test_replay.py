"""Scratch copies of policies: for the audit's own requests only, and never refusing."""

from __future__ import annotations

from typing import Any

import pytest

from mto.admission import replay

POLICY: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "mto-images", "labels": {"mto.stakater.com/managed": "true"}},
    "spec": {
        "failurePolicy": "Fail",
        "paramKind": {"apiVersion": "mto.stakater.com/v1alpha1", "kind": "TenantPolicy"},
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"a": "b"}},
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["*"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["pods", "pods/ephemeralcontainers"],
                },
                {
                    "apiGroups": ["apps"],
                    "apiVersions": ["*"],
                    "operations": ["DELETE"],
                    "resources": ["deployments"],
                },
            ],
        },
        "variables": [
            {"name": "bypass", "expression": "request.userInfo.groups.exists(g, g == 'x')"},
            {"name": "exempt", "expression": "variables.bypass"},
            {"name": "same", "expression": "oldObject != null && oldObject.spec == object.spec"},
        ],
        "validations": [
            {
                "expression": "variables.same || variables.exempt",
                "message": "summary",
                "messageExpression": "request.operation + ' by oldObject: ' + request.name",
                "reason": "Forbidden",
            }
        ],
        "auditAnnotations": [{"key": "bypass", "valueExpression": "'x'"}],
    },
}


def test_a_copy_holds_for_the_runs_own_dry_runs_only() -> None:
    copy = replay.scratch(POLICY, run="0123abcd")

    assert copy["metadata"] == {
        "name": "mto-audit-0123abcd-mto-images",
        "labels": {"mto.stakater.com/scratch": "0123abcd"},
    }
    assert copy["spec"]["matchConditions"] == [
        {
            "name": "own-request",
            "expression": "request.?dryRun.orValue(false) && "
            "request.?options.?fieldManager.orValue('') == \"mto-audit-0123abcd-\"",
        }
    ]
    assert copy["spec"]["matchConstraints"] == {
        "namespaceSelector": {"matchLabels": {"a": "b"}},
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["*"],
                "operations": ["UPDATE"],
                "resources": ["pods"],
            }
        ],
    }


def test_a_copy_looks_at_the_object_as_one_that_nobody_in_particular_creates() -> None:
    spec = replay.scratch(POLICY, run="0123abcd")["spec"]

    assert spec["variables"] == [
        {"name": "bypass", "expression": "false"},
        {"name": "exempt", "expression": "false"},
        {"name": "same", "expression": "dyn(null) != null && dyn(null).spec == object.spec"},
    ]
    assert spec["validations"] == [
        {
            "expression": "variables.same || variables.exempt",
            "message": "summary",
            "messageExpression": "'CREATE' + ' by oldObject: ' + request.name",
            "reason": "Forbidden",
        },
        {"expression": "false", "message": "judged"},
    ]
    assert "auditAnnotations" not in spec


def test_a_copy_says_that_it_judged_even_where_its_conditions_do_not_hold() -> None:
    conditions = [{"name": "new", "expression": "request.operation == 'CREATE'"}]
    policy = {**POLICY, "spec": {**POLICY["spec"], "matchConditions": conditions}}

    spec = replay.scratch(policy, run="0123abcd")["spec"]

    assert [one["name"] for one in spec["matchConditions"]] == ["own-request"]
    assert spec["validations"][0]["expression"] == (
        "!(('CREATE' == 'CREATE')) || (variables.same || variables.exempt)"
    )
    assert spec["validations"][-1] == {"expression": "false", "message": "judged"}


def test_a_copy_leaves_out_the_condition_that_says_what_its_rules_say() -> None:
    conditions = [{"name": "suspect", "expression": "object.spec != oldObject.spec"}]
    policy = {**POLICY, "spec": {**POLICY["spec"], "matchConditions": conditions}}

    assert replay.scratch(policy, run="0123abcd") == replay.scratch(POLICY, run="0123abcd")


def test_rules_of_a_policy_are_those_that_its_validations_name() -> None:
    validations = [{"message": f"{one}: summary"} for one in ("images", "pods", "pods")]
    assert replay.rules({"spec": {"validations": validations}}) == ("images", "pods")


def test_a_binding_warns_and_never_refuses() -> None:
    binding = replay.binding(POLICY, run="0123abcd", parameters="tenant-policy-0123abcd")

    assert binding["spec"] == {
        "policyName": "mto-audit-0123abcd-mto-images",
        "paramRef": {"name": "tenant-policy-0123abcd", "parameterNotFoundAction": "Allow"},
        "validationActions": ["Warn"],
    }


def test_a_policy_without_parameters_reads_none() -> None:
    spec = {key: value for key, value in POLICY["spec"].items() if key != "paramKind"}

    binding = replay.binding({**POLICY, "spec": spec}, run="0123abcd", parameters="any")

    assert "paramRef" not in binding["spec"]


def test_objects_to_look_at_are_those_whose_creation_is_judged() -> None:
    assert list(replay.resources(POLICY)) == [("", "pods")]


@pytest.mark.parametrize(
    ("warnings", "verdicts"),
    [
        pytest.param((), {}, id="nobody judged"),
        pytest.param(("mto-images", "judged"), {"mto-images": ()}, id="no objection"),
        pytest.param(("mto-images", "no:\nno"), {}, id="an answer that was cut short"),
        pytest.param(
            ("mto-images", "no: a", "mto-images", "no: b", "mto-images", "judged"),
            {"mto-images": ("no: a", "no: b")},
            id="two objections",
        ),
    ],
)
def test_what_a_policy_says_counts_only_with_its_mark(
    warnings: tuple[str, ...], verdicts: dict[str, tuple[str, ...]]
) -> None:
    said = [
        f"Validation failed for ValidatingAdmissionPolicy 'mto-audit-0123abcd-{name}' "
        f"with binding 'mto-audit-0123abcd-{name}': {text}"
        for name, text in zip(warnings[::2], warnings[1::2], strict=True)
    ]
    foreign = "Validation failed for ValidatingAdmissionPolicy 'other' with binding 'b': judged"

    assert replay.verdicts([foreign, "deprecated", *said], run="0123abcd") == verdicts
