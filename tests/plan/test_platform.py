from __future__ import annotations

from dataclasses import replace

from mto.plan import platform
from mto.plan.resource import Key
from mto.spec.world import World
from tests.support import plans
from tests.support.plans import kinds, plan

EMPTY = platform.plan(World(), settings=plans.SETTINGS)
CONFIG = "tenant-operator-config"


def test_the_stack_is_named_after_the_environment() -> None:
    assert EMPTY.stack == "dev"
    assert EMPTY.by_key[Key("mto:platform:Platform", "dev")].parent is None


def test_every_kind_that_mto_serves_is_defined() -> None:
    assert set(kinds(EMPTY, "CustomResourceDefinition")) == {
        "extensions.tenantoperator.stakater.com",
        "integrationconfigs.tenantoperator.stakater.com",
        "quotas.tenantoperator.stakater.com",
        "tenantpolicies.mto.stakater.com",
        "tenants.tenantoperator.stakater.com",
    }


def test_a_world_without_settings_shows_the_defaults() -> None:
    (config,) = kinds(EMPTY, "IntegrationConfig").values()
    assert config.because == "MTO's defaults"
    assert config.inputs["metadata"]["name"] == CONFIG
    assert config.inputs["metadata"]["namespace"] == "multi-tenant-operator"
    assert config.inputs["spec"] == {}


def test_custom_resources_wait_for_their_kinds_and_their_namespace() -> None:
    made = platform.plan(plans.world(config="{}"), settings=plans.SETTINGS)
    definitions = {one.key for one in kinds(made, "CustomResourceDefinition").values()}
    (quota,) = kinds(made, "Quota").values()
    assert set(quota.depends_on) == definitions
    (config,) = kinds(made, "IntegrationConfig").values()
    assert set(config.depends_on) - definitions == {
        Key("kubernetes:core/v1:Namespace", "multi-tenant-operator")
    }


def test_members_may_read_what_admission_allows_them_through_the_role_view() -> None:
    role = kinds(EMPTY, "ClusterRole")["mto:members"].inputs
    assert role["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-view"] == "true"
    assert role["rules"] == [
        {
            "apiGroups": ["mto.stakater.com"],
            "resources": ["tenantpolicies"],
            "verbs": ["get", "list", "watch"],
        }
    ]


def test_an_auditor_reads_and_changes_nothing() -> None:
    role = kinds(EMPTY, "ClusterRole")["mto:auditor"].inputs
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert not any("secrets" in rule["resources"] for rule in role["rules"])


def test_nothing_that_a_tenant_owns_is_in_the_platform_s_stack() -> None:
    world = plans.read("tenants")
    made = platform.plan(world, settings=plans.SETTINGS)
    assert made.outputs == {"tenants": ["bluesky", "datalab", "payments", "shop"]}
    assert not any(
        "stakater.com/tenant" in str(one.inputs["metadata"].get("labels", {}))
        for one in made
        if one.kubernetes
    )
    assert kinds(made, "Tenant") == kinds(made, "Extensions") == {}
    mine = plan(plans.world())
    assert not {one.key for one in mine if one.kubernetes} & {one.key for one in made}


def test_the_order_of_the_declared_quotas_does_not_matter() -> None:
    world = plans.read("tenants")
    backwards = replace(world, quotas=dict(reversed(tuple(world.quotas.items()))))
    assert platform.plan(backwards, settings=plans.SETTINGS) == platform.plan(
        world, settings=plans.SETTINGS
    )
