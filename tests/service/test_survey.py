"""What is live, shared out to tenants."""

from __future__ import annotations

from mto.plan.observed import TENANT_LABEL, Namespace, Quota
from mto.service.survey import Survey

DEV = Namespace("blue-dev", {TENANT_LABEL: "blue"})
MINE = Quota({"pods": "5"}, tenant="blue")


def test_a_quota_counts_although_its_namespace_lost_the_label() -> None:
    """Else its part of the budget would be handed out once more."""
    live = Survey(
        {"blue-dev": DEV},
        {"blue-dev": MINE, "blue-qa": MINE},
        {"blue": {"blue-dev": DEV}},
        {"blue": {"blue-dev": MINE, "blue-qa": MINE}},
    )
    seen = live.observed("blue", {})
    assert seen.namespaces.keys() == {"blue-dev"}
    assert seen.quotas.keys() == {"blue-dev", "blue-qa"}
