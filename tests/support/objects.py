"""Manifests of many kinds, and a client to hand them to a real API server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.errors import NotFound

T = TypeVar("T")
Manifest = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
POD = {"containers": [{"name": "main", "image": "none"}]}
LABELS = {"app": "web"}
MANAGED = {"mto.stakater.com/managed": "true"}


def run(connection: Connection, say: Callable[[Cluster], Awaitable[T]], **options: Any) -> T:
    async def main() -> T:
        async with Cluster(connection, **options) as cluster:
            return await say(cluster)

    return asyncio.run(main())


def namespace(name: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def manifest(api_version: str, kind: str, space: str = "", **fields: Any) -> Manifest:
    metadata = {"name": fields.pop("name", "probe")} | ({"namespace": space} if space else {})
    # Labelled, as all of ours: an object without a single field has no managedFields at all.
    metadata |= fields.pop("metadata", {"labels": LABELS})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def config(space: str, name: str = "settings", **data: str) -> Manifest:
    return manifest("v1", "ConfigMap", space, name=name, data=data)


def definition(group: str, kind: str = "Widget", plural: str = "widgets") -> Manifest:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {
        "plural": plural,
        "singular": kind.lower(),
        "kind": kind,
        "listKind": f"{kind}List",
    }
    approved = {"annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}}
    return manifest(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        name=f"{plural}.{group}",
        metadata=approved if group.endswith(".k8s.io") else {"labels": LABELS},
        spec={"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    )


def in_a_namespace(space: str) -> Iterator[Manifest]:
    role_ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    template = {"metadata": {"labels": LABELS}, "spec": POD}
    selector = {"matchLabels": LABELS}
    yield config(space, "probe", key="value")
    yield manifest("v1", "Secret", space, stringData={"key": "value"})
    yield manifest("v1", "ServiceAccount", space)
    yield manifest("v1", "ResourceQuota", space, spec={"hard": {"count/widgets": "5"}})
    yield manifest("v1", "LimitRange", space, spec={"limits": []})
    yield manifest("v1", "Service", space, spec={"ports": [{"port": 80}]})
    yield manifest("v1", "PersistentVolumeClaim", space, spec=claim)
    yield manifest("v1", "Pod", space, spec=POD)
    yield manifest(f"{RBAC}/v1", "Role", space, rules=[])
    yield manifest(f"{RBAC}/v1", "RoleBinding", space, roleRef=role_ref)
    yield manifest("networking.k8s.io/v1", "NetworkPolicy", space, spec={"podSelector": {}})
    yield manifest(
        "apps/v1", "Deployment", space, spec={"selector": selector, "template": template}
    )
    yield manifest("policy/v1", "PodDisruptionBudget", space, spec={"minAvailable": 1})
    yield manifest("coordination.k8s.io/v1", "Lease", space, spec={"holderIdentity": "me"})


def cluster_wide(name: str) -> Iterator[Manifest]:
    role_ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["x"]}
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "true"}],
    }
    admission = "admissionregistration.k8s.io/v1"
    yield namespace(name)
    yield manifest(f"{RBAC}/v1", "ClusterRole", name=name, rules=[])
    yield manifest(f"{RBAC}/v1", "ClusterRoleBinding", name=name, roleRef=role_ref)
    yield manifest("storage.k8s.io/v1", "StorageClass", name=name, provisioner="none")
    yield manifest("scheduling.k8s.io/v1", "PriorityClass", name=name, value=1)
    yield manifest(admission, "ValidatingAdmissionPolicy", name=name, spec=policy)
    yield manifest(
        admission,
        "ValidatingAdmissionPolicyBinding",
        name=name,
        spec={"policyName": name, "validationActions": ["Deny"]},
    )
    yield definition(f"{name}.example.com")


async def served(cluster: Cluster, made: Manifest, kind: str = "Widget") -> str:
    """Until the kind of a definition made a moment ago can be used; its API version."""
    api_version = f"{made['spec']['group']}/v1"
    async with asyncio.timeout(20):
        while True:
            try:
                await cluster.list(api_version, kind)
            except NotFound:
                await asyncio.sleep(0.1)
            else:
                return api_version


INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: {namespace}}}
spec:
  rules:
    - host: {host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {{service: {{name: web, port: {{number: 80}}}}}}
"""
"""An Ingress ``web``, to be formatted with its ``namespace`` and ``host``."""
