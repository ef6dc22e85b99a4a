"""Edits of manifests and edits by hand: previewed, carried out and repaired to the letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.audit import Audit
from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.mto import Manifest, Project, members, part, quota, steps, tenant, unique, until


@dataclass(frozen=True)
class Blue:
    """A tenant that is up, and the log of what is written about it from then on."""

    project: Project
    name: str
    budget: str
    audit: Audit

    def anna(self) -> str:
        return f"anna-{self.name}@example.org"

    def joe(self) -> str:
        return f"joe-{self.name}@example.org"

    def declare(self, *namespaces: str, pods: int, editors: tuple[str, ...]) -> None:
        self.project.declare(quota(self.budget, pods=pods), self.tenant(*namespaces, of=editors))

    def tenant(self, *namespaces: str, of: tuple[str, ...]) -> Manifest:
        access = members(owners=[self.anna()], editors=of)
        return tenant(self.name, *namespaces, quota=self.budget, accessControl=access)


@pytest.fixture
def blue(project: Project, audit: Callable[..., Audit]) -> Blue:
    name = unique("blue")
    one = Blue(project, name, f"budget-of-{name}", audit(name))
    one.declare("dev", "prod", pods=10, editors=(one.joe(), "kim@example.org"))
    answer = project("up")
    assert answer.code == 0, answer.stderr
    one.audit.start()
    return one


def edited(blue: Blue) -> dict[str, str]:
    """The same tenant with a namespace more, a member less and twice the budget; its steps."""
    blue.declare("dev", "prod", "qa", pods=20, editors=("kim@example.org",))
    name = blue.name
    created = {
        f"Namespace/{name}-qa": "create",
        f"ResourceQuota/{name}-qa/mto": "create",
        f"ServiceAccount/{name}-qa/default": "create",
        f"RoleBinding/{name}-qa/mto-owner-admin": "create",
        f"RoleBinding/{name}-qa/mto-owner-mto:namespace-owner": "create",
        f"RoleBinding/{name}-qa/mto-editor-edit": "create",
        f"TenantPolicy/{name}-qa/tenant-policy": "create",
    }
    updated = {
        f"Quota/{blue.budget}": "update",
        f"Tenant/{name}": "update",
        f"ClusterRole/mto:{name}:names": "update",
        **{f"TenantPolicy/{name}-{one}/tenant-policy": "update" for one in ("dev", "prod")},
        **{f"RoleBinding/{name}-{one}/mto-editor-edit": "update" for one in ("dev", "prod")},
        **{f"ResourceQuota/{name}-{one}/mto": "update" for one in ("dev", "prod")},
    }
    return created | updated


PLURALS = {
    "ClusterRole": "clusterroles",
    "Namespace": "namespaces",
    "ResourceQuota": "resourcequotas",
    "ServiceAccount": "serviceaccounts",
    "RoleBinding": "rolebindings",
    "TenantPolicy": "tenantpolicies",
    "Quota": "quotas",
    "Tenant": "tenants",
}


def writes(addresses: dict[str, str]) -> Counter[str]:
    """Every object once, each by one server-side apply; a quota's status besides."""
    kinds = [one.partition("/") for one in addresses]
    statuses = (place for kind, _, place in kinds if kind == "ResourceQuota")
    return Counter(f"patch {PLURALS[kind]} {place}" for kind, _, place in kinds) + Counter(
        f"patch resourcequotas/status {place}" for place in statuses
    )


def test_a_preview_of_an_edit_lists_exactly_what_changes_and_why(blue: Blue) -> None:
    expected = edited(blue)
    before = blue.project.files()
    report = blue.project.data("preview")
    assert steps(report) == expected
    assert report["changed"] is True
    told = {one["object"]: one for one in part(report, blue.name)["steps"]}
    name, source = blue.name, "tenants/all.yaml:"
    assert told[f"Namespace/{name}-qa"]["because"].startswith(source)
    assert told[f"Namespace/{name}-qa"]["because"].endswith("spec.namespaces.withTenantPrefix[2]")
    lost = told[f"RoleBinding/{name}-dev/mto-editor-edit"]
    assert "spec.accessControl.editors" in lost["because"]
    (change,) = lost["changes"]
    assert change["path"] == "subjects"
    assert [one["name"] for one in change["before"]] == [blue.joe(), "kim@example.org"]
    assert [one["name"] for one in change["after"]] == ["kim@example.org"]
    grown = told[f"ResourceQuota/{name}-dev/mto"]
    assert grown["changes"] == [{"path": "spec.hard.pods", "before": "5", "after": "7"}]
    assert "spec.resourcequota.hard" in grown["because"]
    assert blue.audit.writes() == Counter()
    assert blue.project.files() == before


def test_an_update_makes_exactly_the_writes_of_its_preview_and_the_next_makes_none(
    blue: Blue,
) -> None:
    expected = edited(blue)
    assert steps(blue.project.data("up")) == expected
    assert blue.audit.writes() == writes(expected)
    blue.audit.start()
    before = blue.project.files()
    report = blue.project.data("up")
    assert (report["changed"], steps(report)) == (False, {})
    assert blue.audit.writes() == Counter()
    assert blue.project.files() == before


def test_a_dropped_member_loses_every_right_in_all_namespaces(
    blue: Blue, kubectl: KubectlAs, admin: Kubectl
) -> None:
    joe = kubectl(blue.joe())
    places = [("-n", f"{blue.name}-{one}") for one in ("dev", "prod")]
    for place in places:
        until(lambda place=place: joe(*place, "get", "pods").code == 0)  # type: ignore[misc]
    edited(blue)
    assert blue.project("up").code == 0
    for place in places:
        until(lambda place=place: joe(*place, "get", "pods").code == 1)  # type: ignore[misc]
    bindings = admin("get", "rolebindings,clusterrolebindings", "-A", "-o", "json")
    assert blue.joe() not in bindings.stdout
    assert blue.project.data("explain", "--user", blue.joe()) == []


def test_the_last_member_of_a_role_takes_the_rolebindings_along(blue: Blue) -> None:
    blue.declare("dev", "prod", pods=10, editors=())
    gone = {
        f"Tenant/{blue.name}": "update",
        **{f"TenantPolicy/{blue.name}-{one}/tenant-policy": "update" for one in ("dev", "prod")},
        **{f"RoleBinding/{blue.name}-{one}/mto-editor-edit": "delete" for one in ("dev", "prod")},
    }
    assert steps(blue.project.data("up")) == gone
    assert blue.audit.writes() == Counter(
        {
            f"patch tenants {blue.name}": 1,
            f"patch tenantpolicies {blue.name}-dev/tenant-policy": 1,
            f"patch tenantpolicies {blue.name}-prod/tenant-policy": 1,
            f"delete rolebindings {blue.name}-dev/mto-editor-edit": 1,
            f"delete rolebindings {blue.name}-prod/mto-editor-edit": 1,
        }
    )


@dataclass(frozen=True)
class Damage:
    """What somebody did by hand, and what a refresh says about it."""

    binding: str
    quota: str

    @property
    def seen(self) -> dict[str, str]:
        return {self.binding: "delete", self.quota: "update"}


@pytest.fixture
def damage(blue: Blue, admin: Kubectl) -> Damage:
    dev = f"{blue.name}-dev"
    assert admin("-n", dev, "delete", "rolebinding", "mto-owner-admin").code == 0
    patch = '{"spec":{"hard":{"pods":"99"}}}'
    assert admin("-n", dev, "patch", "resourcequota", "mto", "-p", patch).code == 0
    return Damage(f"RoleBinding/{dev}/mto-owner-admin", f"ResourceQuota/{dev}/mto")


def test_a_refresh_shows_what_was_deleted_and_edited_by_hand(blue: Blue, damage: Damage) -> None:
    before = blue.project.files()
    seen = blue.project.data("refresh", blue.name, "--preview-only")
    assert steps(seen) == damage.seen
    assert blue.project.files() == before
    drift = blue.project("refresh", blue.name, "--expect-no-changes")
    assert drift.code == 1
    assert f"- {damage.binding}  (it is no longer in the cluster)" in drift.stdout
    assert f"~ {damage.quota}  (it was changed in the cluster)" in drift.stdout
    assert "~ spec.hard.pods: 5 → 99" in drift.stdout
    assert blue.audit.writes() == Counter()


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param((("refresh",), ("up",)), id="refresh, then up"),
        pytest.param((("up", "--refresh"),), id="up --refresh"),
    ],
)
def test_what_was_deleted_and_edited_by_hand_is_repaired(
    blue: Blue, damage: Damage, admin: Kubectl, commands: tuple[tuple[str, ...], ...]
) -> None:
    for command, *options in commands:
        report = blue.project.data(command, blue.name, *options)
    assert steps(report) == {damage.binding: "create", damage.quota: "update"}
    dev = f"{blue.name}-dev"
    found = admin("-n", dev, "get", "resourcequota", "mto", "-o", "jsonpath={.spec.hard.pods}")
    assert found.stdout == "5"
    assert admin("-n", dev, "get", "rolebinding", "mto-owner-admin").code == 0
    assert steps(blue.project.data("up", "--refresh", blue.name)) == {}


def test_a_list_of_classes_becomes_all_classes(project: Project, admin: Kubectl) -> None:
    """``{}`` in the place of fields that go: server-side apply by itself refuses that."""
    name = unique("classes")
    for classes in ({"allowed": ["fast"]}, {}):
        project.declare(quota(name), tenant(name, "dev", quota=name, storageClasses=classes))
        answer = project("up")
        assert answer.code == 0, answer.stderr
        for what in (("tenant", name), ("-n", f"{name}-dev", "tenantpolicy", "tenant-policy")):
            found = admin("get", *what, "-o", "json", "--show-managed-fields").json
            assert found["spec"]["storageClasses"] == classes
            managers = [
                (one["manager"], one["operation"]) for one in found["metadata"]["managedFields"]
            ]
            assert managers == [("mto", "Apply")]
    assert steps(project.data("up", "--refresh", name)) == {}
