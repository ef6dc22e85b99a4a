"""The program behind tests/fixtures/checkpoints, as a plan: what the CLI ran, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mto.plan.resource import PROVIDER, Key, Plan, Resource, kubernetes_type
from mto.state.checkpoint import Checkpoint, parse
from mto.state.secret import Secret

FIXTURES = Path(__file__).parents[1] / "fixtures" / "checkpoints"
TENANT = Key("mto:tenancy:Tenant", "blue")
NAMESPACE = Key("kubernetes:core/v1:Namespace", "blue-dev")
PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "correct horse"}


def checkpoint(name: str) -> Checkpoint:
    """A checkpoint that the real CLI wrote."""
    path = FIXTURES / f"checkpoint-{name}.json"
    return parse(path.read_bytes(), source=path.name)


def plan(
    *,
    pods: str = "10",
    owner: str = "anna@example.org",
    extra: bool = False,
    services: int = 0,
    kubeconfig: str = "/etc/mto/kubeconfig",
) -> Plan:
    """The stack ``dev.blue`` as that program describes it."""
    resources = (
        Resource(PROVIDER, "cluster", _provider(kubeconfig)),
        Resource(*TENANT),
        *_objects(pods, owner, extra=extra, services=services),
    )
    return Plan("dev.blue", resources, {"namespaces": ["blue-dev"]})


def _provider(kubeconfig: str) -> dict[str, Any]:
    return {"context": "local", "enableServerSideApply": True, "kubeconfig": kubeconfig}


def _objects(pods: str, owner: str, *, extra: bool, services: int) -> Iterator[Resource]:
    rbac = "rbac.authorization.k8s.io"
    yield _object(
        "flowcontrol.apiserver.k8s.io/v1",
        "PriorityLevelConfiguration",
        "blue/flow",
        {"name": "mto-sample"},
        spec={
            "limited": {"limitResponse": {"type": "Reject"}, "nominalConcurrencyShares": 1},
            "type": "Limited",
        },
    )
    labels = {"stakater.com/tenant": "blue"}
    yield _object("v1", "Namespace", "blue-dev", {"name": "blue-dev", "labels": labels})
    yield _object(
        f"{rbac}/v1",
        "RoleBinding",
        "blue-dev/owner",
        _inside("mto-owner-admin"),
        roleRef={"apiGroup": rbac, "kind": "ClusterRole", "name": "admin"},
        subjects=[{"apiGroup": rbac, "kind": "User", "name": owner}],
    )
    quota = _inside("mto") | {"annotations": {"pulumi.com/skipAwait": "true"}}
    yield _object("v1", "ResourceQuota", "blue-dev/quota", quota, spec={"hard": {"pods": pods}})
    token = Secret({"token": "czNjcjN0"})
    yield _object("v1", "Secret", "blue-dev/pull", _inside("pull"), data=token)
    if extra:
        yield _object("v1", "ConfigMap", "blue-dev/extra", _inside("extra"), data={"a": "b"})
    for number in range(services):
        spec = {"ports": [{"port": 80}], "selector": {"a": "b"}}
        name = f"svc{number}"
        yield _object("v1", "Service", f"blue-dev/{name}", _inside(name), spec=spec)


def _inside(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": "blue-dev"}


def _object(
    api_version: str, kind: str, logical: str, metadata: dict[str, Any], **body: Any
) -> Resource:
    annotations = {"pulumi.com/patchFieldManager": "mto", **metadata.get("annotations", {})}
    manifest = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {**metadata, "annotations": annotations},
        **body,
    }
    depends_on = (NAMESPACE,) if "namespace" in metadata else ()
    return Resource(
        kubernetes_type(api_version, kind),
        logical,
        manifest,
        TENANT,
        depends_on,
        because="the program of the fixtures",
    )
