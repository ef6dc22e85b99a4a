"""A tenant's budget over many namespaces follows need. Under load: test_load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.mto import Project, quota, tenant, unique
from tests.support.objects import POD, manifest
from tests.support.service import Looks, serving, soon


@dataclass(frozen=True)
class Blue:
    """A tenant with a budget of pods, whose quotas are looked at."""

    look: Looks
    name: str

    def hard(self) -> dict[str, int]:
        answer = self.look.admin(
            "get", "resourcequota", "-A", "-l", f"stakater.com/tenant={self.name}", "-o", "json"
        )
        return {
            one["metadata"]["namespace"].removeprefix(f"{self.name}-"): int(
                one["status"]["hard"]["pods"]
            )
            for one in answer.json["items"]
            if one.get("status", {}).get("hard") == one["spec"]["hard"]
        }

    def create(self, space: str, name: str) -> int:
        one = manifest("v1", "Pod", f"{self.name}-{space}", name=name, spec=POD)
        return self.look.admin("create", "-f", "-", stdin=json.dumps(one)).code


@pytest.fixture
def blue(served: Project, look: Looks) -> Iterator[Blue]:
    name = unique("blue")
    served.declare(quota(name, pods=10), tenant(name, "dev", "qa", quota=name))
    with serving(served) as service:
        one = Blue(look, name)
        soon(lambda: one.hard() == {"dev": 5, "qa": 5})
        service.quiet()
        yield one


def test_slack_goes_to_the_namespace_that_comes_near_its_limit(blue: Blue) -> None:
    for number in range(5):
        assert blue.create("dev", f"pod-{number}") == 0
    soon(lambda: blue.hard() == {"dev": 6, "qa": 4})
    assert blue.create("dev", "pod-6") == 0
    soon(lambda: blue.hard().get("dev") == 7)


def test_workloads_that_were_refused_get_whatever_others_do_not_use(blue: Blue) -> None:
    space = f"{blue.name}-dev"
    answer = blue.look.admin(
        "-n", space, "create", "deployment", "web", "--image=none", "--replicas=10"
    )
    assert answer.code == 0, answer.stderr
    soon(lambda: blue.hard() == {"dev": 10, "qa": 0})
    soon(lambda: len(blue.look.names("pods", space)) == 10)


def test_a_bare_object_is_asked_for_by_an_annotation(blue: Blue, served: Project) -> None:
    space = f"{blue.name}-dev"
    blue.look.admin("annotate", "namespace", space, "mto.stakater.com/request-quota=pod=8")
    told = (
        f"annotation mto.stakater.com/request-quota of namespace {space!r}: the budget does not "
        "speak of 'pod'; its keys are pods"
    )
    soon(lambda: blue.look.events(space, "RequestNotUnderstood") == {told})
    (status,) = served.data("status", blue.name)
    assert status["message"] == told
    asked = "mto.stakater.com/request-quota=pods=8"
    blue.look.admin("annotate", "--overwrite", "namespace", space, asked)
    soon(lambda: blue.hard() == {"dev": 8, "qa": 2})
    for number in range(8):
        assert blue.create("dev", f"pod-{number}") == 0
