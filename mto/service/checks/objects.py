"""MTO's own objects and marks, and who may declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.ref import Ref
from mto.service.checks.check import Category, Check, Try
from mto.service.checks.scene import NAME, Manifest, Scene, Who
from mto.spec.integrationconfig import NAMESPACE
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL

GROUP: Final = "tenantoperator.stakater.com"
BOTH: Final = (Who.OWNER, Who.POWER)


def checks() -> tuple[Check, ...]:
    return (
        Check(
            "MTO-OBJ-1",
            "Block changes of MTO's objects by any verb",
            Category.OBJECTS,
            tries=_change,
            controls=_own_objects,
        ),
        Check(
            "MTO-OBJ-2",
            "Block forging MTO's marks and names",
            Category.OBJECTS,
            tries=_forge,
            controls=_own_objects,
        ),
        Check(
            "MTO-OBJ-3",
            "Block opening what MTO's NetworkPolicy closes",
            Category.OBJECTS,
            tries=_open_network,
            controls=lambda scene: [
                Try(Who.OWNER, "let their own pods talk", _network(scene, [_peers_own(scene)]))
            ],
            left_out=lambda scene: (
                ""
                if scene.config.spec.tenant_policies.network.disable_intra_tenant_networking
                else "nothing is closed: disableIntraTenantNetworking is false"
            ),
        ),
        *_declarations(),
    )


def _declarations() -> Iterator[Check]:
    yield Check(
        "MTO-OBJ-4",
        "Block declaring tenants, quotas and settings",
        Category.OBJECTS,
        tries=_declare,
        controls=_own_objects,
    )
    yield Check(
        "MTO-OBJ-5",
        "Block deleting quotas that are in use",
        Category.OBJECTS,
        tries=_delete_quota,
        controls=lambda scene: [
            Try(Who.PRIVILEGED, "declare a Quota", _quota(f"{NAME}-{scene.run}"))
        ],
        left_out=lambda scene: (
            ""
            if Who.PRIVILEGED in scene.people
            else "only privileged groups could try, and none is declared"
        ),
    )


def _delete_quota(scene: Scene) -> Iterator[Try]:
    ref = Ref(f"{GROUP}/v1beta1", "Quota", scene.tenant.spec.quota)
    yield Try(Who.PRIVILEGED, "delete the Quota of a tenant", Attempt(Verb.DELETE, ref))


def _quota(name: str) -> Attempt:
    return _declared("Quota", "v1beta1", name, spec={"resourcequota": {"hard": {"pods": 1000}}})


def _declared(kind: str, version: str, name: str, *, spec: dict[str, Any]) -> Attempt:
    api_version = f"{GROUP}/{version}"
    metadata = {"name": name}
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
    return Attempt(Verb.CREATE, Ref(api_version, kind, ""), manifest)


def _own_objects(scene: Scene) -> Iterator[Try]:
    yield Try(Who.OWNER, "create a ConfigMap", scene.create("v1", "ConfigMap"))
    yield Try(Who.POWER, "create a ConfigMap", scene.create("v1", "ConfigMap"))


def _change(scene: Scene) -> Iterator[Try]:
    """Taking the marker off is a change as well: what is unmarked would be anybody's."""
    note = {"metadata": {"annotations": {"example.org/changed": "yes"}}}
    bare = {"metadata": {"labels": {MANAGED_LABEL: None}}}
    marker = f"/metadata/labels/{MANAGED_LABEL.replace('/', '~1')}"
    for live in scene.managed:
        ref = Ref.of(live)
        steps = [{"op": "remove", "path": marker}]
        for who in BOTH:
            yield Try(who, f"change MTO's {ref}", Attempt(Verb.MERGE_PATCH, ref, note))
            yield Try(who, f"unmark MTO's {ref}", Attempt(Verb.MERGE_PATCH, ref, bare))
            yield Try(who, f"unmark MTO's {ref} by steps", Attempt(Verb.JSON_PATCH, ref, steps))
            yield Try(who, f"apply over MTO's {ref}", Attempt(Verb.APPLY, ref, _noted(live)))
            yield Try(who, f"delete MTO's {ref}", Attempt(Verb.DELETE, ref))
    for api_version, kind in sorted({(one["apiVersion"], one["kind"]) for one in scene.managed}):
        ref = Ref(api_version, kind, "", scene.namespace)
        what = f"delete every {kind} in {scene.namespace}"
        yield Try(Who.POWER, what, Attempt(Verb.DELETE_COLLECTION, ref))


def _noted(live: Manifest) -> Manifest:
    """As a person would apply it: without what the server wrote, with one annotation more."""
    metadata = live["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace", "labels") if key in metadata}
    changed = {**kept, "annotations": {"example.org/changed": "yes"}}
    rest = {key: value for key, value in live.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": changed}


def _forge(scene: Scene) -> Iterator[Try]:
    for who in BOTH:
        for what, metadata in (
            ("mark a ConfigMap as MTO's", {"labels": {MANAGED_LABEL: "true"}}),
            (
                "mark a ConfigMap as MTO's for another tenant",
                {"labels": {MANAGED_LABEL: "true", TENANT_LABEL: scene.rival}},
            ),
        ):
            yield Try(who, what, scene.create("v1", "ConfigMap", metadata=metadata))
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    binding = scene.create(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        metadata={"name": f"mto-{NAME}-{scene.run}"},
        roleRef=role,
    )
    yield Try(Who.OWNER, "take a name that MTO's objects have", binding)


def _network(scene: Scene, peers: list[dict[str, Any]] | None) -> Attempt:
    rule = {"from": peers} if peers is not None else {}
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}
    return scene.create("networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _peers_own(_: Scene) -> dict[str, Any]:
    return {"podSelector": {}}


def _open_network(scene: Scene) -> Iterator[Try]:
    rival = {"namespaceSelector": {"matchLabels": {TENANT_LABEL: scene.rival}}}
    for what, peers in (
        ("let everything in", None),
        ("let every namespace in", [{"namespaceSelector": {}}]),
        ("let another tenant in", [rival]),
        ("let every address in", [{"ipBlock": {"cidr": "0.0.0.0/0"}}]),
    ):
        yield Try(Who.OWNER, what, _network(scene, peers))


def _declare(scene: Scene) -> Iterator[Try]:
    name = f"{NAME}-{scene.run}"
    owned = {"quota": scene.tenant.spec.quota, "accessControl": {"owners": {"users": ["mto:x"]}}}
    for who in BOTH:
        yield Try(who, "declare a Tenant", _declared("Tenant", "v1beta3", name, spec=owned))
        yield Try(who, "declare a Quota", _quota(name))
        own = Ref(f"{GROUP}/v1beta3", "Tenant", scene.name)
        joined = {"spec": {"accessControl": {"owners": {"users": ["mto:x"]}}}}
        yield Try(who, "add owners to their Tenant", Attempt(Verb.MERGE_PATCH, own, joined))
        yield Try(who, "delete their Tenant", Attempt(Verb.DELETE, own))
        settings = Ref(f"{GROUP}/v1beta1", "IntegrationConfig", "tenant-operator-config", NAMESPACE)
        change = {"spec": {"tenantPolicies": {"network": {"disableHostPorts": False}}}}
        yield Try(who, "change MTO's settings", Attempt(Verb.MERGE_PATCH, settings, change))
