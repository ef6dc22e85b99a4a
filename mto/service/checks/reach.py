"""Reach from one tenant into another, into the platform, and into other people's names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.ref import Ref
from mto.service.checks.check import Category, Check, Review, Try
from mto.service.checks.requests import RBAC, binding, role
from mto.service.checks.scene import NAME, Scene, Who
from mto.spec.integrationconfig import NAMESPACE

PLATFORM: Final = (NAMESPACE, "kube-system", "default")


def checks() -> tuple[Check, ...]:
    return (*_reach(), _rights(), _roles())


def _reach() -> tuple[Check, ...]:
    own = _own_secrets
    return (
        Check(
            "MTO-TI-1",
            "Block reads and writes in another tenant's namespaces",
            Category.TENANT,
            tries=_into_rivals,
            controls=own,
        ),
        Check(
            "MTO-TI-2",
            "Block a pod's service account from other tenants",
            Category.TENANT,
            tries=_by_account,
            controls=own,
        ),
        Check(
            "MTO-TI-3",
            "Block reads and writes in the platform's namespaces",
            Category.CONTROL_PLANE,
            tries=_into_platform,
            controls=own,
        ),
        Check(
            "MTO-TI-4",
            "Block acting as somebody else",
            Category.CONTROL_PLANE,
            tries=_as_others,
            controls=own,
        ),
    )


def _rights() -> Check:
    return Check(
        "MTO-RB-1",
        "Block rights for people and programs outside of the tenant",
        Category.TENANT,
        tries=_bindings,
        controls=lambda scene: [
            Try(
                Who.OWNER,
                "bind view to a service account of their own",
                binding(scene, "view", kind="ClusterRole"),
            )
        ],
    )


def _roles() -> Check:
    """Kubernetes refuses those who lack the rights themselves; admission refuses the others too."""
    verbs = (("bind", "clusterroles"), ("escalate", "roles"), ("impersonate", "users"))
    return Check(
        "MTO-RB-2",
        "Block Roles that make more of one's rights",
        Category.TENANT,
        tries=lambda scene: [
            Try(who, f"create a Role with the verb {verb}", role(scene, verb, resource))
            for who in (Who.OWNER, Who.POWER)
            for verb, resource in verbs
        ],
        controls=lambda scene: [
            Try(Who.OWNER, "create a Role", role(scene, "get", "pods", group="")),
            Try(Who.POWER, "create a Role", role(scene, "get", "pods", group="")),
        ],
    )


def _own_secrets(scene: Scene) -> Iterator[Try]:
    yield Try(Who.OWNER, "list their own secrets", _list("Secret", scene.namespace))
    yield Try(Who.OWNER, "create a ConfigMap of their own", scene.create("v1", "ConfigMap"))


def _list(kind: str, namespace: str) -> Attempt:
    return Attempt(Verb.LIST, Ref("v1", kind, "", namespace))


def _into(scene: Scene, who: Who, namespace: str) -> Iterator[Try]:
    for kind in ("Secret", "ConfigMap", "Pod"):
        yield Try(who, f"list {kind}s of namespace {namespace}", _list(kind, namespace))
    for what, attempt in (
        ("create a ConfigMap", scene.create("v1", "ConfigMap", namespace=namespace)),
        (
            "apply a ConfigMap",
            Attempt(
                Verb.APPLY,
                Ref("v1", "ConfigMap", NAME, namespace),
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": NAME, "namespace": namespace},
                },
            ),
        ),
        (
            "delete all ConfigMaps",
            Attempt(Verb.DELETE_COLLECTION, Ref("v1", "ConfigMap", "", namespace)),
        ),
    ):
        yield Try(who, f"{what} in namespace {namespace}", attempt)
    spec = scene.pod_spec()
    pod = scene.create("v1", "Pod", namespace=namespace, spec=spec)
    yield Try(who, f"run a pod in namespace {namespace}", pod)


def _into_rivals(scene: Scene) -> Iterator[Try]:
    yield from _into(scene, Who.OWNER, scene.rival_namespace)
    yield from _into(scene, Who.RIVAL, scene.namespace)
    for who in (Who.EDITOR, Who.VIEWER, Who.STRANGER):
        place = scene.rival_namespace if who is not Who.STRANGER else scene.namespace
        yield Try(who, f"list secrets of namespace {place}", _list("Secret", place))


def _by_account(scene: Scene) -> Iterator[Try]:
    yield from _into(scene, Who.ACCOUNT, scene.rival_namespace)
    for verb in ("list", "create"):
        review = Review(verb, "", "namespaces")
        yield Try(Who.ACCOUNT, f"{verb} namespaces", review)


def _into_platform(scene: Scene) -> Iterator[Try]:
    for namespace in PLATFORM:
        yield from _into(scene, Who.OWNER, namespace)


def _as_others(scene: Scene) -> Iterator[Try]:
    for group, resource in (("", "users"), ("", "groups"), ("", "serviceaccounts")):
        review = Review("impersonate", group, resource)
        yield Try(Who.OWNER, f"impersonate {resource}", review)
    for place in (scene.rival_namespace, NAMESPACE, "kube-system"):
        ref = Ref("v1", "ServiceAccount", "default", place)
        token = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        what = f"get a token of a service account in {place}"
        yield Try(Who.OWNER, what, Attempt(Verb.CREATE, ref, token, "token"))
    for verb in ("approve", "sign"):
        review = Review(verb, "certificates.k8s.io", "signers")
        yield Try(Who.OWNER, f"{verb} client certificates", review)


def _bindings(scene: Scene) -> Iterator[Try]:
    """Groups that everybody is in, other tenants' accounts, and roles beyond one's own."""
    for what, subject in (
        ("everybody", {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}),
        ("nobody in particular", {"apiGroup": RBAC, "kind": "User", "name": "system:anonymous"}),
        (
            "all service accounts",
            {"apiGroup": RBAC, "kind": "Group", "name": "system:serviceaccounts"},
        ),
        (
            "a service account of another tenant",
            {"kind": "ServiceAccount", "name": "default", "namespace": scene.rival_namespace},
        ),
        (
            "all service accounts of another tenant",
            {
                "apiGroup": RBAC,
                "kind": "Group",
                "name": f"system:serviceaccounts:{scene.rival_namespace}",
            },
        ),
        ("a stranger", {"apiGroup": RBAC, "kind": "User", "name": "mto:stranger"}),
    ):
        attempt = binding(scene, "view", kind="ClusterRole", subject=subject)
        yield Try(Who.OWNER, f"give rights to {what}", attempt)
    cluster_admin = binding(scene, "cluster-admin", kind="ClusterRole")
    yield Try(Who.OWNER, "give cluster-admin in their namespace", cluster_admin)
