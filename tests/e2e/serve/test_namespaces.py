"""Namespaces that owners make themselves, and what becomes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.objects import namespace
from tests.support.service import Looks, Service, serving, soon

ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "test-namespace-makers"},
    "rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}],
}
BINDINGS = {"mto-owner-admin", "mto-editor-edit"}


@pytest.fixture
def name(served: Project) -> str:
    """A tenant of Ann, who owns it, and Joe, who edits."""
    found = unique("blue")
    access = members(owners=[f"ann-{found}"], editors=[f"joe-{found}"])
    served.declare(
        {**quota(found, pods=12), "spec": {**quota(found, pods=12)["spec"], "limitrange": LIMITS}},
        tenant(found, "dev", quota=found, accessControl=access),
        {
            "apiVersion": "tenantoperator.stakater.com/v1beta1",
            "kind": "IntegrationConfig",
            "metadata": {"name": "tenant-operator-config", "namespace": "multi-tenant-operator"},
            "spec": {"tenantPolicies": {"network": {"disableIntraTenantNetworking": True}}},
        },
    )
    return found


LIMITS = {"limits": [{"type": "Container", "default": {"cpu": "100m"}}]}


def make(kubectl: Kubectl, space: str, tenant: str) -> None:
    manifest = json.dumps(namespace(space, **{"stakater.com/tenant": tenant}))
    answer = kubectl("create", "-f", "-", stdin=manifest)
    assert answer.code == 0, answer.stderr


def everything(look: Looks, space: str) -> bool:
    """Rights, quota, limits, network policy and the parameters of admission."""
    return (
        look.names("rolebinding", space) >= BINDINGS
        and "mto" in look.names("resourcequota", space)
        and "mto" in look.names("limitrange", space)
        and len(look.names("networkpolicy", space)) == 1
        and look.names("tenantpolicy", space) == {"tenant-policy"}
    )


def test_a_namespace_that_an_owner_makes_is_provisioned_from_the_watch(
    served: Project, look: Looks, name: str, as_user: Callable[..., Kubectl]
) -> None:
    ann, joe = as_user(f"ann-{name}"), as_user(f"joe-{name}")
    look.admin("apply", "-f", "-", stdin=json.dumps(ROLE))
    look.admin(
        "create",
        "clusterrolebinding",
        name,
        f"--clusterrole={ROLE['metadata']['name']}",  # type: ignore[index]
        f"--user=ann-{name}",
    )
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        service.quiet()
        space = f"{name}-own"
        make(ann, space, name)
        began = time.monotonic()
        soon(lambda: ann("-n", space, "get", "pods").code == 0)
        usable = time.monotonic() - began
        soon(lambda: everything(look, space))
        assert joe("-n", space, "auth", "can-i", "create", "deployments").stdout == "yes\n"
        soon(lambda: space in look.status("tenant", name)["managedNamespaces"])
        assert look.status("tenant", name)["deployedNamespaces"] == [f"{name}-dev"]
        assert usable < 30, "a second on a quiet machine; this one may be busy"
        hard = [
            look.admin("-n", one, "get", "resourcequota", "mto", "-o", "jsonpath={.spec.hard.pods}")
            for one in (f"{name}-dev", space)
        ]
        assert [one.stdout for one in hard] == ["6", "6"]


def test_a_namespace_joins_by_its_label_and_leaves_without_it(
    served: Project, look: Looks, name: str
) -> None:
    space = f"{name}-old"
    look.admin("create", "namespace", space)
    with serving(served):
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert look.names("rolebinding", space) == set()
        look.admin("label", "namespace", space, f"stakater.com/tenant={name}")
        soon(lambda: everything(look, space))
        look.admin("label", "namespace", space, "stakater.com/tenant-")
        soon(
            lambda: look.names("rolebinding,resourcequota,limitrange,networkpolicy", space) == set()
        )
        soon(lambda: look.status("tenant", name)["managedNamespaces"] == [f"{name}-dev"])
        assert look.labels(space) == {"kubernetes.io/metadata.name": space}


def test_a_namespace_made_again_under_its_name_inherits_nothing(
    served: Project, look: Looks, name: str
) -> None:
    space = f"{name}-own"
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        make(look.admin, space, name)
        soon(lambda: everything(look, space))
        again(look, service, space, name)
        soon(lambda: everything(look, space))


def again(look: Looks, service: Service, space: str, name: str) -> None:
    """Deleted and made again as fast as the API server allows."""
    assert look.admin("-n", space, "create", "configmap", "left").code == 0
    assert look.admin("delete", "namespace", space).code == 0
    make(look.admin, space, name)
    assert "left" not in look.names("configmap", space)
    assert service.process.poll() is None


def test_a_declared_namespace_that_somebody_deletes_is_made_again(
    served: Project, look: Looks, name: str
) -> None:
    space = f"{name}-dev"
    with serving(served):
        soon(lambda: everything(look, space))
        assert look.admin("delete", "namespace", space).code == 0
        soon(lambda: everything(look, space))
        soon(lambda: look.condition("tenant", name)[0] == "True")


def test_what_an_owner_made_may_be_deleted_and_stays_away(
    served: Project, look: Looks, name: str
) -> None:
    space = f"{name}-own"
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        make(look.admin, space, name)
        soon(lambda: everything(look, space))
        assert look.admin("delete", "namespace", space).code == 0
        soon(lambda: look.status("tenant", name)["managedNamespaces"] == [f"{name}-dev"])
        service.quiet()
        assert look.labels(space) == {}
        soon(lambda: look.condition("tenant", name)[0] == "True")
