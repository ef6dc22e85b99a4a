"""What a plan becomes under Pulumi's SDK; that it is all that the plan says is shown in
``tests/engine/test_three_accounts.py``.
"""

from __future__ import annotations

import pytest

from mto.plan.resource import PROVIDER, Plan, Resource
from tests.support.options import HAND_MADE, PULL, WITH_SECRET
from tests.support.plans import examples
from tests.support.registrations import run

SECRET_KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


PLANS = {**HAND_MADE, **examples()}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_stack_and_its_component_show_the_plan_s_outputs(plan: Plan) -> None:
    components = [plan.urn(one.key) for one in plan if one.component]

    assert run(plan).outputs == dict.fromkeys([plan.root_urn, *components], plan.outputs)


def test_the_environment_does_not_change_what_is_registered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere/else")
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    inside = Resource(PROVIDER, "cluster", {"enableServerSideApply": True})
    plan = Plan("dev.green", (inside, Resource("mto:tenancy:Tenant", "green")))

    provider = run(plan).registrations[plan.urn(inside.key)]

    assert provider.inputs == {"enableServerSideApply": "true"}


def test_the_data_of_a_secret_is_marked_as_secret() -> None:
    registered = run(WITH_SECRET).registrations[WITH_SECRET.urn(PULL.key)]

    assert registered.inputs["stringData"] == {SECRET_KEY: SECRET, "value": {"token": "s3cr3t"}}
    assert registered.inputs["metadata"] == PULL.inputs["metadata"]
    assert registered.secret_outputs == ("data", "stringData")
