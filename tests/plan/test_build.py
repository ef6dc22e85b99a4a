from __future__ import annotations

from mto.plan.build import Owner, Settings, provider
from mto.plan.resource import Key

OWNER = Owner(Key("mto:tenancy:Tenant", "blue"), "blue")
SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue-dev"}}


def test_stacks_are_named_after_environment_and_tenant() -> None:
    assert Settings("dev").stack() == "dev"
    assert Settings("dev").stack("blue") == "dev.blue"


def test_the_provider_names_the_cluster_by_path_and_context() -> None:
    made = provider(Settings("dev", "/etc/mto/kubeconfig", "local"))
    assert made.inputs == {
        "kubeconfig": "/etc/mto/kubeconfig",
        "context": "local",
        "enableServerSideApply": True,
    }
    assert made.because == "the cluster of environment 'dev'"


def test_inside_a_cluster_the_provider_finds_its_own_way() -> None:
    assert provider(Settings("dev")).inputs == {"enableServerSideApply": True}


def test_what_is_made_carries_our_marks_and_hangs_under_the_component() -> None:
    made = OWNER.draw(SPACE, "blue-dev", because="why", retain_on_delete=True)
    assert made.key == Key("kubernetes:core/v1:Namespace", "blue-dev")
    assert made.parent == OWNER.component
    assert made.retain_on_delete
    assert made.because == "why"
    assert made.inputs["metadata"] == {
        "name": "blue-dev",
        "labels": {
            "app.kubernetes.io/managed-by": "mto",
            "mto.stakater.com/managed": "true",
            "stakater.com/tenant": "blue",
        },
        "annotations": {"pulumi.com/patchFieldManager": "mto"},
    }


def test_no_declared_label_can_forge_our_marks() -> None:
    forged = {"stakater.com/tenant": "red", "mto.stakater.com/managed": "false", "a": "b"}
    manifest = {**SPACE, "metadata": {"name": "blue-dev", "labels": forged}}
    labels = OWNER.draw(manifest, "blue-dev", because="why").inputs["metadata"]["labels"]
    assert labels["stakater.com/tenant"] == "blue"
    assert labels["mto.stakater.com/managed"] == "true"
    assert labels["a"] == "b"


def test_the_platform_s_objects_belong_to_no_tenant() -> None:
    owner = Owner(Key("mto:platform:Platform", "dev"))
    labels = owner.draw(SPACE, "blue-dev", because="why").inputs["metadata"]["labels"]
    assert "stakater.com/tenant" not in labels


def test_a_patch_takes_the_fields_and_leaves_the_object_its_owner() -> None:
    made = OWNER.patch(SPACE, "blue-dev", because="why")
    assert made.type == "kubernetes:core/v1:NamespacePatch"
    assert made.inputs["metadata"] == {
        "name": "blue-dev",
        "annotations": {
            "pulumi.com/patchFieldManager": "mto",
            "pulumi.com/patchForce": "true",
        },
    }


def test_nobody_waits_for_quotas() -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "mto"}}
    annotations = OWNER.draw(quota, "q", because="why").inputs["metadata"]["annotations"]
    assert annotations["pulumi.com/skipAwait"] == "true"


def test_the_manifest_itself_is_left_as_it_was() -> None:
    OWNER.draw(SPACE, "blue-dev", because="why")
    OWNER.patch(SPACE, "blue-dev", because="why")
    assert SPACE["metadata"] == {"name": "blue-dev"}
