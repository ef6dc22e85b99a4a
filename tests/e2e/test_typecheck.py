"""A policy that would not work is refused before it is there: by preview and by update."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from mto.plan import platform
from mto.plan.build import Settings
from mto.plan.resource import Plan, Resource
from mto.service import typecheck
from mto.service.typecheck import UnsoundPolicies
from mto.spec.world import World
from mto.state.checkpoint import Checkpoint, ResourceState
from tests.support.guarded import Guarded
from tests.support.kubectl import Kubectl

NAME = "mto-roles"
SHARED = "mto-workloads"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"


def planned(expression: str) -> Plan:
    """The platform, with one expression in one of its policies."""
    plan = platform.plan(World(), settings=Settings("dev"))

    def changed(inputs: Any) -> Any:
        if inputs.get("metadata", {}).get("name") != NAME or "validations" not in inputs["spec"]:
            return inputs
        broken = {"expression": expression, "message": "no"}
        return {**inputs, "spec": {**inputs["spec"], "validations": [broken]}}

    resources = tuple(replace(one, inputs=changed(one.inputs)) for one in plan)
    return replace(plan, resources=resources)


def recorded(plan: Plan, changed: str = NAME) -> Checkpoint:
    """What is there by the record: all kinds and policies but the one that changes."""
    known = [
        ResourceState(plan.urn(one.key), one.type, inputs=dict(one.inputs))
        for one in plan
        if one.kubernetes and one.inputs["metadata"]["name"] != changed
    ]
    return Checkpoint("dev", resources=tuple(known))


def checked(connection: Connection, plan: Plan, known: Checkpoint | None) -> str:
    async def run() -> str:
        async with Cluster(connection) as cluster:
            return await typecheck.check(cluster, plan, known)

    coroutine: Coroutine[Any, Any, str] = run()
    return asyncio.run(coroutine)


@pytest.fixture
def connected(guarded: Guarded) -> Connection:
    return load(guarded.plane.kubeconfig, None, current=True)


@pytest.fixture(autouse=True)
def _nothing_is_left(guarded: Guarded) -> Any:
    yield
    names = [one["metadata"]["name"] for one in guarded.admin.get(POLICIES)["items"]]
    assert [name for name in names if name.startswith(typecheck.SCRATCH)] == []


def test_an_expression_that_does_not_compile_is_refused(connected: Connection) -> None:
    plan = planned("object.metadata.name = 'x'")
    for known in (None, recorded(plan)):
        with pytest.raises(UnsoundPolicies) as refused:
            checked(connected, plan, known)
        said = str(refused.value)
        assert said.startswith(
            "nothing was written, since these policies would not work: mto-roles: "
        )
        assert "compilation failed" in said


def test_a_wrong_name_of_a_field_is_refused(connected: Connection) -> None:
    plan = planned("object.rulez.size() == 0")
    with pytest.raises(UnsoundPolicies) as refused:
        checked(connected, plan, recorded(plan))
    said = str(refused.value)
    assert said == (
        "nothing was written, since these policies would not work: mto-roles: Role: undefined "
        "field 'rulez' in …(object.rulez.size() == 0) && ('') == ''…"
    )


def test_a_wrong_name_in_a_rule_about_many_kinds_is_refused(connected: Connection) -> None:
    """Workloads are matched by any version, and only some of them have a field at its place."""
    plan = platform.plan(World(), settings=Settings("dev"))
    broken = replace(plan, resources=tuple(map(misspelt, plan)))
    with pytest.raises(UnsoundPolicies) as refused:
        checked(connected, broken, recorded(plan, SHARED))
    said = str(refused.value)
    for told in (
        "mto-workloads: Pod: undefined field 'imagez' in …",
        "mto-workloads: CronJob: undefined field 'templates' in …",
        "mto-workloads: Pod: undefined field 'tenent' in …",
    ):
        assert told in said
    assert said.count("mto-workloads: ") == 3


def misspelt(one: Resource) -> Resource:
    text = json.dumps(dict(one.inputs)) if one.name == SHARED else "null"
    for right, wrong in (
        ("one.?image.", "one.?imagez."),
        ("jobTemplate.spec.template", "jobTemplate.spec.templates"),
        ("params.spec.tenant", "params.spec.tenent"),
    ):
        text = text.replace(right, wrong)
    return replace(one, inputs=json.loads(text)) if one.name == SHARED else one


def test_what_is_sound_passes_and_what_did_not_change_is_not_looked_at(
    connected: Connection,
) -> None:
    sound = planned("object.metadata.name != ''")
    assert checked(connected, sound, recorded(sound)) == ""
    broken = planned("no expression")
    known = recorded(broken)
    kept = [
        ResourceState(broken.urn(one.key), one.type, inputs=dict(one.inputs))
        for one in broken
        if one.kubernetes and one.inputs["metadata"]["name"] == NAME
    ]
    assert checked(connected, broken, replace(known, resources=(*known.resources, *kept))) == ""


def test_all_policies_of_ours_are_sound(connected: Connection) -> None:
    plan = platform.plan(World(), settings=Settings("dev"))
    kinds = [
        ResourceState(plan.urn(one.key), one.type, inputs=dict(one.inputs))
        for one in plan
        if one.inputs.get("kind") == "CustomResourceDefinition"
    ]
    assert checked(connected, plan, Checkpoint("dev", resources=tuple(kinds))) == ""


def test_without_the_right_to_try_it_says_so(guarded: Guarded) -> None:
    guarded.person("vic")
    path = next(one for one in guarded.folder.glob("*.kubeconfig"))
    plan = planned("object.metadata.name != ''")
    assert checked(load(path, None, current=True), plan, recorded(plan)) == (
        "policies were not checked: it takes the right to create and delete them"
    )


def test_a_preview_of_a_fresh_cluster_leaves_nothing_behind(project: Any, admin: Kubectl) -> None:
    project.declare()
    assert project("preview").code == 0
    found = admin("get", "validatingadmissionpolicies", "-o", "name").stdout
    assert typecheck.SCRATCH not in found


def test_where_kubernetes_does_not_check_in_time_it_says_so(
    connected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typecheck, "CHECKED_WITHIN", 0)
    plan = planned("object.metadata.name != ''")
    assert checked(connected, plan, recorded(plan)) == (
        "policies were not type-checked: Kubernetes' controller did not within 0 s"
    )
