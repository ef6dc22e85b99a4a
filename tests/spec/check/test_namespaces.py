from __future__ import annotations

from mto.spec.check.namespaces import check
from mto.spec.tenant import Tenant
from tests.support.manifests import declared, tenant


def told(*tenants: Tenant) -> list[str]:
    return [str(one) for one in check(declared(*tenants))]


def test_a_namespace_belongs_to_one_tenant() -> None:
    a = tenant("a", namespaces={"withoutTenantPrefix": ["shared"]})
    b = tenant("b", namespaces={"withoutTenantPrefix": ["shared"]})
    assert told(a, b) == [
        (
            "b.yaml: spec.namespaces.withoutTenantPrefix[0]: namespace 'shared' is taken by tenant "
            "'a' (a.yaml spec.namespaces.withoutTenantPrefix[0])"
        )
    ]


def test_names_that_meet_only_with_their_prefix_are_found() -> None:
    a = tenant("a", namespaces={"withTenantPrefix": ["b-cc"]})
    ab = tenant("a-b", namespaces={"withTenantPrefix": ["cc"]})
    _, clash = told(a, ab)
    assert [clash] == [
        (
            "a-b.yaml: spec.namespaces.withTenantPrefix[0]: namespace 'a-b-cc' is taken by tenant "
            "'a' (a.yaml spec.namespaces.withTenantPrefix[0])"
        )
    ]


def test_a_namespace_is_declared_once() -> None:
    blue = tenant(
        namespaces={"withTenantPrefix": ["dev", "dev"], "withoutTenantPrefix": ["blue-dev"]}
    )
    first = "first in tenant 'blue' (blue.yaml spec.namespaces.withTenantPrefix[0])"
    assert told(blue) == [
        (
            f"blue.yaml: spec.namespaces.withTenantPrefix[1]: namespace 'blue-dev' is declared "
            f"twice; "
            f"{first}"
        ),
        (
            f"blue.yaml: spec.namespaces.withoutTenantPrefix[0]: namespace 'blue-dev' is declared "
            f"twice; {first}"
        ),
    ]


def test_a_sandbox_takes_no_declared_name() -> None:
    blue = tenant(
        accessControl={"owners": {"users": ["anna"]}},
        namespaces={"withTenantPrefix": ["anna-sandbox"], "sandboxes": {"enabled": True}},
    )
    assert told(blue) == [
        (
            "blue.yaml: spec.accessControl.owners.users[0]: the sandbox of 'anna' would be "
            "'blue-anna-sandbox', a namespace of tenant 'blue' "
            "(blue.yaml spec.namespaces.withTenantPrefix[0])"
        )
    ]


def test_a_declared_name_takes_no_sandbox_of_another_tenant() -> None:
    a = tenant(
        "a",
        accessControl={"owners": {"users": ["anna"]}},
        namespaces={"sandboxes": {"enabled": True}},
    )
    b = tenant("b", namespaces={"withoutTenantPrefix": ["a-anna-sandbox"]})
    assert told(a, b) == [
        (
            "b.yaml: spec.namespaces.withoutTenantPrefix[0]: namespace 'a-anna-sandbox' is taken "
            "by "
            "the sandbox of 'anna' in tenant 'a' (a.yaml spec.accessControl.owners.users[0])"
        )
    ]


def test_two_people_whose_sandboxes_would_have_one_name_are_told() -> None:
    blue = tenant(
        accessControl={
            "owners": {"users": ["anna@aurora.org"]},
            "editors": {"users": ["Anna@aurora.com", "anna@aurora.org"]},
        },
        namespaces={"sandboxes": {"enabled": True}},
    )
    assert told(blue) == [
        (
            "blue.yaml: spec.accessControl.editors.users[0]: the sandbox of 'Anna@aurora.com' "
            "would "
            "be 'blue-anna-aurora-sandbox', which is the sandbox of 'anna@aurora.org' in tenant "
            "'blue' (blue.yaml spec.accessControl.owners.users[0]); rename one of the two users, "
            "or "
            "list one of them among the viewers"
        )
    ]


def test_the_clusters_own_namespaces_are_nobodys() -> None:
    kube = tenant("kube", namespaces={"withTenantPrefix": ["system"]})
    blue = tenant(namespaces={"withoutTenantPrefix": ["default"]})
    assert told(kube, blue) == [
        (
            "kube.yaml: spec.namespaces.withTenantPrefix[0]: namespace 'kube-system' is reserved "
            "for "
            "the cluster itself; no tenant can have it"
        ),
        (
            "blue.yaml: spec.namespaces.withoutTenantPrefix[0]: namespace 'default' is reserved "
            "for "
            "the cluster itself; no tenant can have it"
        ),
    ]


def test_metadata_for_a_namespace_that_nobody_declares_is_remarked() -> None:
    metadata = {"specific": [{"namespaces": ["blue-dev", "dev", "lab"], "labels": {"a": "b"}}]}
    blue = tenant(namespaces={"withTenantPrefix": ["dev"], "metadata": metadata})
    path = "blue.yaml: spec.namespaces.metadata.specific[0].namespaces"
    assert told(blue) == [
        f"{path}[1]: namespace 'dev' is not declared by tenant 'blue'; did you mean 'blue-dev'?",
        f"{path}[2]: namespace 'lab' is not declared by tenant 'blue'; is an owner to make it?",
    ]


def test_more_namespaces_than_the_limit_are_not_declared() -> None:
    people = {"owners": {"users": ["anna"]}}
    spaces = {"withTenantPrefix": ["dev"], "limit": 1, "sandboxes": {"enabled": True}}
    one = tenant("blue", namespaces=spaces, accessControl=people)
    (said,) = told(one)
    assert said == (
        "blue.yaml: spec.namespaces.limit: tenant 'blue' declares 2 namespaces, sandboxes "
        "included, and may have 1; raise the limit"
    )


def test_a_name_of_a_closed_list_is_nobody_elses() -> None:
    one = tenant("blue", namespaces={"allowedNames": ["red-dev"]})
    other = tenant("red", namespaces={"withTenantPrefix": ["dev"]})
    (said,) = told(one, other)
    assert said == (
        "red.yaml: spec.namespaces.withTenantPrefix[0]: namespace 'red-dev' is taken by tenant "
        "'blue' (blue.yaml spec.namespaces.allowedNames[0])"
    )


def test_a_name_like_those_of_a_tenant_with_a_longer_name_is_remarked() -> None:
    a = tenant("a", namespaces={"withTenantPrefix": ["b-cc", "bb"], "withoutTenantPrefix": ["lab"]})
    assert told(a, tenant("a-b")) == [
        (
            "a.yaml: spec.namespaces.withTenantPrefix[0]: namespace 'a-b-cc' of tenant 'a' is "
            "named like those of tenant 'a-b', whose owners may not make it"
        )
    ]
