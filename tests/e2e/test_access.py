"""What real people may do once ``mto up`` has run: with their own certificates, never by --as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.mto import Project, members, quota, tenant, unique, until

Person = Callable[..., Kubectl]


@dataclass(frozen=True)
class Company:
    """Two tenants; sandboxes are private in ``blue`` and for all members in ``red``."""

    project: Project
    blue: str
    red: str
    people: KubectlAs

    def person(self, name: str, *groups: str) -> Kubectl:
        mine = [f"{self.blue}-{group}" for group in groups]
        return self.people(f"{name}-{self.blue}@example.org", mine)

    @property
    def dev(self) -> str:
        return f"{self.blue}-dev"


@pytest.fixture(scope="module")
def company(
    control_plane: ControlPlane, kubectl: KubectlAs, tmp_path_factory: pytest.TempPathFactory
) -> Company:
    project = Project(tmp_path_factory.mktemp("company"), control_plane.kubeconfig)
    blue, red, budget = unique("blue"), unique("red"), unique("small")

    def user(name: str) -> str:
        return f"{name}-{blue}@example.org"

    access = members(
        owners=[user("anna")], editors=[user("erik"), user("elsa")], viewers=[user("vera")]
    )
    access["editors"]["groups"] = [f"{blue}-engineers"]
    public = members(owners=[user("rosa")], editors=[user("rolf")], viewers=[user("ruth")])
    project.declare(
        quota(budget, **{"pods": 10, "count/configmaps": 20}),
        tenant(
            blue,
            *("dev", "prod"),
            quota=budget,
            accessControl=access,
            namespaces={"sandboxes": {"enabled": True, "private": True}},
        ),
        tenant(
            red,
            "dev",
            quota=budget,
            accessControl=public,
            namespaces={"sandboxes": {"enabled": True, "private": False}},
        ),
    )
    answer = project("up")
    assert answer.code == 0, answer.stderr
    found = Company(project, blue, red, kubectl)
    # The API server's authorizer learns of new bindings from a watch.
    until(lambda: may(found.person("anna"), "get", "pods", "-n", found.dev))
    until(lambda: may(found.person("ruth"), "get", "pods", "-n", f"{red}-dev"))
    # It refuses workloads until it knows the parameters of its new policies.
    probe = ("create", "deployment", "probe", "--image=none.example.org/web", "--dry-run=server")
    for space in (found.dev, f"{blue}-prod"):
        until(lambda space=space: found.person("anna")("-n", space, *probe).code == 0)  # type: ignore[misc]
    return found


def may(person: Kubectl, *what: str) -> bool:
    answer = person("auth", "can-i", *what)
    assert answer.stdout.strip() in {"yes", "no"}, answer.stderr
    return answer.stdout.strip() == "yes"


def test_an_owner_deploys_in_her_namespaces_and_nowhere_else(company: Company) -> None:
    anna = company.person("anna")
    image = ("deployment", "web", "--image=none.example.org/web")
    for namespace in (company.dev, f"{company.blue}-prod"):
        assert may(anna, "create", "deployments", "-n", namespace)
        assert anna("-n", namespace, "create", *image).code == 0
    for namespace in (f"{company.red}-dev", "default", "kube-system", "multi-tenant-operator"):
        assert not may(anna, "create", "deployments", "-n", namespace)
        refused = anna("-n", namespace, "create", *image)
        assert refused.code == 1
        assert "deployments.apps is forbidden" in refused.stderr


def test_an_owner_reads_her_quota_and_can_neither_raise_nor_delete_it(company: Company) -> None:
    anna = company.person("anna")
    assert anna("-n", company.dev, "get", "resourcequota", "mto").code == 0
    for verb in ("create", "update", "patch", "delete"):
        assert not may(anna, verb, "resourcequotas", "-n", company.dev)
    body = '{"spec":{"hard":{"pods":"100"}}}'
    patched = anna("-n", company.dev, "patch", "resourcequota", "mto", "-p", body)
    deleted = anna("-n", company.dev, "delete", "resourcequota", "mto")
    assert "cannot patch resource" in patched.stderr
    assert "cannot delete resource" in deleted.stderr


def test_an_owner_gives_rights_within_her_namespace_but_none_that_she_lacks(
    company: Company,
) -> None:
    anna = company.person("anna")
    friend = f"--user=vera-{company.blue}@example.org"
    make = ("-n", company.dev, "create", "rolebinding")
    assert anna(*make, "friends", "--clusterrole=view", friend).code == 0
    stolen = anna(*make, "power", "--clusterrole=cluster-admin", friend)
    assert stolen.code == 1
    assert "attempting to grant RBAC permissions not currently held" in stolen.stderr


def test_an_editor_deploys_and_gives_no_rights(company: Company) -> None:
    erik = company.person("erik")
    namespace = ("-n", company.dev)
    assert erik(*namespace, "create", "configmap", "erik").code == 0
    assert may(erik, "create", "deployments", *namespace)
    assert may(erik, "get", "secrets", *namespace)
    assert not may(erik, "create", "rolebindings", *namespace)
    assert not may(erik, "patch", "resourcequotas", *namespace)
    assert not may(erik, "create", "deployments", "-n", f"{company.red}-dev")


def test_a_viewer_reads_and_sees_no_secret(company: Company) -> None:
    vera = company.person("vera")
    namespace = ("-n", company.dev)
    assert vera(*namespace, "get", "deployments,configmaps,resourcequotas").code == 0
    assert vera(*namespace, "get", "tenantpolicies.mto.stakater.com", "tenant-policy").code == 0
    secrets = vera(*namespace, "get", "secrets")
    assert 'cannot list resource "secrets"' in secrets.stderr
    made = vera(*namespace, "create", "configmap", "vera")
    assert 'cannot create resource "configmaps"' in made.stderr
    assert not may(vera, "get", "pods", "-n", f"{company.red}-dev")


def test_an_outsider_can_do_nothing(company: Company) -> None:
    otto = company.person("otto")
    for namespace in (company.dev, f"{company.red}-dev", f"{company.blue}-prod"):
        for what in ("pods", "configmaps", "secrets", "resourcequotas", "rolebindings"):
            assert not may(otto, "list", what, "-n", namespace)
    assert not may(otto, "list", "namespaces")
    assert not may(otto, "list", "tenants.tenantoperator.stakater.com")


def test_a_member_of_a_group_has_the_groups_role(company: Company) -> None:
    gina = company.person("gina", "engineers")
    assert gina("-n", company.dev, "create", "configmap", "gina").code == 0
    assert not may(gina, "create", "rolebindings", "-n", company.dev)
    assert not may(company.person("gina"), "create", "configmaps", "-n", company.dev)
    assert not may(gina, "get", "pods", "-n", f"{company.red}-dev")


def test_a_private_sandbox_is_its_persons_alone(company: Company) -> None:
    def sandbox(name: str) -> str:
        return f"{company.blue}-{name}-{company.blue}-example-sandbox"

    anna, erik = company.person("anna"), company.person("erik")
    assert anna("-n", sandbox("anna"), "create", "configmap", "mine").code == 0
    assert erik("-n", sandbox("erik"), "create", "configmap", "mine").code == 0
    for stranger in (anna, company.person("elsa"), company.person("gina", "engineers")):
        assert not may(stranger, "get", "configmaps", "-n", sandbox("erik"))
    assert not may(erik, "get", "configmaps", "-n", sandbox("anna"))
    assert may(anna, "create", "rolebindings", "-n", sandbox("anna"))
    assert not may(erik, "create", "rolebindings", "-n", sandbox("erik"))


def test_a_public_sandbox_is_for_all_members_in_their_roles(company: Company) -> None:
    sandbox = ("-n", f"{company.red}-rolf-{company.blue}-example-sandbox")
    assert may(company.person("rolf"), "create", "configmaps", *sandbox)
    assert may(company.person("rosa"), "create", "rolebindings", *sandbox)
    assert may(company.person("ruth"), "get", "configmaps", *sandbox)
    assert not may(company.person("ruth"), "create", "configmaps", *sandbox)
    assert not may(company.person("anna"), "get", "configmaps", *sandbox)


def test_a_viewer_gets_no_sandbox(company: Company, admin: Kubectl) -> None:
    names = admin("get", "namespaces", "-o", "name").stdout
    assert f"{company.blue}-erik-" in names
    assert f"{company.blue}-vera-" not in names
