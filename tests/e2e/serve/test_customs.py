"""Custom resources are declarations like files; where both declare the same, the file wins."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.service import Looks, serving, soon


@pytest.fixture
def name(look: Looks) -> Iterator[str]:
    """A name for a Tenant and a Quota in the cluster, which are gone for the next test."""
    found = unique("blue")
    yield found
    for kind in ("tenant", "quota"):
        look.admin("delete", kind, found, "--ignore-not-found", "--wait=false")


def test_a_tenant_in_the_cluster_is_provisioned_and_stays_its_author_s(
    served: Project, look: Looks, name: str
) -> None:
    with serving(served):
        access = members(owners=["ann"])
        for one in (quota(name), tenant(name, "dev", quota=name, accessControl=access)):
            answer = look.admin("create", "-f", "-", stdin=json.dumps(one))
            assert answer.code == 0, answer.stderr
        soon(lambda: look.condition("tenant", name)[:2] == ("True", "UpToDate"))
        assert look.subjects(f"{name}-dev", "mto-owner-admin") == {"ann"}
        assert look.condition("tenant", name, "Valid")[2] == "declared in the cluster"
        live = look.admin("get", "tenant", name, "-o", "json").json
        assert "labels" not in live["metadata"]
        patch = '{"spec":{"accessControl":{"owners":{"users":["joe"]}}}}'
        assert look.admin("patch", "tenant", name, "--type=merge", "-p", patch).code == 0
        soon(lambda: look.subjects(f"{name}-dev", "mto-owner-admin") == {"joe"})
        patch = '{"spec":{"quota":"no-such-quota"}}'
        assert look.admin("patch", "tenant", name, "--type=merge", "-p", patch).code == 0
        soon(lambda: look.condition("tenant", name)[1] == "Invalid")
        message = look.condition("tenant", name)[2]
        assert message.startswith(
            f"Tenant {name} in the cluster: spec.quota: quota 'no-such-quota' is not declared"
        )
        assert look.subjects(f"{name}-dev", "mto-owner-admin") == {"joe"}


def test_what_a_file_declares_can_t_be_edited_in_the_cluster(
    served: Project, look: Looks, name: str
) -> None:
    served.declare(
        quota(name), tenant(name, "dev", quota=name, accessControl=members(owners=["ann"]))
    )
    with serving(served):
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert look.condition("tenant", name, "DeclaredInFile") == (
            "True",
            "File",
            "the copy of all.yaml: what is edited here is undone, edit the file instead",
        )
        patch = '{"spec":{"accessControl":{"owners":{"users":["joe"]}}}}'
        assert look.admin("patch", "tenant", name, "--type=merge", "-p", patch).code == 0

        def owners() -> list[str]:
            found = look.admin("get", "tenant", name, "-o", "json").json["spec"]
            users: list[str] = found["accessControl"]["owners"]["users"]
            return users

        soon(lambda: owners() == ["ann"])
        assert look.subjects(f"{name}-dev", "mto-owner-admin") == {"ann"}


def test_a_file_takes_over_what_was_declared_in_the_cluster(
    served: Project, look: Looks, name: str
) -> None:
    with serving(served):
        for one in (quota(name), tenant(name, "dev", quota=name)):
            assert look.admin("create", "-f", "-", stdin=json.dumps(one)).code == 0
        soon(lambda: look.condition("tenant", name)[0] == "True")
        access = members(owners=["ann"])
        served.declare(quota(name), tenant(name, "dev", quota=name, accessControl=access))
        soon(lambda: look.subjects(f"{name}-dev", "mto-owner-admin") == {"ann"})
        soon(lambda: look.condition("tenant", name, "DeclaredInFile")[0] == "True")
        soon(lambda: look.condition("tenant", name)[:2] == ("True", "UpToDate"))
