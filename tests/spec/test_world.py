from __future__ import annotations

import gc
import time

from mto.spec.origin import Declared, Origin
from mto.spec.problem import Note
from mto.spec.world import DEFAULT_CONFIG, Broken, build_world
from tests.support.manifests import CONFIG, EXTENSIONS, QUOTA, TENANT, declared, tenant, world

OWNER = "accessControl: {owners: {users: [anna]}}"
ENOUGH = f"{TENANT}spec: {{quota: small, {OWNER}}}\n---\n{QUOTA}spec: {{}}\n"


def test_a_world_holds_its_manifests_by_name() -> None:
    found, problems = world(f"{ENOUGH}---\n{EXTENSIONS}spec: {{tenantName: blue}}\n")
    assert problems == []
    assert list(found.tenants) == list(found.extensions) == ["blue"]
    assert list(found.quotas) == ["small"]
    assert found.warnings == ()


def test_a_world_without_settings_has_mtos_defaults() -> None:
    found, _ = world(ENOUGH)
    assert found.config is DEFAULT_CONFIG
    assert found.config.origin.at() == "MTO's defaults"
    assert found.config.value.metadata.namespace == "multi-tenant-operator"


def test_settings_without_a_namespace_get_the_operators() -> None:
    found, problems = world(f"{CONFIG}spec: {{}}\n")
    assert problems == []
    assert found.config.value.metadata.namespace == "multi-tenant-operator"
    assert found.config.origin.at("spec") == "t.yaml:4 spec"


def test_two_of_one_name_are_told_with_both_places() -> None:
    _, problems = world(f"{ENOUGH}---\n{TENANT}spec: {{quota: small}}\n")
    assert problems == [
        "t.yaml:13: metadata.name: Tenant 'blue' is declared twice; first in t.yaml:1"
    ]


def test_there_is_one_integrationconfig_with_one_name_in_one_namespace() -> None:
    other = CONFIG.replace(
        "{name: tenant-operator-config}", "{name: tenant-operator-config, namespace: elsewhere}"
    )
    _, problems = world(f"{CONFIG}spec: {{}}\n---\n{other}spec: {{}}\n")
    assert problems == [
        "t.yaml:8: metadata.name: there is one IntegrationConfig; the first is in t.yaml:1",
        (
            "t.yaml:8: metadata.namespace: 'elsewhere': the IntegrationConfig lives in "
            "'multi-tenant-operator'"
        ),
    ]


def test_notes_become_warnings_sorted_and_said_once() -> None:
    notes = [Note("b.yaml", 1, "", "two"), Note("a.yaml", 3, "kind", "one")]
    found, problems = build_world((), notes=[*notes, *notes])
    assert problems == ()
    assert found.warnings == ("a.yaml:3: kind: one", "b.yaml:1: two")


def test_what_may_stand_in_a_broken_manifest_is_not_missed() -> None:
    blue = declared(tenant(accessControl={"owners": {"users": ["anna"]}}))
    assert len(build_world(blue)[1]) == 1
    assert build_world(blue, broken=Broken(frozenset({("Quota", "small")})))[1] == ()
    assert build_world(blue, broken=Broken(unread=True))[1] == ()
    assert len(build_world(blue, broken=Broken(frozenset({("Quota", "large")})))[1]) == 1


def test_checking_a_tenant_grows_with_its_namespaces_and_not_with_their_square() -> None:
    def seconds(count: int) -> float:
        """Of this process's own work: how busy the machine is says nothing."""
        names = [f"n{number}" for number in range(count)]
        big = Declared(tenant(namespaces={"withTenantPrefix": names}), Origin("big.yaml"))
        begin = time.process_time()
        _, problems = build_world([big], broken=Broken(unread=True))
        assert problems == ()
        return time.process_time() - begin

    gc.disable()  # the collector walks through all that the other tests left
    try:
        few, many = (min(seconds(count) for _ in range(3)) for count in (1_000, 10_000))
    finally:
        gc.enable()
    assert many < 40 * few  # ten times the work, a hundred times if it were squared
