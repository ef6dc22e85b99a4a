from __future__ import annotations

import pytest

from mto.plan.resource import PROVIDER, Deletion, Key, Plan, Resource, kubernetes_type

CLUSTER = Resource(PROVIDER, "cluster")
TENANT = Resource("mto:tenancy:Tenant", "blue")
GROUP = Resource("mto:tenancy:Group", "inner", parent=TENANT.key)
SPACE = Resource("kubernetes:core/v1:Namespace", "blue-dev", parent=TENANT.key)
ROLE = Resource("kubernetes:x/v1:ClusterRole", "mto::odd", parent=GROUP.key)
PLAN = Plan("dev.blue", (CLUSTER, TENANT, GROUP, SPACE, ROLE))


@pytest.mark.parametrize(
    ("api_version", "kind", "token"),
    [
        ("v1", "Namespace", "kubernetes:core/v1:Namespace"),
        ("apps/v1", "Deployment", "kubernetes:apps/v1:Deployment"),
        ("mto.stakater.com/v1alpha1", "X", "kubernetes:mto.stakater.com/v1alpha1:X"),
    ],
)
def test_a_type_token_is_written_as_pulumi_writes_it(
    api_version: str, kind: str, token: str
) -> None:
    assert kubernetes_type(api_version, kind) == token


@pytest.mark.parametrize(
    ("resource", "urn"),
    [
        (CLUSTER, "urn:pulumi:dev.blue::mto::pulumi:providers:kubernetes::cluster"),
        (TENANT, "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant::blue"),
        (
            SPACE,
            "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$kubernetes:core/v1:Namespace::blue-dev",
        ),
        (
            ROLE,
            (
                "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$mto:tenancy:Group"
                "$kubernetes:x/v1:ClusterRole::mto::odd"
            ),
        ),
    ],
)
def test_a_urn_names_the_types_of_all_parents(resource: Resource, urn: str) -> None:
    assert PLAN.urn(resource.key) == urn


def test_the_stack_itself_has_a_urn_and_is_no_resource_of_the_plan() -> None:
    assert PLAN.root_urn == "urn:pulumi:dev.blue::mto::pulumi:pulumi:Stack::mto-dev.blue"
    assert PLAN.root_urn not in {PLAN.urn(one.key) for one in PLAN}


def test_components_providers_and_objects_are_told_apart() -> None:
    assert [one.component for one in PLAN] == [False, True, True, False, False]
    assert [one.kubernetes for one in PLAN] == [False, False, False, True, True]
    assert PLAN.provider is CLUSTER


def test_the_reason_takes_no_part_in_a_comparison() -> None:
    assert Resource("t", "n", because="a") == Resource("t", "n", because="b")
    assert Resource("t", "n", {"a": 1}) != Resource("t", "n", {"a": 2})


def test_a_key_reads_like_the_end_of_a_urn() -> None:
    assert str(Key("kubernetes:core/v1:Namespace", "blue-dev")) == (
        "kubernetes:core/v1:Namespace::blue-dev"
    )


@pytest.mark.parametrize(
    ("holds", "consented", "allowed"),
    [({}, False, True), ({"secrets": 1}, False, False), ({"secrets": 1}, True, True)],
)
def test_a_namespace_may_go_if_it_is_empty_or_somebody_consented(
    holds: dict[str, int], *, consented: bool, allowed: bool
) -> None:
    assert Deletion("blue-dev", holds, consented, "why").allowed is allowed
