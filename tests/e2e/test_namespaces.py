"""Namespace objects: who may make, change and delete them. Each test acts as real users."""

from __future__ import annotations

import pytest

from tests.support.guarded import NAMESPACES, Guarded, fresh, namespace, refused
from tests.support.mto import until

# ---- creation ------------------------------------------------------------------------------------


def test_an_owner_makes_a_labelled_namespace_and_the_next_update_provisions_it(
    guarded: Guarded,
) -> None:
    name = guarded.own()
    ann = guarded.person("ann")
    assert ann("GET", f"{NAMESPACES}/{name}/pods").status == 403
    guarded.up("a")
    until(lambda: ann("GET", f"{NAMESPACES}/{name}/pods").ok)
    made = guarded.admin.get(f"{NAMESPACES}/{name}/resourcequotas")["items"]
    assert [one["metadata"]["name"] for one in made] == ["mto"]


def test_a_member_of_an_owning_group_may_as_well(guarded: Guarded) -> None:
    gina = guarded.person("gina", "a-owners")
    assert gina.create(NAMESPACES, namespace(fresh(), tenant="a")).ok


def test_without_the_label_it_is_refused(guarded: Guarded) -> None:
    refused(
        guarded.person("ann").create(NAMESPACES, namespace("a-stray")),
        "namespaces",
        "Cannot CREATE namespace a-stray without label stakater.com/tenant. User: ann. Put the "
        "name of your tenant there; only privileged users make namespaces of no tenant",
    )


@pytest.mark.parametrize("tenant", ["a-b", "A", "nobody", "", "a--b"])
def test_with_the_label_of_another_or_of_no_tenant_it_is_refused(
    guarded: Guarded, tenant: str
) -> None:
    said = guarded.person("ann").create(NAMESPACES, namespace("a-foreign", tenant=tenant))
    assert (said.status, said.policy) == (403, "mto-namespaces"), said.body
    if tenant:
        assert said.message == (
            f"Cannot CREATE namespace a-foreign for tenant {tenant}: ann is none of its owners, or "
            "the tenant has as many namespaces as it may have"
        )


@pytest.mark.parametrize("who", ["eve", "vic", "otto"])
def test_editors_viewers_and_strangers_may_not_by_rbac(guarded: Guarded, who: str) -> None:
    said = guarded.person(who).create(NAMESPACES, namespace(fresh(), tenant="a"))
    assert said.status == 403
    assert f'User "{who}" cannot create resource "namespaces"' in said.message


@pytest.mark.parametrize("name", ["kube-more", "openshift-mine", "monitoring-mine"])
def test_names_of_the_platform_are_refused(guarded: Guarded, name: str) -> None:
    refused(
        guarded.person("ann").create(NAMESPACES, namespace(name, tenant="a")),
        "namespaces",
        f"Cannot CREATE namespace {name}: the name is reserved for the platform",
    )


def test_a_name_that_a_tenant_declares_is_refused_before_it_exists(guarded: Guarded) -> None:
    for name in ("shut-one", "shut-two"):
        refused(
            guarded.person("ann").create(NAMESPACES, namespace(name, tenant="a")),
            "namespaces",
            f"Cannot CREATE namespace {name}: the name is taken by a tenant that declares it; "
            "choose another name",
        )


def test_a_closed_list_of_names_is_exact(guarded: Guarded) -> None:
    sue = guarded.person("sue")
    refused(
        sue.create(NAMESPACES, namespace("shut-three", tenant="shut")),
        "namespaces",
        "Cannot CREATE namespace shut-three: tenant shut may make namespaces of listed names only; "
        "ask an administrator for the list, spec.namespaces.allowedNames of the Tenant",
    )
    assert sue.create(NAMESPACES, namespace("shut-one", tenant="shut"), dry_run=True).ok


def test_a_forced_prefix_is_forced(guarded: Guarded) -> None:
    refused(
        guarded.person("sue").create(NAMESPACES, namespace("closed", tenant="shut")),
        "namespaces",
        "Cannot CREATE namespace closed: namespaces of tenant shut begin with shut-",
    )


def test_another_tenants_owner_is_nobody_here(guarded: Guarded) -> None:
    name = guarded.own("a")
    bob = guarded.person("bob")
    assert bob("GET", f"{NAMESPACES}/{name}").status == 403
    said = bob.create(NAMESPACES, namespace(fresh(), tenant="a"))
    assert said.message.startswith("Cannot CREATE namespace a-own")


def test_a_name_belongs_to_the_tenant_with_the_longest_prefix(guarded: Guarded) -> None:
    ann, bob = guarded.person("ann"), guarded.person("bob")
    refused(
        ann.create(NAMESPACES, namespace("a-b-x", tenant="a"), dry_run=True),
        "namespaces",
        "Cannot CREATE namespace a-b-x for tenant a: the name begins like those of another tenant; "
        "choose another name",
    )
    assert bob.create(NAMESPACES, namespace("a-b-x", tenant="a-b"), dry_run=True).ok
    assert ann.create(NAMESPACES, namespace("a-bx", tenant="a"), dry_run=True).ok


def test_a_name_that_begins_like_another_tenants_gives_no_part_of_it(guarded: Guarded) -> None:
    """``a-b-more`` is tenant a's, because its label says so; the owner of a-b has no hand in it."""
    name = "a-b-more"
    assert guarded.admin.create(NAMESPACES, namespace(name, tenant="a")).ok
    guarded.up("a", "a-b")
    ann, bob = guarded.person("ann"), guarded.person("bob")
    until(lambda: ann("GET", f"{NAMESPACES}/{name}/pods").ok)
    assert bob("GET", f"{NAMESPACES}/{name}/pods").status == 403
    assert ann("GET", f"{NAMESPACES}/a-b-dev/pods").status == 403


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        pytest.param(
            {"finalizers": ["example.org/keep"]},
            "Finalizers and ownerReferences of namespace a-marked stay as they are: they decide "
            "when it is deleted",
            id="finalizer",
        ),
        pytest.param(
            {"labels": {"mto.stakater.com/managed": "true"}},
            "Labels of namespace a-marked that steer MTO stay as they are: those that begin with "
            "mto.stakater.com/, and app.kubernetes.io/managed-by, stage, stakater.com/kind; ask an "
            "administrator",
            id="MTO's marker",
        ),
        pytest.param(
            {"labels": {"stage": "play"}},
            "Labels of namespace a-marked that steer MTO stay as they are: those that begin with "
            "mto.stakater.com/, and app.kubernetes.io/managed-by, stage, stakater.com/kind; ask an "
            "administrator",
            id="a label that decides about roles",
        ),
        pytest.param(
            {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
            "Pod Security of namespace a-marked can be made stricter, never looser: labels "
            "pod-security.kubernetes.io/… keep their value or get a stricter level; ask an "
            "administrator",
            id="Pod Security",
        ),
        pytest.param(
            {"annotations": {"scheduler.alpha.kubernetes.io/node-selector": "role=master"}},
            "Annotations of namespace a-marked that begin with mto.stakater.com/, openshift.io/, "
            "pulumi.com/, scheduler.alpha.kubernetes.io/ stay as they are; ask an administrator",
            id="annotation of the scheduler",
        ),
    ],
)
def test_what_steers_the_platform_is_not_for_owners(
    guarded: Guarded, metadata: dict[str, object], message: str
) -> None:
    made = namespace("a-marked", tenant="a", **metadata)
    refused(guarded.person("ann").create(NAMESPACES, made, dry_run=True), "namespaces", message)


# ---- deletion ------------------------------------------------------------------------------------


def test_owners_delete_what_they_made_and_nothing_else(guarded: Guarded) -> None:
    name, ann = guarded.own(), guarded.person("ann")
    guarded.up("a")
    refused(
        ann.delete(f"{NAMESPACES}/a-dev"),
        "namespaces",
        "Cannot DELETE namespace a-dev: it is declared for tenant a, and goes when the Tenant no "
        "longer declares it; owners delete the namespaces that they made",
    )
    until(lambda: ann.delete(f"{NAMESPACES}/{name}").ok)
    until(lambda: guarded.admin("GET", f"{NAMESPACES}/{name}").status == 404)
    guarded.space("nobodys")
    for foreign in ("a-b-dev", "nobodys", "shut-dev"):
        said = guarded.person("mallory").delete(f"{NAMESPACES}/{foreign}")
        assert (said.status, said.policy) == (403, "mto-namespaces"), said.body
