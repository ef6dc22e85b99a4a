"""The checks of the Kubernetes multi-tenancy working group's benchmark (kubectl-mtb).

Ids and meaning are the benchmark's, its last version of January 2021 with the network check that
was taken out again; its check of NodePorts has the id of the one of host paths there
(MTB-PL1-BC-HI-1) and gets the next free one here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.kinds import Served
from mto.cluster.ref import Ref
from mto.service.checks import containers, network
from mto.service.checks.check import Category, Check, Review, Try
from mto.service.checks.requests import RBAC, binding, role
from mto.service.checks.scene import Scene, Who

VERBS: Final = ("get", "list", "create", "update", "patch", "watch", "delete", "deletecollection")
READ_CLASSES: Final = {
    "storageclasses": "storage_classes",
    "ingressclasses": "ingress_classes",
    "priorityclasses": "pod_priority_classes",
    "runtimeclasses": "runtime_classes",
    "gatewayclasses": "gateway_classes",
}
"""Kinds that members may read where the Tenant allows all of their objects."""
COUNTED: Final = (
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)


def checks() -> tuple[Check, ...]:
    return (
        *_control_plane(),
        *containers.checks(),
        *_fairness(),
        *_tenants(),
        *network.checks(),
        *_self_service(),
    )


def _control_plane() -> Iterator[Check]:
    yield Check(
        "MTB-PL1-CC-CPI-1",
        "Block access to cluster resources",
        Category.CONTROL_PLANE,
        tries=_cluster_resources,
        controls=_reads_own_pods,
    )
    yield Check(
        "MTB-PL1-BC-CPI-2",
        "Block access to multitenant resources",
        Category.TENANT,
        tries=_managed,
        controls=lambda scene: [
            Try(Who.OWNER, "create a ConfigMap", scene.create("v1", "ConfigMap"))
        ],
    )


def _reads_own_pods(scene: Scene) -> Iterator[Try]:
    review = Review("list", "", "pods", scene.namespace)
    yield Try(Who.OWNER, "list the pods of their own namespace", review)


def _cluster_resources(scene: Scene) -> Iterator[Try]:
    """All that is stored outside of namespaces; reviews are questions and not stored."""
    for kind in scene.kinds:
        if kind.namespaced or "get" not in kind.verbs:
            continue
        for verb in VERBS:
            if verb in kind.verbs and not _granted(scene, kind, verb):
                what = f"{verb} {kind.readable} of the whole cluster"
                yield Try(Who.OWNER, what, Review(verb, kind.group, kind.plural))


def _granted(scene: Scene, kind: Served, verb: str) -> bool:
    """By MTO's own semantics: making namespaces, which admission guards, and reading classes."""
    if (kind.readable, verb) == ("namespaces", "create"):
        return True
    field = READ_CLASSES.get(kind.plural)
    classes = getattr(scene.tenant.spec, field) if field else None
    return verb in {"get", "list", "watch"} and classes is not None and not classes.allowed


def _managed(scene: Scene) -> Iterator[Try]:
    """Everything of MTO's in the namespace but quotas, which have a check of their own."""
    note = {"metadata": {"annotations": {"example.org/changed": "yes"}}}
    for ref in map(Ref.of, scene.managed):
        if ref.kind != "ResourceQuota":
            yield Try(Who.OWNER, f"change MTO's {ref}", Attempt(Verb.MERGE_PATCH, ref, note))
            yield Try(Who.OWNER, f"delete MTO's {ref}", Attempt(Verb.DELETE, ref))


def _fairness() -> Iterator[Check]:
    yield Check(
        "MTB-PL1-CC-FNS-1",
        "Configure namespace resource quotas",
        Category.FAIRNESS,
        facts=lambda scene: _unlimited(scene, ("cpu", "memory", "ephemeral-storage")),
        left_open=_quota_leaves_out,
    )
    yield Check(
        "MTB-PL1-CC-FNS-2",
        "Configure namespace object limits",
        Category.FAIRNESS,
        facts=lambda scene: _unlimited(scene, COUNTED),
        left_open=_quota_leaves_out,
    )


def _unlimited(scene: Scene, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if not {key, f"requests.{key}", f"limits.{key}", f"count/{key}"} & scene.hard:
            yield f"the quota of namespace {scene.namespace} does not limit {key}"


def _quota_leaves_out(scene: Scene) -> str:
    """MTO limits what the Quota names; a namespace without any share of it is another matter."""
    return f"Quota {scene.tenant.spec.quota!r} does not name it" if scene.hard else ""


def _tenants() -> Iterator[Check]:
    yield Check(
        "MTB-PL1-CC-TI-1",
        "Block modification of resource quotas",
        Category.TENANT,
        tries=lambda scene: [
            Try(who, f"{verb} resource quotas", Review(verb, "", "resourcequotas", scene.namespace))
            for who in (Who.OWNER, Who.EDITOR)
            for verb in ("create", "update", "patch", "delete", "deletecollection")
        ],
        controls=lambda scene: [
            Try(
                Who.OWNER,
                "read the resource quotas",
                Review("get", "", "resourcequotas", scene.namespace),
            )
        ],
    )
    yield Check(
        "MTB-PL1-CC-TI-2",
        "Block access to other tenant resources",
        Category.TENANT,
        tries=_other_tenants,
        controls=_reads_own_pods,
    )


def _other_tenants(scene: Scene) -> Iterator[Try]:
    """In both directions."""
    for kind in scene.kinds:
        if not kind.namespaced:
            continue
        for verb in (one for one in VERBS if one in kind.verbs):
            for who, where in (
                (Who.OWNER, scene.rival_namespace),
                (Who.RIVAL, scene.namespace),
            ):
                review = Review(verb, kind.group, kind.plural, where)
                yield Try(who, f"{verb} {kind.readable} in namespace {where}", review)


def _self_service() -> Iterator[Check]:
    yield Check(
        "MTB-PL2-BC-OPS-3",
        "Create role bindings",
        Category.SELF_SERVICE,
        controls=_grants,
        tries=lambda scene: [
            Try(
                Who.OWNER,
                "bind cluster-admin in their namespace",
                binding(scene, "cluster-admin", kind="ClusterRole"),
            )
        ],
    )
    yield Check(
        "MTB-PL2-BC-OPS-4",
        "Create network policies",
        Category.SELF_SERVICE,
        controls=lambda scene: [
            Try(
                Who.OWNER,
                f"{verb} network policies",
                Review(verb, "networking.k8s.io", "networkpolicies", scene.namespace),
            )
            for verb in VERBS
        ],
    )


def _grants(scene: Scene) -> Iterator[Try]:
    for resource in ("roles", "rolebindings"):
        for verb in VERBS:
            review = Review(verb, RBAC, resource, scene.namespace)
            yield Try(Who.OWNER, f"{verb} {resource} in their own namespace", review)
    yield Try(Who.OWNER, "create a Role", role(scene, "get", "pods", group=""))
    yield Try(Who.OWNER, "bind view in their namespace", binding(scene, "view", kind="ClusterRole"))
