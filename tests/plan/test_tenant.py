"""One tenant's stack as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mto.plan.observed import Contents, Quota
from mto.plan.resource import Deletion, Key
from tests.support import plans
from tests.support.plans import kinds, live, people, plan, seen

SPACE = "kubernetes:core/v1:Namespace"
PURGE = "namespaces: {withTenantPrefix: [dev], onDeletePurgeNamespaces: true}"
LIMITED = "resourcequota: {hard: {pods: 10}}\nlimitrange: {limits: [{type: Pod, max: {cpu: 1}}]}"
CLOSED = "tenantPolicies: {network: {disableIntraTenantNetworking: true}}"


# ---- the import fixture --------------------------------------------------------------------------


def test_every_field_of_an_imported_tenant_has_its_effect() -> None:
    made = plans.examples()["import"]
    spaces = {name: one.inputs["metadata"] for name, one in kinds(made, "Namespace").items()}
    assert set(spaces) == {
        "t1-dev",
        "shared-t1",
        "t1-o-example-sandbox",
        "t1-e-example-sandbox",
    }
    assert {one["labels"]["stakater.com/tenant"] for one in spaces.values()} == {"t1"}
    assert spaces["t1-dev"]["labels"]["a"] == "s"
    assert spaces["shared-t1"]["labels"]["a"] == "c"
    assert {one["annotations"]["n"] for one in spaces.values()} == {"c"}
    assert spaces["t1-o-example-sandbox"]["annotations"]["user"] == "o@example.org"
    assert people(made, "t1-o-example-sandbox") == {"owner/admin": ["o@example.org"]}
    assert people(made, "t1-e-example-sandbox") == {"editor/edit": ["e@example.org"]}
    assert set(kinds(made, "ClusterRole")) == {
        "mto:t1:names",
        "mto:t1:namespaces",
        "mto:t1:storageclasses",
        "mto:t1:ingressclasses",
    }
    assert made.outputs["namespaces"] == sorted(spaces)


def test_the_tenant_s_name_is_the_stack_s() -> None:
    assert plans.examples()["import"].stack == "dev.t1"


# ---- inside a namespace --------------------------------------------------------------------------


def test_rights_and_parameters_come_last_when_all_limits_are_there() -> None:
    made = plan(plans.world(config=CLOSED, quota=LIMITED))
    guards = {
        Key("kubernetes:core/v1:ResourceQuota", "blue-dev/quota"),
        Key("kubernetes:core/v1:LimitRange", "blue-dev/limits"),
        Key("kubernetes:networking.k8s.io/v1:NetworkPolicy", "blue-dev/network"),
    }
    around = Key(SPACE, "blue-dev")
    for key in guards:
        assert made.by_key[key].depends_on == (around,)
    (policy,) = kinds(made, "TenantPolicy").values()
    assert set(policy.depends_on) == {around, *guards}
    assert len(kinds(made, "RoleBinding")) == 2
    for binding in kinds(made, "RoleBinding").values():
        assert set(binding.depends_on) == {around, *guards, policy.key}


def test_the_default_service_account_is_waited_for_by_patching_it() -> None:
    (one,) = kinds(plan(plans.DEV), "ServiceAccountPatch").values()
    assert one.inputs["metadata"]["name"] == "default"
    assert one.because == (
        "t.yaml:6 spec.namespaces.withTenantPrefix[0]: pods are refused until it exists"
    )


def test_without_the_switch_there_is_no_network_policy() -> None:
    assert kinds(plan(plans.DEV), "NetworkPolicy") == {}


def test_extensions_of_this_tenant_are_shown_and_no_others() -> None:
    world = plans.read("tenants")
    made = {name: kinds(one, "Extensions") for name, one in plans.examples().items()}
    assert world.extensions["bluesky"].value.spec.tenant_name == "bluesky"
    assert list(made.pop("bluesky")) == ["bluesky"]
    assert list(made.pop("argocd")) == ["green"]
    assert set(map(len, made.values())) == {0}


# ---- what happens on deletion --------------------------------------------------------------------


def test_a_retained_namespace_takes_nothing_along() -> None:
    made = plan(plans.ANNA + plans.DEV)
    assert [one.name for one in made if one.retain_on_delete] == ["blue-dev"]
    assert [one.name for one in made if one.deleted_with] == []


def test_a_purged_namespace_takes_along_what_lies_in_it() -> None:
    made = plan(plans.ANNA + PURGE + "\nstorageClasses: {}")
    assert [one.name for one in made if one.retain_on_delete] == []
    inside = {one.key for one in made if "namespace" in one.inputs.get("metadata", {})}
    assert {one.key for one in made if one.deleted_with} == inside
    assert {one.deleted_with for one in made} == {None, Key(SPACE, "blue-dev")}


def test_a_namespace_of_an_owner_never_takes_anything_along() -> None:
    observed = seen(live("blue-dev", managed=False), live("play", managed=False))
    made = plan(plans.ANNA + PURGE, observed)
    assert [one.name for one in made if one.deleted_with or one.retain_on_delete] == []


def test_nothing_is_protected_and_nothing_ignored() -> None:
    assert not any(one.protect or one.ignore_changes for one in plans.examples()["payments"])


# ---- made by an owner ----------------------------------------------------------------------------


def test_a_namespace_of_an_owner_is_provisioned_and_stays_the_owner_s() -> None:
    made = plan(plans.ANNA, seen(live("play", managed=False)))
    assert kinds(made, "Namespace") == kinds(made, "NamespacePatch") == {}
    assert people(made, "play") == {"owner/admin": ["anna@example.org"]}
    assert set(kinds(made, "ResourceQuota")) == {"play/quota"}
    assert kinds(made, "ResourceQuota")["play/quota"].depends_on == ()
    assert made.outputs["namespaces"] == ["play"]


def test_only_metadata_is_added_to_it_and_no_mark_of_ours() -> None:
    spec = plans.ANNA + "namespaces: {metadata: {common: {labels: {a: c}, annotations: {n: c}}}}"
    made = plan(spec, seen(live("play", managed=False, labels={"b": "own"})))
    assert plans.metadata(made, "NamespacePatch", "play") == {
        "name": "play",
        "labels": {"a": "c"},
        "annotations": {
            "n": "c",
            "pulumi.com/patchFieldManager": "mto",
            "pulumi.com/patchForce": "true",
        },
    }
    patch = Key(f"{SPACE}Patch", "play")
    assert kinds(made, "ResourceQuota")["play/quota"].depends_on == (patch,)


@pytest.mark.parametrize("what", ["labels", "annotations"])
def test_either_labels_or_annotations_are_enough_to_patch_it(what: str) -> None:
    spec = f"namespaces: {{metadata: {{common: {{{what}: {{a: c}}}}}}}}"
    made = plan(spec, seen(live("play", managed=False)))
    assert plans.metadata(made, "NamespacePatch", "play")[what]["a"] == "c"


# ---- deletions -----------------------------------------------------------------------------------


def test_an_empty_namespace_leaves_the_plan_and_is_released() -> None:
    made = plan(plans.DEV, seen(live("blue-old"), holds={"blue-old": Contents()}))
    assert set(kinds(made, "Namespace")) == {"blue-dev"}
    assert made.releases == {Key(SPACE, "blue-old")}
    assert [one.namespace for one in made.deletions] == ["blue-old"]
    assert made.warnings == ()


def test_one_that_holds_something_stays_in_the_plan_with_a_warning() -> None:
    holds = {"blue-old": Contents({"secrets": 2, "deployments.apps": 1})}
    made = plan(plans.ANNA + plans.DEV, seen(live("blue-old"), holds=holds))
    assert set(kinds(made, "Namespace")) == {"blue-dev", "blue-old"}
    assert people(made, "blue-old") == {"owner/admin": ["anna@example.org"]}
    assert made.releases == frozenset()
    assert made.warnings == (
        (
            "namespace 'blue-old' is no longer declared by tenant 'blue' and holds "
            "1 deployments.apps, 2 secrets: it is kept until you consent with "
            "--delete-namespace blue-old"
        ),
    )


def test_with_consent_it_goes_without_a_warning() -> None:
    holds = {"blue-old": Contents({"secrets": 2})}
    made = plan(plans.DEV, seen(live("blue-old"), holds=holds), consented=["blue-old"])
    assert made.releases == {Key(SPACE, "blue-old")}
    assert made.warnings == ()


def test_a_plan_that_waits_for_room_says_so() -> None:
    part = Quota({"pods": "10"}, {"pods": "10"})
    spaces = (live("blue-dev"), live("blue-qa"))
    observed = replace(seen(*spaces), quotas={"blue-dev": part})
    made = plan("namespaces: {withTenantPrefix: [dev, qa]}", observed)
    assert made.unsettled == (
        (
            "tenant 'blue': some namespaces get their part of quota 'small' (pods) only when "
            "others have given up theirs"
        ),
    )


@pytest.mark.parametrize(
    ("holds", "unknown", "said"),
    [
        ({}, (), "nothing"),
        ({"b": 1, "a": 2}, (), "2 a, 1 b"),
        ({"a": 2}, ("c",), "2 a, uncounted c"),
    ],
)
def test_what_a_namespace_holds_is_told_by_kind(
    holds: dict[str, int], unknown: tuple[str, ...], said: str
) -> None:
    assert Deletion("blue-old", holds, False, "why", unknown).held == said  # noqa: FBT003
