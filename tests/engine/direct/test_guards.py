"""When admission policies go: never before what takes their place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mto.errors import MtoError
from mto.plan.resource import Resource
from tests.support.updates import BLUE, Run, planned, thing

GUARD = "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"


def guard(name: str, spec: str = "") -> Resource:
    manifest = {"metadata": {"name": name}, "spec": spec}
    return Resource(f"kubernetes:{GUARD}", name, manifest, BLUE.key)


def test_no_policy_goes_while_its_successor_may_not_be_there() -> None:
    crd = replace(thing("crd"), type="kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    old = replace(guard("old"), depends_on=(crd.key,))
    run = Run()
    run.up(planned(crd, old, thing("a")))
    run.broken = {"new": MtoError("no answer")}
    result = run.up(planned(guard("new")))
    assert run.log == ["save 4", "create new", "delete a", "save 0"]
    assert [(one.step.urn.rsplit("::")[-1], one.message) for one in result.failures] == [
        ("new", "no answer"),
        ("old", "not tried, because ValidatingAdmissionPolicy/new failed"),
        ("crd", "not tried, because ValidatingAdmissionPolicy/new failed"),
    ]
    assert run.recorded == {"crd", "old"}


def test_a_policy_goes_once_every_server_has_taken_up_what_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Run()

    async def sleep(seconds: float) -> None:
        run.log.append(f"wait {seconds:g}")

    monkeypatch.setattr("mto.engine.direct.update.asyncio.sleep", sleep)
    run.up(planned(guard("old"), guard("other")))
    run.up(planned(guard("other", "changed"), thing("a")))
    assert run.log == ["save 3", "update other", "create a", "wait 2", "delete old", "save 0"]
    run.up(planned(thing("b")))
    assert run.log == ["save 3", "create b", "delete a", "delete other", "save 0"]
