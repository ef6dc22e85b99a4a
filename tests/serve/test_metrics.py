"""The metrics, and that dashboard and alert rules ask for nothing that is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.serve.metrics import LABELS, PHASES, Metrics

MONITORING = Path(__file__).parents[2] / "deploy" / "monitoring"
SERIES = re.compile(r"(mto_\w+)(?:\{([^}]*)\})?")
RESULTS = {"unchanged", "changed", "failed"}


def expressions() -> Iterator[str]:
    dashboard: Any = json.loads((MONITORING / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load((MONITORING / "rules.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def known() -> dict[str, set[str]]:
    """Every series by its name, with its labels."""
    found: dict[str, set[str]] = {}
    for name, kind, labels, _ in Metrics.told():
        own = {one for one in labels.split(", ") if one}
        if kind == "histogram":
            found |= {f"{name}_bucket": own | {"le"}, f"{name}_sum": own, f"{name}_count": own}
        else:
            found[name] = own
    return found


@pytest.mark.parametrize("expression", [pytest.param(one, id=one) for one in expressions()])
def test_what_is_asked_for_is_there(expression: str) -> None:
    series = known()
    found = SERIES.findall(expression)
    assert found
    labels: set[str] = set()
    for name, chosen in found:
        assert name in series
        labels |= series[name]
        for label, value in re.findall(r'(\w+)="(\w*)"', chosen):
            allowed = {"phase": set(PHASES), "result": RESULTS}[label]
            assert value in allowed
    for by in re.findall(r"by \(([^)]*)\)", expression):
        assert {one.strip() for one in by.split(",")} <= labels


def test_every_metric_says_what_it_counts() -> None:
    told = {name: said for name, _, _, said in Metrics.told()}
    assert set(LABELS) <= {name.removesuffix("_total") for name in told}
    assert all(said.endswith(".") for said in told.values())


def test_requests_of_all_connections_are_added_up_and_tenants_counted_by_state() -> None:
    metrics = Metrics()
    metrics.look(
        lambda: ({("get", "200"): 2}, {("get", "200"): 1, ("watch", "none"): 4}),
        lambda: ("Ready", "Failed", "Ready"),
    )
    text = metrics.text().decode()
    assert 'mto_api_requests_total{code="200",verb="get"} 3.0' in text
    assert 'mto_api_requests_total{code="none",verb="watch"} 4.0' in text
    assert 'mto_tenants{state="Ready"} 2.0' in text
    assert 'mto_tenants{state="Failed"} 1.0' in text
