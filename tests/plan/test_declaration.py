from __future__ import annotations

from mto.plan.build import Owner
from mto.plan.declaration import copies
from mto.plan.resource import Key
from mto.spec.origin import Declared, Origin
from tests.support import manifests, plans

OWNER = Owner(Key("mto:tenancy:Tenant", "blue"), "blue")


def test_the_copy_says_what_was_written_and_nothing_more() -> None:
    declared = plans.world("desc: weather\nstorageClasses: {}").tenants["blue"]
    (made,) = copies(declared, OWNER)
    assert made.key == Key("kubernetes:tenantoperator.stakater.com/v1beta3:Tenant", "blue")
    assert made.inputs["spec"] == {"quota": "small", "desc": "weather", "storageClasses": {}}
    assert made.because == "t.yaml:1"


def test_the_copy_names_its_file_and_keeps_its_author_s_metadata() -> None:
    world = plans.world(meta=", labels: {team: a}, annotations: {example.org/x: b}")
    value = world.tenants["blue"].value
    (made,) = copies(Declared(value, Origin("/etc/mto/tenants/blue.yaml")), OWNER)
    metadata = made.inputs["metadata"]
    assert metadata["labels"]["team"] == "a"
    assert metadata["annotations"]["example.org/x"] == "b"
    assert metadata["annotations"]["mto.stakater.com/declared-in"] == "blue.yaml"
    assert "namespace" not in metadata


def test_a_namespaced_kind_keeps_its_namespace() -> None:
    world = plans.world(config="{}")
    (made,) = copies(world.config, OWNER)
    assert made.inputs["metadata"]["namespace"] == "multi-tenant-operator"


def test_amounts_are_copied_as_they_were_written() -> None:
    world, _ = manifests.world(manifests.QUOTA + "spec: {resourcequota: {hard: {cpu: 0.5}}}")
    (made,) = copies(world.quotas["small"], OWNER)
    assert made.inputs["spec"] == {"resourcequota": {"hard": {"cpu": "0.5"}}}


def test_nothing_is_made_to_show_a_custom_resource() -> None:
    value = plans.world().tenants["blue"].value
    assert list(copies(Declared(value, Origin("Tenant blue", in_cluster=True)), OWNER)) == []
