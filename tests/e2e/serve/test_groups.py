"""Members of groups get sandboxes as users do, where somebody says who they are."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.e2e.serve.conftest import As
from tests.support.kubectl import Kubectl
from tests.support.mto import GROUP, Project, quota, tenant, unique
from tests.support.service import Looks, serving, soon

DEFINITION = Path(__file__).parents[2] / "fixtures" / "groups.yaml"


def team(name: str, group: str) -> dict[str, object]:
    access = {"owners": {"users": ["anna"]}, "editors": {"groups": [group]}}
    sandboxes = {"enabled": True, "private": True}
    return tenant(name, quota=name, accessControl=access, namespaces={"sandboxes": sandboxes})


def test_openshift_s_groups_say_who_gets_a_sandbox(
    served: Project, look: Looks, as_user: As
) -> None:
    name, group = unique("blue"), unique("devs")
    served.declare(quota(name, pods=10), team(name, group))

    def sandboxes() -> set[str]:
        return set(look.status("tenant", name).get("deployedSandboxes", {}))

    def group_is(*users: str, verb: str = "replace") -> None:
        metadata = {"name": group}
        live = {"apiVersion": "user.openshift.io/v1", "kind": "Group", "metadata": metadata}
        answer = look.admin(verb, "-f", "-", stdin=json.dumps({**live, "users": list(users)}))
        assert answer.code == 0, answer.stderr

    def members() -> tuple[str, str, str]:
        return look.condition("tenant", name, "GroupMembers")

    with serving(served):
        soon(lambda: sandboxes() == {"anna"})
        assert members()[:2] == ("False", "Unknown")
        assert members()[2] == (
            f"no source says who is in {group!r}: their members get no sandboxes; set "
            "accessControl.members in the IntegrationConfig, or mto:members in the stack"
        )
        assert look.admin("create", "-f", str(DEFINITION)).code == 0
        soon(lambda: "does not name" in members()[2])
        group_is("ben", "cleo", verb="create")
        soon(lambda: sandboxes() == {"anna", "ben", "cleo"})
        assert members()[:2] == ("True", "Known")
        ben = as_user("ben", [group])
        soon(lambda: may_create(ben, f"{name}-ben-sandbox"))
        assert not may_create(ben, f"{name}-cleo-sandbox")
        group_is("ben")
        soon(lambda: sandboxes() == {"anna", "ben"})
        # The source is gone: whoever is known stays.
        assert look.admin("delete", "-f", str(DEFINITION)).code == 0
        soon(lambda: "no source says" in members()[2])
        assert sandboxes() == {"anna", "ben"}
    with serving(served) as service:
        service.quiet()
        assert sandboxes() == {"anna", "ben"}
        assert look.labels(f"{name}-ben-sandbox")["stakater.com/tenant"] == name


def may_create(person: Kubectl, space: str) -> bool:
    return person("auth", "can-i", "create", "pods", "-n", space).code == 0


def test_a_file_says_who_gets_a_sandbox_and_while_it_can_t_be_read_all_stay(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    path = served.root / "members.yaml"
    path.write_text(yaml.safe_dump({"groups": {"devs": ["ben"]}}))
    source = {"file": "members.yaml", "intervalSeconds": 5}
    served.declare(
        {
            "apiVersion": f"{GROUP}/v1beta1",
            "kind": "IntegrationConfig",
            "metadata": {"name": "tenant-operator-config"},
            "spec": {"accessControl": {"members": source}},
        },
        quota(name, pods=10),
        team(name, "devs"),
    )

    def sandboxes() -> set[str]:
        return set(look.status("tenant", name).get("deployedSandboxes", {}))

    def source_is() -> tuple[str, str, str]:
        answer = look.admin(
            *("-n", "multi-tenant-operator", "get", "integrationconfig"),
            *("tenant-operator-config", "-o", "json"),
        )
        conditions = answer.json.get("status", {}).get("conditions", ())
        (found,) = [one for one in conditions if one["type"] == "GroupMembers"] or [{}]
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    with serving(served):
        soon(lambda: sandboxes() == {"anna", "ben"})
        soon(lambda: source_is() == ("True", "Read", "1 groups, from members.yaml"))
        path.write_text("groups: {devs: [ben, cleo]}")
        soon(lambda: sandboxes() == {"anna", "ben", "cleo"})
        path.write_text("groups: nobody")
        soon(lambda: source_is()[1] == "Unreadable")
        assert source_is()[2] == (
            "members.yaml: groups must be a mapping from a group to its members; who was known "
            "before stays"
        )
        assert sandboxes() == {"anna", "ben", "cleo"}
    told = served("preview", name)
    assert "members of groups can't be read from members.yaml: groups must be" in told.stderr
