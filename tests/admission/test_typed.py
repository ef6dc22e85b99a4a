"""Copies of policies that Kubernetes' type checker can judge: of one kind each."""

from __future__ import annotations

from typing import Any

import pytest

from mto.admission.typed import CONFIG_MAP, Kind, copies, only, problems

PODS = Kind("", "v1", "pods", "Pod")
JOBS = Kind("batch", "v1", "jobs", "Job")
SERVED = (PODS, JOBS, CONFIG_MAP)


def policy(*rules: tuple[str, str], **spec: Any) -> dict[str, Any]:
    resource_rules = [
        {"apiGroups": [group], "apiVersions": ["*"], "resources": resources.split()}
        for group, resources in rules
    ]
    validations = [{"expression": "variables.good", "messageExpression": "variables.told"}]
    return {
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"namespaceSelector": {}, "resourceRules": resource_rules},
            "matchConditions": [{"name": "suspect", "expression": "true"}],
            "variables": [
                {"name": "good", "expression": "object.spec.good"},
                {"name": "told", "expression": "request.kind.kind == 'Pod' ? 'no' : 'never'"},
            ],
            "validations": validations,
            **spec,
        }
    }


def test_a_copy_is_about_one_kind_that_is_served_and_needs_no_variables() -> None:
    made = dict(copies(policy(("", "pods pods/status secrets"), ("batch", "jobs")), SERVED))

    assert list(made) == [PODS, JOBS]
    assert made[PODS] == {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE"],
                    "resources": ["pods"],
                }
            ]
        },
        "validations": [{"expression": "((object.spec.good)) && ((('no'))) == ''"}],
    }
    (validation,) = made[JOBS]["validations"]
    assert validation == {"expression": "((object.spec.good)) && ((('never'))) == ''"}


def test_where_a_policy_is_about_everything_a_config_map_stands_for_it() -> None:
    assert [kind for kind, _ in copies(policy(("*", "*/*")), SERVED)] == [CONFIG_MAP]


def test_parameters_are_typed_as_well() -> None:
    kind = {"apiVersion": "mto.stakater.com/v1alpha1", "kind": "TenantPolicy"}
    ((_, spec),) = copies(policy(("", "pods"), paramKind=kind), SERVED)
    assert spec["paramKind"] == kind


@pytest.mark.parametrize(
    ("expression", "pod", "job"),
    [
        ("request.kind.kind == 'Pod' ? a : b", "(a)", "(b)"),
        (
            "f(request.kind.kind == 'Pod' ? a.?b : request.kind.kind == 'Job' ? [c : d] : e, g)",
            "f((a.?b), g)",
            "f((([c : d])), g)",
        ),
        ("request.kind.kind == 'Pod' ? x ? y : z : w", "(x ? y : z)", "(w)"),
        ("[request.kind.kind == 'Pod' ? ' : )' : \"x ? y : ]\"]", "[(' : )')]", '[("x ? y : ]")]'),
        ("(oldObject != null ? old : dyn({}))", "((old))", "((old))"),
        ("(oldObject != null ? old : [])", "(oldObject != null ? old : [])", None),
        ("(a.?b.hasValue() ? a.b : dyn({})).c", "((a.b)).c", "((a.b)).c"),
        (
            "(oldObject != null ? request.kind.kind == 'Pod' ? a : b : dyn({}))",
            "(((a)))",
            "(((b)))",
        ),
        ("x && request.kind.kind == 'Pod'", "x && request.kind.kind == 'Pod'", None),
    ],
)
def test_of_a_choice_by_kind_one_branch_is_left(expression: str, pod: str, job: str | None) -> None:
    assert only("Pod", expression) == pod
    assert only("Job", expression) == (pod if job is None else job)


def test_a_problem_is_told_with_its_place() -> None:
    expression = "x" * 50 + "object.imagez" + "y" * 50
    warning = {
        "fieldRef": "spec.validations[1].expression",
        "warning": "/v1, Kind=Pod: ERROR: <input>:1:51: undefined field 'imagez'\n | xxx\n | ..^\n",
    }
    spec = {"validations": [{"expression": "true"}, {"expression": expression}]}
    assert list(problems(spec, warning)) == [
        ("undefined field 'imagez'", "x" * 30 + "object.imagez" + "y" * 27)
    ]
