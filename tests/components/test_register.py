"""What a plan becomes under Pulumi's SDK: every registration request, compared with the plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import pytest

from mto.engine.direct.diff import PROVIDER_VERSION
from mto.plan.resource import PROJECT, PROVIDER, STACK, Plan, Resource
from tests.support.plans import examples
from tests.support.registrations import Registration, run

SECRET_KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def wanted(plan: Plan) -> dict[str, Registration]:
    """The registrations that the plan asks for, the stack's own among them."""
    root = Registration(STACK, f"{PROJECT}-{plan.stack}", custom=False, inputs={}, parent="")
    return {plan.root_urn: root} | {
        plan.urn(one.key): Registration(
            type=one.type,
            name=one.name,
            custom=not one.component,
            inputs=_text(one.inputs) if one.type == PROVIDER else one.inputs,
            parent=plan.urn(one.parent) if one.parent else plan.root_urn,
            dependencies=frozenset(plan.urn(key) for key in one.depends_on),
            provider=f"{plan.urn(plan.provider.key)}::cluster" if one.kubernetes else "",
            deleted_with=plan.urn(one.deleted_with) if one.deleted_with else "",
            protect=one.protect,
            retain_on_delete=one.retain_on_delete,
            ignore_changes=one.ignore_changes,
            version="" if one.component else metadata.version("pulumi_kubernetes"),
        )
        for one in plan
    }


def _text(inputs: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in inputs.items()
    }


CLUSTER = Resource(
    PROVIDER,
    "cluster",
    {"kubeconfig": "/etc/mto/kubeconfig", "context": "local", "enableServerSideApply": True},
)
BLUE = Resource("mto:tenancy:Tenant", "blue")
NAMESPACE = Resource(
    "kubernetes:core/v1:Namespace",
    "blue-dev",
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue-dev"}},
    parent=BLUE.key,
    protect=True,
    retain_on_delete=True,
)
QUOTA = Resource(
    "kubernetes:core/v1:ResourceQuota",
    "blue-dev/quota",
    {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "mto", "namespace": "blue-dev"},
        "spec": {"hard": {"pods": "10"}, "scopes": []},
    },
    parent=BLUE.key,
    depends_on=(NAMESPACE.key,),
    deleted_with=NAMESPACE.key,
    ignore_changes=("spec.hard", 'metadata.annotations["a.b/c"]'),
)
OWNER = Resource(
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "blue-dev/owner",
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mto-owner", "namespace": "blue-dev"},
        "subjects": [{"kind": "User", "name": "anna@example.org"}],
    },
    parent=BLUE.key,
    depends_on=(NAMESPACE.key, QUOTA.key),
)
TENANT = Plan(
    "dev.blue", (CLUSTER, BLUE, NAMESPACE, QUOTA, OWNER), outputs={"namespaces": ["blue-dev"]}
)
DEV = Resource("mto:platform:Platform", "dev")
CUSTOM = Resource(
    "kubernetes:tenantoperator.stakater.com/v1beta1:Quota",
    "small",
    {
        "apiVersion": "tenantoperator.stakater.com/v1beta1",
        "kind": "Quota",
        "metadata": {"name": "small"},
        "spec": {"limitrange": {"limits": [{"type": "Pod", "max": {"cpu": "2"}}]}, "on": True},
    },
    parent=DEV.key,
)
PLATFORM = Plan("dev", (CLUSTER, DEV, CUSTOM), outputs={"tenants": ["blue", "green"]})
EMPTY = Plan("dev.green", (CLUSTER, Resource("mto:tenancy:Tenant", "green")))

# The two roads to the cluster must not drift apart, whatever makes the plan.
PLANS = {
    "a tenant": TENANT,
    "the platform": PLATFORM,
    "a tenant that holds nothing": EMPTY,
    **examples(),
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_program_registers_what_the_plan_says_and_nothing_else(plan: Plan) -> None:
    assert run(plan).registrations == wanted(plan)


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
    pull = Resource(
        "kubernetes:core/v1:Secret",
        "blue-dev/pull",
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "pull", "namespace": "blue-dev"},
            "stringData": {"token": "s3cr3t"},
        },
        parent=BLUE.key,
    )
    plan = Plan("dev.blue", (CLUSTER, BLUE, pull))

    registered = run(plan).registrations[plan.urn(pull.key)]

    assert registered.inputs["stringData"] == {SECRET_KEY: SECRET, "value": {"token": "s3cr3t"}}
    assert registered.inputs["metadata"] == pull.inputs["metadata"]
    assert registered.secret_outputs == ("data", "stringData")


def test_both_engines_ask_for_one_version_of_the_plug_in() -> None:
    assert metadata.version("pulumi_kubernetes") == PROVIDER_VERSION
