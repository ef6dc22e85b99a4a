"""An audit as PolicyReports, the form that dashboards of the policy working group read.

``wgpolicyk8s.io/v1alpha2``: one PolicyReport in each namespace that anything was found in, and one
ClusterPolicyReport that sums up, also when nothing was found; it has the findings about namespaces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from mto.service.finding import Audit, Finding, Result

API_VERSION: Final = "wgpolicyk8s.io/v1alpha2"
NAME: Final = "mto-audit"
SOURCE: Final = "mto"
CATEGORY: Final = "Multi-Tenancy"
SEVERITY: Final[Mapping[Result, str]] = {
    Result.FAIL: "high",
    Result.WARN: "medium",
    Result.ERROR: "low",
}


def reports(audit: Audit, *, at: datetime) -> Iterator[dict[str, Any]]:
    """Manifests in the order of their namespaces, the cluster's first."""
    yield {
        "apiVersion": API_VERSION,
        "kind": "ClusterPolicyReport",
        "metadata": {"name": NAME, "annotations": dict(_notes(audit, at))},
        "results": [
            *(_result(one, at) for one in audit.findings if not one.subject.namespace),
            *(_gap(one, at) for one in audit.missing),
        ],
        "summary": _summary(audit.findings, more_errors=len(audit.missing)),
    }
    for namespace in sorted({one.subject.namespace for one in audit.findings} - {""}):
        inside = [one for one in audit.findings if one.subject.namespace == namespace]
        yield {
            "apiVersion": API_VERSION,
            "kind": "PolicyReport",
            "metadata": {"name": NAME, "namespace": namespace},
            "results": [_result(one, at) for one in inside],
            "summary": _summary(inside),
        }


def _result(finding: Finding, at: datetime) -> dict[str, Any]:
    subject = finding.subject
    return {
        "source": SOURCE,
        "policy": finding.rule or "admission",
        "category": CATEGORY,
        "severity": SEVERITY[finding.result],
        "result": finding.result.value,
        "message": finding.message,
        "timestamp": _timestamp(at),
        "resources": [
            {
                "apiVersion": subject.api_version,
                "kind": subject.kind,
                "name": subject.name,
                **({"namespace": subject.namespace} if subject.namespace else {}),
                "uid": subject.uid,
            }
        ],
        "properties": {"tenant": finding.tenant},
    }


def _gap(missing: str, at: datetime) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "policy": "audit",
        "category": CATEGORY,
        "result": Result.ERROR.value,
        "message": f"not audited: {missing}",
        "timestamp": _timestamp(at),
    }


def _summary(findings: Iterable[Finding], more_errors: int = 0) -> dict[str, int]:
    """Objects without objections have no result of their own, so ``pass`` stays 0."""
    counts = Counter(one.result for one in findings)
    return {
        "pass": 0,
        "fail": counts[Result.FAIL],
        "warn": counts[Result.WARN],
        "error": counts[Result.ERROR] + more_errors,
        "skip": 0,
    }


def _notes(audit: Audit, at: datetime) -> Iterator[tuple[str, str]]:
    yield "mto.stakater.com/audited-at", at.isoformat(timespec="seconds")
    yield "mto.stakater.com/objects-judged", str(audit.judged)
    yield "mto.stakater.com/rules", ", ".join(audit.rules)


def _timestamp(at: datetime) -> dict[str, int]:
    return {"seconds": int(at.timestamp()), "nanos": 0}
