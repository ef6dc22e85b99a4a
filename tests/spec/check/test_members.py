from __future__ import annotations

from mto.spec.check.members import check
from mto.spec.problem import Note
from mto.spec.tenant import Tenant
from tests.support.manifests import declared, tenant


def told(blue: Tenant, kind: type) -> list[str]:
    return [str(one) for one in check(declared(blue)) if isinstance(one, Note) is (kind is Note)]


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


def test_groups_get_no_sandboxes_which_is_remarked() -> None:
    blue = tenant(
        accessControl={"owners": {"groups": ["leads"]}, "viewers": {"groups": ["all"]}},
        namespaces={"sandboxes": {"enabled": True}},
    )
    assert told(blue, Note) == [
        (
            "blue.yaml: spec.accessControl.owners.groups: members of groups get no sandbox: "
            "Kubernetes has no list of a group's members; name them as users"
        )
    ]
