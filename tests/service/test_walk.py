"""Which objects an audit looks at, by which policies, and what it makes of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.kinds import Discovered, Served, by_kind
from mto.service.finding import Result
from mto.service.replay import Verdict
from mto.service.walk import Standing, _kinds, _left_out, _said

ALL = frozenset({"list", "patch"})
POD = Served("v1", "Pod", "pods", namespaced=True, verbs=ALL)
BINDING = Served("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", namespaced=True)
NAMES = {"Pod", "ReplicaSet"}
MARK = {"labels": {"mto.stakater.com/managed": "true"}}


def owner(kind: str, *, controller: bool) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "controller": controller}]}


@pytest.mark.parametrize(
    ("metadata", "served", "owned", "reason"),
    [
        pytest.param({}, POD, False, "", id="somebody's"),
        pytest.param({"deletionTimestamp": "now"}, POD, False, "being deleted", id="ending"),
        pytest.param(
            owner("ReplicaSet", controller=True),
            POD,
            False,
            "made by a controller out of another one",
            id="of a controller's",
        ),
        pytest.param(
            owner("ReplicaSet", controller=True), POD, True, "", id="of a controller's, asked for"
        ),
        pytest.param(
            owner("ReplicaSet", controller=False), POD, False, "", id="tied to another, not made"
        ),
        pytest.param(
            owner("Widget", controller=True), POD, False, "", id="of a kind that nobody judges"
        ),
        pytest.param(MARK, BINDING, False, "made by MTO", id="MTO's own RoleBinding"),
        pytest.param(MARK, POD, False, "", id="a pod that claims to be MTO's"),
    ],
)
def test_each_thing_is_looked_at_once_and_what_ends_is_not(
    metadata: dict[str, Any],
    served: Served,
    owned: bool,  # noqa: FBT001
    reason: str,
) -> None:
    assert _left_out(metadata, served, NAMES, owned=owned) == reason


def standing(*rules: tuple[str, str, str]) -> Standing:
    """Of (policy, mode, names of its rules)."""
    policies = tuple(
        {
            "metadata": {"name": name},
            "spec": {
                "validations": [{"message": f"{rule}: only good ones"} for rule in held.split()]
            },
        }
        for name, _, held in rules
    )
    return Standing(policies, {name: mode for name, mode, _ in rules})


def policy(name: str, *resources: str, group: str = "") -> dict[str, Any]:
    rule = {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": ["CREATE"],
        "resources": list(resources),
    }
    constraints = {"resourceRules": [rule]}
    return {"metadata": {"name": name}, "spec": {"matchConstraints": constraints}}


def test_a_kind_is_listed_once_for_all_policies_that_judge_it() -> None:
    jobs = Served("batch/v1", "Job", "jobs", namespaced=True, verbs=ALL)
    nodes = Served("v1", "Node", "nodes", namespaced=False, verbs=ALL)
    served = (POD, jobs, nodes)
    policies = (
        policy("mto-images", "pods", "nodes"),
        policy("mto-images-of-jobs", "jobs", group="batch"),
        policy("mto-pods", "pods", "pods/ephemeralcontainers"),
    )

    found = dict(_kinds(Standing(policies, {}), Discovered(by_kind(served), served, ())))

    assert found == {
        POD: frozenset({"mto-images", "mto-pods"}),
        jobs: frozenset({"mto-images-of-jobs"}),
    }


def test_an_objection_weighs_as_its_rule_does_and_a_broken_rule_is_no_verdict() -> None:
    verdict = Verdict(
        {
            "mto-images": ("no such registry",),
            "mto-hosts": ("expression 'x' resulted in error: no such key: spec",),
            "mto-pods": ("no such node",),
        }
    )
    modes = standing(
        ("mto-images", "Deny", "images"),
        ("mto-hosts", "Deny", "hosts"),
        ("mto-pods", "Audit", "pods"),
    )

    assert list(_said(verdict, modes)) == [
        ("images", Result.FAIL, "no such registry"),
        ("hosts", Result.ERROR, "expression 'x' resulted in error: no such key: spec"),
        ("pods", Result.WARN, "no such node"),
    ]


def test_what_could_not_be_judged_is_told_beside_what_was_said() -> None:
    verdict = Verdict({"mto-images": ("no",)}, judged=False, problem="cut short")

    assert list(_said(verdict, standing(("mto-images", "Deny", "images")))) == [
        ("images", Result.FAIL, "no"),
        ("", Result.ERROR, "cut short"),
    ]


def test_an_objection_of_a_policy_of_several_rules_is_the_rules_that_it_names() -> None:
    error = "expression 'x' resulted in error: no such key: spec"
    verdict = Verdict({"mto-workloads": ("pods: no such node", "images: no", error)})

    assert list(_said(verdict, standing(("mto-workloads", "Deny", "images pods")))) == [
        ("pods", Result.FAIL, "no such node"),
        ("images", Result.FAIL, "no"),
        ("workloads", Result.ERROR, error),
    ]
