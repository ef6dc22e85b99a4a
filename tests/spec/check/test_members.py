from __future__ import annotations

from mto.spec.check.members import check
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Origin
from mto.spec.problem import Note
from mto.spec.tenant import Tenant
from mto.spec.world import DEFAULT_CONFIG
from tests.support.manifests import declared, tenant


def told(
    blue: Tenant, kind: type, config: Declared[IntegrationConfig] = DEFAULT_CONFIG
) -> list[str]:
    return [
        str(one) for one in check(declared(blue), config) if isinstance(one, Note) is (kind is Note)
    ]


def test_a_person_is_listed_once_in_a_role() -> None:
    blue = tenant(
        accessControl={
            "owners": {"users": ["anna", "bob", "anna"]},
            "viewers": {"groups": ["all", "all"]},
        }
    )
    assert told(blue, object) == [
        (
            "blue.yaml: spec.accessControl.owners.users[2]: 'anna' is listed twice among the "
            "owners; "
            "remove one"
        ),
        (
            "blue.yaml: spec.accessControl.viewers.groups[1]: 'all' is listed twice among the "
            "viewers; remove one"
        ),
    ]


def test_two_roles_of_one_person_are_remarked() -> None:
    blue = tenant(accessControl={"owners": {"users": ["anna"]}, "viewers": {"users": ["anna"]}})
    assert told(blue, object) == []
    assert told(blue, Note) == [
        (
            "blue.yaml: spec.accessControl.viewers.users[0]: 'anna' is owner already, which "
            "counts; "
            "viewer adds to it"
        )
    ]


def test_a_user_and_a_group_of_one_name_are_two() -> None:
    blue = tenant(accessControl={"owners": {"users": ["anna"], "groups": ["anna"]}})
    assert told(blue, Note) == []


def test_a_tenant_without_owner_is_remarked() -> None:
    assert told(tenant(), Note) == [
        "blue.yaml: spec.accessControl.owners: tenant 'blue' has no owner: nobody can manage it"
    ]


def test_groups_of_which_nobody_says_who_is_in_them_are_remarked() -> None:
    blue = tenant(
        accessControl={
            "owners": {"users": ["anna"], "groups": ["leads", "devs"]},
            "viewers": {"groups": ["all"]},
        },
        namespaces={"sandboxes": {"enabled": True}},
    )
    assert told(blue, Note) == [
        (
            "blue.yaml: spec.accessControl.owners.groups: members of 'leads', 'devs' get no "
            "sandboxes unless somebody says who they are: OpenShift's Groups, "
            "accessControl.members of the IntegrationConfig, or mto:members of the stack; or name "
            "them as users"
        )
    ]
    source = {"spec": {"accessControl": {"members": {"file": "members.yaml"}}}}
    config = Declared(IntegrationConfig.model_validate(source), Origin("config.yaml"))
    assert told(blue, Note, config) == []
