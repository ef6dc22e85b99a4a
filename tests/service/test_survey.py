"""Two listings shared out among tenants."""

from __future__ import annotations

from mto.plan.observed import ArgoCD, Contents, Namespace, Observed, Quota
from mto.service.survey import Survey

BLUE = Namespace("blue-dev", {"stakater.com/tenant": "blue", "mto.stakater.com/managed": "true"})
MADE = Namespace("blue-own", {"stakater.com/tenant": "blue"})
RED = Namespace("red-dev", {"stakater.com/tenant": "red"})
QUOTA = Quota({"pods": "5"}, tenant="blue")

SURVEY = Survey(
    {one.name: one for one in (BLUE, MADE, RED)},
    {"blue-dev": QUOTA, "red-dev": Quota({"pods": "9"}, tenant="red")},
    {"blue": {"blue-dev": BLUE, "blue-own": MADE}, "red": {"red-dev": RED}},
    {"blue": {"blue-dev": QUOTA}},
)


def test_a_tenants_share_is_what_carries_its_label() -> None:
    inside = {"blue-dev": Contents({"pods": 1})}
    assert SURVEY.observed("blue", inside) == Observed(
        {"blue-dev": BLUE, "blue-own": MADE}, {"blue-dev": QUOTA}, inside
    )
    assert SURVEY.observed("green", {}) == Observed()


def test_only_what_mto_made_can_be_undeclared() -> None:
    assert SURVEY.undeclared("blue", ()) == ("blue-dev",)
    assert SURVEY.undeclared("blue", ("blue-dev",)) == ()


def test_a_quota_counts_for_its_tenant_although_its_namespace_lost_the_label() -> None:
    stripped = Survey({}, {"blue-dev": QUOTA}, {}, {"blue": {"blue-dev": QUOTA}})
    assert stripped.observed("blue", {}).quotas == {"blue-dev": QUOTA}


def test_every_tenant_sees_the_same_argo_cd() -> None:
    argocd = ArgoCD(kind=True, namespace=True)
    found = Survey(argocd=argocd)
    assert [found.observed(one, {}).argocd for one in ("blue", "red")] == [argocd, argocd]
