"""A compliant request, out of what a tenant may do."""

from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.attempt import Attempt, Identity
from mto.service.checks.scene import Who
from tests.support.scenes import of, scene


def spec(attempt: Attempt) -> dict[str, Any]:
    assert isinstance(attempt.body, dict)
    found: dict[str, Any] = attempt.body["spec"]
    return found


def test_an_ordinary_pod_keeps_to_the_strictest_standard() -> None:
    pod = spec(scene().pod())

    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert container["image"] == "mto/probe:1"
    assert container["imagePullPolicy"] == "Always"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "resources" not in container
    assert "priorityClassName" not in pod


def test_an_attempt_differs_from_it_in_what_is_to_be_refused_alone() -> None:
    ordinary, wrong = spec(scene().pod()), spec(scene().pod(hostPID=True))

    assert wrong == {**ordinary, "hostPID": True}


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param(
            {"podPriorityClasses": {"allowed": ["batch", "live"]}},
            {"priorityClassName": "batch"},
            id="a class where one must be named",
        ),
        pytest.param({"podPriorityClasses": {"allowed": ["batch", ""]}}, {}, id="no class will do"),
        pytest.param({"podPriorityClasses": {}}, {}, id="every class is allowed"),
        pytest.param(
            {"pods": {"nodeSelector": {"pool": ["a", "b"]}}},
            {"nodeSelector": {"pool": "a"}},
            id="nodes",
        ),
    ],
)
def test_it_names_what_the_tenant_must_name(
    declared: dict[str, Any], expected: dict[str, Any]
) -> None:
    pod = spec(of(declared).pod())

    assert {key: pod[key] for key in expected} == expected
    assert expected.keys() >= pod.keys() & {"priorityClassName", "nodeSelector"}


@pytest.mark.parametrize(
    ("registries", "image"),
    [
        pytest.param(["quay.io", "ghcr.io"], "quay.io/mto/probe:1", id="the first"),
        pytest.param(["quay.io", ""], "mto/probe:1", id="none"),
    ],
)
def test_its_image_comes_from_an_allowed_registry(registries: list[str], image: str) -> None:
    assert of({"imageRegistries": {"allowed": registries}}).image == image


@pytest.mark.parametrize(
    ("limits", "resources"),
    [
        pytest.param((), {"cpu": "10m", "memory": "16Mi"}, id="no LimitRange"),
        pytest.param(
            ({"type": "Container", "min": {"cpu": "50m"}},),
            {"cpu": "50m", "memory": "16Mi"},
            id="no less than the least",
        ),
        pytest.param(
            ({"type": "Container", "default": {"cpu": "1"}},), {"memory": "16Mi"}, id="a default"
        ),
        pytest.param(
            ({"type": "Pod", "default": {"cpu": "1"}},),
            {"cpu": "10m", "memory": "16Mi"},
            id="limits of pods fill nothing in",
        ),
    ],
)
def test_it_asks_for_what_a_quota_wants_to_hear(
    limits: tuple[dict[str, Any], ...], resources: dict[str, str]
) -> None:
    hard = frozenset({"requests.cpu", "limits.memory", "pods"})

    pod = spec(of({}, hard=hard, limits=limits).pod())

    assert pod["containers"][0]["resources"] == {"requests": resources, "limits": resources}


def test_people_are_those_whom_the_tenants_declare() -> None:
    found = scene().people

    assert found[Who.OWNER] == Identity("ann")
    assert found[Who.EDITOR] == Identity("mto-verify", ("blue-editors",))
    assert found[Who.RIVAL] == Identity("mto-verify", ("red-leads",))
    assert Who.VIEWER not in found
    assert found[Who.POWER] == Identity("mto:verify:0123abcd")


def test_a_new_namespace_has_a_name_that_the_tenant_may_give() -> None:
    listed = of({"namespaces": {"allowedNames": ["blue-extra"]}})

    assert scene().new_namespace == "blue-probe-0123abcd"
    assert listed.new_namespace == "blue-extra"
