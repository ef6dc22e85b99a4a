"""What forbidden acts leave behind, told from what is there."""

from __future__ import annotations

from typing import Any

import pytest

from mto.plan.observed import Namespace
from mto.service.finding import Result, Subject
from mto.service.trace import Judge
from mto.spec.world import World
from tests.support.manifests import CONFIG, QUOTA, TENANT
from tests.support.manifests import world as read

MANIFESTS = f"""
{QUOTA}spec: {{}}
---
{TENANT}spec:
  quota: small
  namespaces: {{withTenantPrefix: [dev], withoutTenantPrefix: [lab], requirePrefix: true}}
  podSecurity: {{enforce: baseline}}
---
{TENANT.replace("blue", "blue-b")}spec:
  quota: small
  namespaces: {{allowedNames: [blue-b-one]}}
---
{CONFIG}spec:
  accessControl: {{privileged: {{namespaces: [^monitoring$]}}}}
  admission: {{rules: {{%s: %s}}}}
"""
ENFORCE = "pod-security.kubernetes.io/enforce"
LABEL = "stakater.com/tenant"


def world(rule: str = "namespaces", mode: str = "Deny") -> World:
    found, problems = read(MANIFESTS % (rule, mode))
    assert problems == []
    return found


def told(name: str, tenant: str = "", **labels: str) -> list[tuple[str, str, str]]:
    """Tenant, result and message of each finding; levels come as ``enforce="baseline"``."""
    marks = {f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()}
    live = Namespace(name, {**marks, **({LABEL: tenant} if tenant else {})})
    found = list(Judge(world()).namespace(live))
    assert {one.rule for one in found} <= {"namespaces"}
    return [(one.tenant, one.result.value, one.message) for one in found]


@pytest.mark.parametrize(
    ("name", "tenant"),
    [
        pytest.param("blue-dev", "blue", id="declared"),
        pytest.param("lab", "blue", id="declared without prefix"),
        pytest.param("blue-own", "blue", id="made by an owner"),
        pytest.param("blue-b-one", "blue-b", id="of the closed list"),
        pytest.param("elsewhere", "", id="of nobody"),
        pytest.param("monitoring", "", id="of the platform"),
        pytest.param("blueish", "", id="no dash"),
    ],
)
def test_namespaces_that_are_as_they_should_be_are_not_told(name: str, tenant: str) -> None:
    assert told(name, tenant, enforce="restricted") == []


@pytest.mark.parametrize(
    ("name", "tenant", "finding"),
    [
        pytest.param(
            "monitoring",
            "blue",
            ("blue", "fail", "it carries the label of tenant 'blue', which has no effect here"),
            id="a namespace of the platform",
        ),
        pytest.param(
            "lab",
            "",
            ("blue", "fail", "tenant 'blue' declares it, and by its label it belongs to nobody"),
            id="label taken off",
        ),
        pytest.param(
            "blue-dev",
            "gone",
            (
                "blue",
                "fail",
                "tenant 'blue' declares it, and by its label it belongs to tenant 'gone'",
            ),
            id="handed over",
        ),
        pytest.param(
            "other",
            "blue",
            ("blue", "fail", "namespaces of tenant 'blue' begin with blue-"),
            id="without the prefix",
        ),
        pytest.param(
            "blue-b-two",
            "blue-b",
            (
                "blue-b",
                "fail",
                "tenant 'blue-b' has a closed list of names, and this one is not on it",
            ),
            id="not on the list",
        ),
        pytest.param(
            "blue-free",
            "",
            ("blue", "warn", "it is named like namespaces of tenant 'blue', and belongs to nobody"),
            id="named like a tenant's",
        ),
        pytest.param(
            "blue-b-x",
            "blue",
            (
                "blue-b",
                "warn",
                "it is named like namespaces of tenant 'blue-b', and belongs to tenant 'blue'",
            ),
            id="the longest prefix counts",
        ),
    ],
)
def test_a_namespace_that_no_owner_could_have_made_so_is_told(
    name: str, tenant: str, finding: tuple[str, str, str]
) -> None:
    assert told(name, tenant, enforce="baseline") == [finding]


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        pytest.param({"enforce": "privileged"}, "is 'privileged'", id="loosened"),
        pytest.param({}, "is missing", id="taken off"),
    ],
)
def test_looser_pod_security_is_told(levels: dict[str, str], found: str) -> None:
    said = f"label {ENFORCE} {found}, looser than 'baseline', which is declared"
    assert told("blue-own", "blue", **levels) == [("blue", "fail", said)]


def about(kind: str, name: str) -> Subject:
    return Subject("blue-dev", kind, name)


def test_our_names_and_marks_on_what_is_not_ours_are_told() -> None:
    judge, made = Judge(world()), {("Role", "blue-dev", "mto-x")}
    assert list(judge.name("blue", about("Role", "own"))) == []
    (named,) = judge.name("blue", about("Role", "mto-own"))
    assert (named.rule, named.result) == ("reserved-names", Result.FAIL)
    assert named.message == (
        "the name is reserved for what MTO makes, and MTO did not make it: give it another name, "
        "since `mto up` stops where its own is taken"
    )
    assert list(judge.mark("blue", about("Role", "mto-x"), made)) == []
    (marked,) = judge.mark("blue", about("ConfigMap", "mto-x"), made)
    assert (marked.rule, marked.result) == ("managed", Result.FAIL)
    assert marked.message == (
        "it bears MTO's marker, but no record says that MTO made it; the marker hides it from "
        "those who count what a namespace holds: take mto.stakater.com/managed off"
    )
    (parameters,) = judge.parameters("blue", about("TenantPolicy", "tenant-policy"))
    assert (parameters.rule, parameters.result) == ("declarations", Result.FAIL)
    assert parameters.message == (
        "MTO did not write it, though policies may read it: delete it, and run `mto up`"
    )


def test_a_rule_that_only_warns_gives_warnings() -> None:
    judge: Any = Judge(world("managed", "Warn"))
    (found,) = judge.mark("blue", about("ConfigMap", "x"), frozenset())
    assert found.result is Result.WARN
