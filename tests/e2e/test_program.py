"""The Pulumi program as ``pulumi up`` runs it, with a mock monitor and a real cluster."""

from __future__ import annotations

import pytest

from mto.errors import MtoError
from mto.program import main
from tests.support.kubectl import Kubectl
from tests.support.mto import ENVIRONMENT, Project, members, quota, tenant, unique
from tests.support.registrations import Monitor, run_program


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.root)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return project


def registered(stack: str) -> Monitor:
    return run_program(main, stack=stack)


def test_the_program_registers_what_the_direct_engine_recorded_for_platform_and_tenant(
    run: Project,
) -> None:
    name, budget = unique("prog"), unique("budget")
    run.declare(
        quota(budget, pods=10),
        tenant(name, "dev", "qa", quota=budget, accessControl=members(owners=["ann@example.org"])),
    )
    assert run("up", "--yes").code == 0
    for stack in (ENVIRONMENT, f"{ENVIRONMENT}.{name}"):
        recorded = run.states()[stack]["resources"]
        monitor = registered(stack)
        assert monitor.registrations.keys() == {one["urn"] for one in recorded}
        for one in recorded:
            if one["type"].startswith("kubernetes:"):
                wanted = monitor.registrations[one["urn"]]
                assert wanted.inputs == one["inputs"]
                assert wanted.dependencies == set(one.get("dependencies", ()))
                assert wanted.parent == one["parent"]
                assert wanted.deleted_with == one.get("deletedWith", "")
                assert wanted.retain_on_delete == one.get("retainOnDelete", False)


def test_a_namespace_that_an_owner_made_is_seen_by_the_program(
    run: Project, admin: Kubectl
) -> None:
    name, budget = unique("prog"), unique("budget")
    declared = tenant(
        name,
        "dev",
        quota=budget,
        accessControl=members(owners=["ann@example.org"]),
        namespaces={"metadata": {"common": {"labels": {"team": name}}}},
    )
    run.declare(quota(budget, pods=10), declared)
    assert run("up", "--yes").code == 0
    made = f"{name}-own"
    assert admin("create", "namespace", made).code == 0
    assert admin("label", "namespace", made, f"stakater.com/tenant={name}").code == 0
    urns = registered(f"{ENVIRONMENT}.{name}").registrations.keys()
    assert any(urn.endswith(f"core/v1:NamespacePatch::{made}") for urn in urns)
    assert any(urn.endswith(f"RoleBinding::{made}/owner/admin") for urn in urns)


def test_the_state_may_lie_where_only_pulumi_can_go(
    run: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.declare(quota(unique("budget"), pods=10))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket/state")
    assert registered(ENVIRONMENT).registrations


def test_a_stack_whose_tenant_nobody_declares_is_refused(run: Project) -> None:
    run.declare(quota(unique("budget"), pods=10))
    with pytest.raises(MtoError) as error:
        registered(f"{ENVIRONMENT}.nobody")
    assert str(error.value) == "tenant 'nobody' is not declared; declared tenants: none"
