"""RoleBindings and Roles that owners make: rights stay among the tenant's members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.caller import MERGE
from tests.support.guarded import Guarded, refused

HERE = "/apis/rbac.authorization.k8s.io/v1/namespaces/a-prod"
GROUP = "rbac.authorization.k8s.io"


def binding(*subjects: dict[str, str], role: str = "view", name: str = "mine") -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def user(name: str) -> dict[str, str]:
    return {"apiGroup": GROUP, "kind": "User", "name": name}


def group(name: str) -> dict[str, str]:
    return {"apiGroup": GROUP, "kind": "Group", "name": name}


def account(namespace: str, name: str = "default") -> dict[str, str]:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


OWN = {
    "a member": user("vic"),
    "a group of members": group("a-owners"),
    "an own service account": account("a-prod"),
    "one of another own namespace": account("a-dev", "builder"),
    "all of the namespace": group("system:serviceaccounts:a-prod"),
}
STRANGERS = {
    "another tenant's member": user("bob"),
    "a stranger": user("otto"),
    "anonymous": user("system:anonymous"),
    "another tenant's account": account("a-b-dev"),
    "another tenant's account as a user": user("system:serviceaccount:a-b-dev:default"),
    "the clusters' account": account("kube-system", "namespace-controller"),
    "everybody": group("system:authenticated"),
    "everybody unknown": group("system:unauthenticated"),
    "every account": group("system:serviceaccounts"),
    "all accounts of another tenant": group("system:serviceaccounts:a-b-dev"),
    "administrators": group("system:masters"),
}


@pytest.mark.parametrize("subject", OWN.values(), ids=list(OWN))
def test_members_and_own_service_accounts_may_be_given_rights(
    guarded: Guarded, subject: dict[str, str]
) -> None:
    said = guarded.person("ann").create(f"{HERE}/rolebindings", binding(subject), dry_run=True)
    assert said.ok, said.body


@pytest.mark.parametrize("subject", STRANGERS.values(), ids=list(STRANGERS))
def test_nobody_else_may(guarded: Guarded, subject: dict[str, str]) -> None:
    made = binding(user("eve"), subject)
    said = guarded.person("ann").create(f"{HERE}/rolebindings", made, dry_run=True)
    refused(
        said,
        "role-bindings",
        f"RoleBinding mine gives rights in namespace a-prod to {subject['kind']} "
        f"{subject['name']}: only members of tenant a and service accounts of its namespaces may "
        "have them. Members are listed in the Tenant; ask an administrator",
    )


def test_no_stranger_is_added_afterwards(guarded: Guarded) -> None:
    ann, path = guarded.person("ann"), f"{HERE}/rolebindings"
    assert ann.create(path, binding(user("vic"), name="grows")).ok
    patch = {"subjects": [user("vic"), user("bob")]}
    refused(ann("PATCH", f"{path}/grows", patch, kind=MERGE), "role-bindings")
    assert ann.delete(f"{path}/grows").ok


@pytest.mark.parametrize("role", ["mto:namespace-owner", "mto:a:namespaces"])
def test_roles_of_mto_are_not_handed_on(guarded: Guarded, role: str) -> None:
    refused(
        guarded.person("ann").create(f"{HERE}/rolebindings", binding(user("eve"), role=role)),
        "role-bindings",
        f"RoleBinding mine binds the ClusterRole {role}, which tenants must not hand out",
    )


def test_more_than_one_has_is_refused_by_kubernetes_itself(guarded: Guarded) -> None:
    made = binding(user("ann"), role="cluster-admin")
    said = guarded.person("ann").create(f"{HERE}/rolebindings", made)
    assert said.status == 403
    assert said.policy == ""
    assert "attempting to grant RBAC permissions not currently held" in said.message


ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
TRICKS = {
    "bind": {"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["bind"]},
    "escalate": {"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["get", "escalate"]},
    "everything": ALL,
    "everything of RBAC": {**ALL, "apiGroups": [GROUP]},
    "impersonate people": {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]},
}


@pytest.mark.parametrize("rule", TRICKS.values(), ids=list(TRICKS))
def test_a_role_is_no_ladder(guarded: Guarded, rule: dict[str, Any]) -> None:
    """As somebody who holds everything, so that RBAC's own check has nothing against it."""
    there = HERE.replace("a-prod", "a-dev")
    everything = binding(user("ann"), role="cluster-admin", name="everything")
    guarded.admin.create(f"{there}/rolebindings", everything)
    said = guarded.person("ann").create(
        f"{there}/roles", {"metadata": {"name": "ladder"}, "rules": [rule]}, dry_run=True
    )
    refused(said, "roles")
    assert said.message.startswith("Role ladder has the verb")


def test_an_ordinary_role_is_fine(guarded: Guarded) -> None:
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]},
    ]
    made = {"metadata": {"name": "plain"}, "rules": rules}
    assert guarded.person("ann").create(f"{HERE}/roles", made, dry_run=True).ok
    empty = {"metadata": {"name": "empty"}}
    assert guarded.person("ann").create(f"{HERE}/roles", empty, dry_run=True).ok
