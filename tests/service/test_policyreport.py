"""An audit in the form of the policy working group."""

from __future__ import annotations

from datetime import UTC, datetime

from mto.service.finding import Audit, Finding, Result, Subject
from mto.service.policyreport import reports

AT = datetime(2026, 1, 5, 19, 0, tzinfo=UTC)
POD = Subject("blue-dev", "Pod", "web", "v1", "u-1")


def test_a_clean_audit_is_one_report_that_says_so() -> None:
    (only,) = reports(Audit(rules=("images", "hosts"), judged=7), at=AT)

    assert only == {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "ClusterPolicyReport",
        "metadata": {
            "name": "mto-audit",
            "annotations": {
                "mto.stakater.com/audited-at": "2026-01-05T19:00:00+00:00",
                "mto.stakater.com/objects-judged": "7",
                "mto.stakater.com/rules": "images, hosts",
            },
        },
        "results": [],
        "summary": {"pass": 0, "fail": 0, "warn": 0, "error": 0, "skip": 0},
    }


def test_findings_lie_in_their_namespaces_and_gaps_in_the_clusters_report() -> None:
    findings = (
        Finding("blue", POD, "images", Result.FAIL, "no such registry"),
        Finding("blue", POD, "", Result.ERROR, "not judged"),
    )

    whole, inside = reports(Audit(findings, missing=("pods after the first 500: 410",)), at=AT)

    assert whole["summary"] == {"pass": 0, "fail": 1, "warn": 0, "error": 2, "skip": 0}
    assert whole["results"][0]["message"] == "not audited: pods after the first 500: 410"
    assert inside["metadata"] == {"name": "mto-audit", "namespace": "blue-dev"}
    assert inside["results"][0] == {
        "source": "mto",
        "policy": "images",
        "category": "Multi-Tenancy",
        "severity": "high",
        "result": "fail",
        "message": "no such registry",
        "timestamp": {"seconds": 1767639600, "nanos": 0},
        "resources": [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": "web",
                "namespace": "blue-dev",
                "uid": "u-1",
            }
        ],
        "properties": {"tenant": "blue"},
    }
    assert inside["results"][1]["policy"] == "admission"


def test_findings_about_namespaces_lie_in_the_clusters_report() -> None:
    space = Subject("", "Namespace", "blue-x", "v1", "u-2")
    finding = Finding("blue", space, "namespaces", Result.WARN, "it belongs to nobody")

    (whole,) = reports(Audit((finding,)), at=AT)

    assert whole["summary"]["warn"] == 1
    assert whole["results"][0]["resources"] == [
        {"apiVersion": "v1", "kind": "Namespace", "name": "blue-x", "uid": "u-2"}
    ]
