"""Deletion is a decision: seen beforehand, consented to, and never by accident."""

from __future__ import annotations

import pytest

from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, part, quota, steps, tenant, unique


@pytest.fixture
def name(project: Project) -> str:
    """A tenant that is up with the namespaces ``dev`` and ``old``."""
    found = unique("leave")
    declare(project, found, "dev", "old")
    answer = project("up")
    assert answer.code == 0, answer.stderr
    return found


def declare(project: Project, name: str, *namespaces: str, consent: str = "") -> None:
    access = members(owners=[f"{name}@example.org"])
    metadata = {"annotations": {"mto.stakater.com/delete": consent}} if consent else {}
    one = tenant(name, *namespaces, quota=name, accessControl=access, metadata=metadata)
    project.declare(quota(name), one)


@pytest.fixture
def workload(name: str, admin: Kubectl) -> str:
    """The namespace ``old`` with a Deployment, a Secret and a claim in it."""
    namespace = f"{name}-old"
    place = ("-n", namespace, "create")
    web = ("deployment", "web", "--image=none.example.org/web", "--replicas=0")
    assert admin(*place, *web).code == 0
    assert admin(*place, "secret", "generic", "keys", "--from-literal=a=b").code == 0
    return namespace


HOLDS = {"deployments.apps": 1, "secrets": 1}


def test_an_empty_namespace_that_is_no_longer_declared_goes_without_consent(
    project: Project, name: str, admin: Kubectl
) -> None:
    declare(project, name, "dev")
    report = project.data("preview")
    (deletion,) = part(report, name)["deletions"]
    assert (deletion["namespace"], deletion["holds"]) == (f"{name}-old", {})
    assert deletion["allowed"] is True
    assert steps(report)[f"Namespace/{name}-old"] == "delete"
    (waiting,) = part(report, name)["warnings"]
    assert waiting.endswith("(pods) only when others have given up theirs")
    grown = {f"ResourceQuota/{name}-dev/mto": "update"}
    assert steps(project.data("up")) == steps(report) | grown
    assert admin("get", "namespace", f"{name}-old").code == 1
    assert steps(project.data("up")) == {}


def test_a_namespace_with_a_workload_is_left_and_both_preview_and_update_say_so(
    project: Project, name: str, workload: str, admin: Kubectl
) -> None:
    declare(project, name, "dev")
    warning = (
        f"namespace {workload!r} is no longer declared by tenant {name!r} and holds "
        "1 deployments.apps, 1 secrets: it is kept until you consent with "
        f"--delete-namespace {workload}"
    )
    for command in ("preview", "up"):
        report = project.data(command)
        found = part(report, name)
        (deletion,) = found["deletions"]
        assert (deletion["holds"], deletion["allowed"]) == (HOLDS, False)
        assert found["warnings"] == [warning]
        assert steps(report) == {
            f"Tenant/{name}": "update",
            f"ClusterRole/mto:{name}:names": "update",
        }
    shown = project("up")
    assert (shown.code, shown.stderr) == (0, f"warning: {warning}\n")
    place = ("-n", workload, "get")
    assert admin(*place, "deployment/web", "secret/keys", "resourcequota/mto").code == 0


def test_consent_on_the_command_line_deletes_the_namespace(
    project: Project, name: str, workload: str, admin: Kubectl
) -> None:
    declare(project, name, "dev")
    consent = ("--delete-namespace", workload)
    told = project("preview", *consent)
    assert (
        f"! namespace {workload} goes with all that it holds: 1 deployments.apps, 1 secrets"
        in told.stdout
    )
    report = project.data("up", *consent)
    assert steps(report)[f"Namespace/{workload}"] == "delete"
    assert admin("get", "namespace", workload).code == 1
    quotas = admin("get", "resourcequota", "mto", "-n", f"{name}-dev", "-o", "json").json
    assert quotas["spec"]["hard"] == {"pods": "10"}


def test_consent_in_the_manifest_deletes_the_namespace(
    project: Project, name: str, workload: str, admin: Kubectl
) -> None:
    declare(project, name, "dev", consent=workload)
    assert steps(project.data("up"))[f"Namespace/{workload}"] == "delete"
    assert admin("get", "namespace", workload).code == 1


def test_consent_to_another_namespace_is_no_consent(
    project: Project, name: str, workload: str, admin: Kubectl
) -> None:
    declare(project, name, "dev", consent=f"{name}-other")
    assert project("up", "--delete-namespace", f"{name}-dev").code == 0
    assert admin("get", "namespace", workload, f"{name}-dev").code == 0


def test_a_tenant_whose_manifest_is_gone_is_destroyed_only_by_request(
    project: Project, name: str, admin: Kubectl
) -> None:
    project.declare(quota(name))
    report = project.data("up")
    assert (report["vanished"], steps(report)) == ([name], {f"Quota/{name}": "update"})
    told = project("up")
    assert told.stderr == (
        f"warning: tenant {name!r} is no longer declared and stays as it is: "
        f"`mto destroy {name}`, or `mto up --prune`\n"
    )
    (one,) = project.data("status")
    assert (one["name"], one["state"]) == (name, "Vanished")
    assert admin("-n", f"{name}-dev", "get", "rolebinding", "mto-owner-admin").code == 0
    assert name not in [one["tenant"] for one in project.data("status", "--orphans")]

    pruned = project.data("up", "--prune")

    assert pruned["vanished"] == []
    assert part(pruned, name)["ok"]
    assert admin("get", "tenant", name).code == 1
    assert admin("-n", f"{name}-dev", "get", "rolebinding", "mto-owner-admin").code == 1
    labels = admin("get", "namespace", f"{name}-dev", "-o", "jsonpath={.metadata.labels}").stdout
    assert "stakater.com/tenant" not in labels


def test_namespaces_of_a_tenant_that_nobody_knows_are_orphans(
    project: Project, name: str, admin: Kubectl
) -> None:
    project.declare(quota(name))
    (project.stacks / f"dev.{name}.json").unlink()
    mine = [one for one in project.data("status", "--orphans") if one["tenant"] == name]
    assert [one["namespace"] for one in mine] == [f"{name}-dev", f"{name}-old"]
    assert "NAMESPACE" in project("status", "--orphans").stdout
    refused = project("destroy", name, "--yes")
    assert refused.code == 1
    assert f"MTO's quotas are in {name}-dev, {name}-old" in refused.stderr
    for space in (f"{name}-dev", f"{name}-old"):  # as a bare `pulumi destroy` leaves it
        admin("-n", space, "delete", "resourcequota,rolebinding", "--all")
    assert project("destroy", name, "--yes").code == 0
    assert not [one for one in project.data("status", "--orphans") if one["tenant"] == name]
    assert admin("get", "namespace", f"{name}-dev").code == 0


def test_a_tenant_whose_record_is_lost_is_refused_and_destroyed_once_it_is_found_again(
    project: Project, name: str, admin: Kubectl
) -> None:
    (project.stacks / f"dev.{name}.json").unlink()
    binding = ("-n", f"{name}-dev", "get", "rolebinding", "mto-owner-admin")
    refused = project("destroy", name, "--yes")
    assert refused.code == 1
    assert "if that state is lost, declare it and run `mto up` here first" in refused.stderr
    assert admin(*binding).code == 0
    assert project("up", name).code == 0
    assert project("destroy", name, "--yes").code == 0
    assert admin(*binding).code == 1
    assert admin("get", "namespace", f"{name}-dev").code == 0
