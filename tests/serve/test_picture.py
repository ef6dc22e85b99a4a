from __future__ import annotations

from typing import Any

from mto.plan.observed import Quota
from mto.serve.picture import Picture


def namespace(name: str, tenant: str = "", uid: str = "1", **more: Any) -> dict[str, Any]:
    labels = {"stakater.com/tenant": tenant} if tenant else {}
    return {"metadata": {"name": name, "uid": uid, "labels": labels, **more}}


def quota(space: str, tenant: str = "blue", name: str = "mto", used: str = "0") -> dict[str, Any]:
    labels = {"stakater.com/tenant": tenant}
    metadata = {"name": name, "namespace": space, "labels": labels}
    return {"metadata": metadata, "spec": {}, "status": {"used": {"pods": used}}}


def test_a_namespace_concerns_its_tenant_once() -> None:
    picture = Picture()
    assert picture.namespace_seen(namespace("blue-dev", "blue")) == {"blue"}
    assert picture.namespace_seen(namespace("blue-dev", "blue")) == frozenset()
    assert picture.namespace_seen(namespace("kube-system")) == frozenset()


def test_a_label_that_changes_hands_concerns_both() -> None:
    picture = Picture()
    picture.namespace_seen(namespace("x", "blue"))
    assert picture.namespace_seen(namespace("x", "red")) == {"blue", "red"}
    assert picture.namespace_seen(namespace("x")) == {"red"}
    assert picture.tenants() == frozenset()


def test_a_namespace_made_again_is_another_one() -> None:
    picture = Picture()
    picture.namespace_seen(namespace("x", "blue"))
    assert picture.namespace_gone("x") == {"blue"}
    assert picture.namespace("x") is None
    assert picture.namespace_seen(namespace("x", "blue", uid="2")) == {"blue"}


def test_the_end_of_a_namespace_concerns_its_tenant() -> None:
    picture = Picture()
    picture.namespace_seen(namespace("x", "blue"))
    assert picture.namespace_seen(namespace("x", "blue", deletionTimestamp="now")) == {"blue"}


def test_a_quota_concerns_whose_mark_it_bears_and_whose_namespace_it_is_in() -> None:
    picture = Picture()
    picture.namespace_seen(namespace("x", "red"))
    assert picture.quota_seen(quota("x")) == {"blue", "red"}
    assert picture.quota_seen(quota("x")) == frozenset()
    assert picture.quota_seen(quota("x", used="1")) == {"blue", "red"}
    assert picture.quota_seen(quota("x", name="theirs")) == frozenset()
    assert picture.quota_gone(quota("x", name="theirs")) == frozenset()
    assert picture.quota_gone(quota("x")) == {"blue", "red"}


def test_the_survey_of_a_tenant_holds_its_part_only() -> None:
    picture = Picture()
    for name, tenant in (("blue-dev", "blue"), ("red-dev", "red")):
        picture.namespace_seen(namespace(name, tenant))
        picture.quota_seen(quota(name, tenant))
    survey = picture.survey(["blue"])
    assert set(survey.namespaces) == set(survey.of("blue")) == {"blue-dev"}
    assert set(survey.observed("blue", {}).quotas) == {"blue-dev"}


def test_quotas_asked_for_afresh_win_over_those_that_were_seen() -> None:
    picture = Picture()
    picture.namespace_seen(namespace("blue-dev", "blue"))
    picture.quota_seen(quota("blue-dev"))
    picture.quota_seen(quota("gone"))
    fresh = {"blue-dev": Quota(spec={"pods": "9"}, tenant="blue")}
    assert picture.survey(["blue"], fresh).observed("blue", {}).quotas == fresh
