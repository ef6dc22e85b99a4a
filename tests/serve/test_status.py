from __future__ import annotations

from typing import Any

import pytest

from mto.engine.port import Failure, Op, Result, Step
from mto.plan.observed import Namespace
from mto.serve.status import (
    LONGEST_MESSAGE,
    Condition,
    clipped,
    conditions,
    judged,
    quota_status,
    tenant_status,
)
from mto.service.report import StackReport
from tests.support import manifests

NOW = "2026-01-01T00:00:00Z"
STEP = Step(Op.CREATE, "urn", "RoleBinding/blue-dev/x")


def report(**more: Any) -> StackReport:
    return StackReport("blue", more.pop("result", Result("dev.blue")), **more)


@pytest.mark.parametrize(
    ("found", "said", "ready"),
    [
        pytest.param(
            report(), (), ("UpToDate", "everything is as declared"), id="all is as declared"
        ),
        pytest.param(None, (), ("Pending", "it has not been looked at yet"), id="not yet"),
        pytest.param(
            report(warnings=("namespace 'x' is kept",)),
            (),
            ("Warnings", "namespace 'x' is kept"),
            id="a warning",
        ),
        pytest.param(
            report(unsettled=("waits for room",)), (), ("Settling", "waits for room"), id="settling"
        ),
        pytest.param(report(error="locked"), (), ("Failed", "locked"), id="an error"),
        pytest.param(
            report(result=Result("dev.blue", (STEP,), (Failure(STEP, "no"),))),
            (),
            ("Failed", "create RoleBinding/blue-dev/x: no"),
            id="a step that failed",
        ),
        pytest.param(
            report(),
            ("blue.yaml:4: spec.quote: unknown field",),
            (
                "Invalid",
                "blue.yaml:4: spec.quote: unknown field. The last good version stays in force",
            ),
            id="a broken file",
        ),
    ],
)
def test_ready_sums_it_up(
    found: StackReport | None, said: tuple[str, ...], ready: tuple[str, str]
) -> None:
    first, valid = judged(found, said, source="blue.yaml")
    assert (first.type, first.reason, first.message) == ("Ready", *ready)
    assert first.true is (first.reason == "UpToDate")
    assert valid.true is not bool(said)


def test_a_valid_manifest_says_where_it_stands() -> None:
    _, valid = judged(report(), (), source="blue.yaml")
    assert valid == Condition(
        "Valid", true=True, reason="Accepted", message="declared in blue.yaml"
    )


def test_the_time_of_a_condition_is_that_of_its_last_change() -> None:
    one = Condition("Ready", true=True, reason="UpToDate", message="fine")
    (first,) = conditions([one], (), generation=3, now="2026-01-01T00:00:00Z")
    (then,) = conditions([one], [first], generation=4, now="2026-02-02T00:00:00Z")
    assert then == {**first, "observedGeneration": 4}
    other = Condition("Ready", true=False, reason="Failed", message="no")
    (last,) = conditions([other], [then], generation=4, now="2026-03-03T00:00:00Z")
    assert last["lastTransitionTime"] == "2026-03-03T00:00:00Z"


def test_a_long_message_is_cut() -> None:
    assert clipped("x" * 5000) == "x" * (LONGEST_MESSAGE - 1) + "…"


def test_the_status_of_a_tenant_names_its_namespaces_and_classes() -> None:
    tenant = manifests.tenant(
        accessControl={"owners": {"users": ["anna@example.org"]}},
        namespaces={
            "withTenantPrefix": ["dev", "qa"],
            "sandboxes": {"enabled": True},
            "metadata": {"common": {"labels": {"a": "b"}}},
        },
    )
    live = {name: Namespace(name) for name in ("own", "blue-dev", "blue-anna-example-sandbox")}
    status = tenant_status(tenant, live)
    assert status["managedNamespaces"] == ["blue-anna-example-sandbox", "blue-dev", "own"]
    assert status["deployedNamespaces"] == ["blue-dev"]
    assert status["deployedSandboxes"] == {"anna@example.org": "blue-anna-example-sandbox"}
    assert status["namespaces"]["commonStatus"] == {"labels": {"a": "b"}, "annotations": {}}
    assert status["quota"] == {"available": [{"name": "small"}]}


def test_the_status_of_a_quota_adds_up_what_its_tenants_use() -> None:
    used = [{"pods": "2", "limits.cpu": "500m"}, {"limits.cpu": "1"}]
    status = quota_status({"pods": "10", "limits.cpu": "4"}, {"blue": used, "red": []})
    assert status["usedBy"] == ["blue", "red"]
    assert status["TenantQuotaStatus"]["tenants"] == {
        "blue": {
            "status": {
                "hard": {"pods": "10", "limits.cpu": "4"},
                "used": {"pods": "2", "limits.cpu": "1500m"},
            }
        },
        "red": {
            "status": {
                "hard": {"pods": "10", "limits.cpu": "4"},
                "used": {"pods": "0", "limits.cpu": "0"},
            }
        },
    }
