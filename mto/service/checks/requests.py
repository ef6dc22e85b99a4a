"""Requests that several checks make, each as its attempt and as its control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from mto.cluster.attempt import Attempt
from mto.service.checks.check import Try
from mto.service.checks.scene import Scene, Who
from mto.spec.tenant import ClassAccess

RBAC: Final = "rbac.authorization.k8s.io"
FOREIGN: Final = "mto-verify-foreign"
"""No class, registry or host is named so."""


def ordinary_pod(scene: Scene) -> Iterator[Try]:
    yield Try(Who.OWNER, "create an ordinary pod", scene.pod())


def service(scene: Scene, kind: str, **spec: Any) -> Attempt:
    ports = [{"port": 80, "targetPort": 8080}]
    chosen = {"type": kind, "ports": ports, "selector": {"app": "probe"}, **spec}
    return scene.create("v1", "Service", spec=chosen)


def binding(
    scene: Scene, role: str, *, kind: str = "Role", subject: Mapping[str, str] | None = None
) -> Attempt:
    """A RoleBinding of a service account of the tenant, unless another subject is given."""
    own = {"kind": "ServiceAccount", "name": "default", "namespace": scene.namespace}
    return scene.create(
        f"{RBAC}/v1",
        "RoleBinding",
        roleRef={"apiGroup": RBAC, "kind": kind, "name": role},
        subjects=[dict(subject or own)],
    )


def role(scene: Scene, verb: str, resource: str, *, group: str | None = None) -> Attempt:
    """A Role of one verb; users have no group of their own, so that is all groups."""
    groups = ["*"] if resource == "users" else [RBAC if group is None else group]
    rules = [{"apiGroups": groups, "resources": [resource], "verbs": [verb]}]
    return scene.create(f"{RBAC}/v1", "Role", rules=rules)


def _templated(pod: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": "probe"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {"selector": {"matchLabels": labels}, "template": template}


def _never(pod: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {**pod, "restartPolicy": "Never"}}


TEMPLATED: Final[Mapping[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]]] = {
    "Deployment": ("apps/v1", _templated),
    "StatefulSet": ("apps/v1", lambda pod: {**_templated(pod), "serviceName": "probe"}),
    "DaemonSet": ("apps/v1", _templated),
    "Job": ("batch/v1", lambda pod: {"template": _never(pod)}),
    "CronJob": (
        "batch/v1",
        lambda pod: {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {"spec": {"template": _never(pod)}},
        },
    ),
}


def every_kind(scene: Scene, what: str, **change: Any) -> Iterator[Try]:
    """The same pod by itself and as the template of every kind that has one."""
    yield Try(Who.OWNER, f"{what} in a Pod", scene.pod(**change))
    spec = scene.pod_spec(**change)
    for kind, (api_version, around) in TEMPLATED.items():
        attempt = scene.create(api_version, kind, spec=around(spec))
        yield Try(Who.OWNER, f"{what} in a {kind}", attempt)


def claim(scene: Scene, name: str | None, **spec: Any) -> Attempt:
    request = {"requests": {"storage": "1Gi"}}
    own: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": request, **spec}
    return scene.create(
        "v1",
        "PersistentVolumeClaim",
        spec=own if name is None else {**own, "storageClassName": name},
    )


def ingress(scene: Scene, *, name: str | None, host: str, tls: str = "") -> Attempt:
    backend = {"service": {"name": "probe", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    rule: dict[str, Any] = {"http": {"paths": [path]}}
    spec: dict[str, Any] = {"rules": [{**rule, "host": host} if host else rule]}
    if name is not None:
        spec["ingressClassName"] = name
    if tls:
        spec["tls"] = [{"hosts": [tls], "secretName": "probe"}]
    return scene.create("networking.k8s.io/v1", "Ingress", spec=spec)


def claiming(scene: Scene, name: str) -> Attempt:
    """A StatefulSet that has such claims made."""
    access = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    template = {"metadata": {"name": "data"}, "spec": {**access, "storageClassName": name}}
    api_version, around = TEMPLATED["StatefulSet"]
    spec = {**around(scene.pod_spec()), "volumeClaimTemplates": [template]}
    return scene.create(api_version, "StatefulSet", spec=spec)


def gateways(scene: Scene) -> str:
    """The version of Gateways that the cluster serves, or nothing."""
    kinds = (one for one in scene.kinds if one.readable == "gateways.gateway.networking.k8s.io")
    return next((one.api_version for one in kinds), "")


def gateway(scene: Scene, name: str | None, host: str) -> Attempt:
    listener = {"name": "web", "port": 443, "protocol": "HTTPS", "hostname": host}
    tls = {"tls": {"certificateRefs": [{"name": "probe"}]}}
    spec = {"gatewayClassName": name or "", "listeners": [{**listener, **tls}]}
    return scene.create(gateways(scene), "Gateway", spec=spec)


def first(allowed: Iterable[str]) -> str | None:
    """A name from an allow-list; None where having none is allowed and nothing else."""
    return next((one for one in allowed if one), None)


def allowed(scene: Scene, field: str) -> tuple[str, ...]:
    classes: ClassAccess | None = getattr(scene.tenant.spec, field)
    return (classes.allowed or ()) if classes else ()


def ordinary_ingress(scene: Scene) -> Iterator[Try]:
    name = first(allowed(scene, "ingress_classes"))
    attempt = ingress(scene, name=name, host=own_host(scene))
    yield Try(Who.OWNER, "create an Ingress within their limits", attempt)


def own_host(scene: Scene) -> str:
    """A host that the tenant may use, as far as its list names one."""
    rules = scene.tenant.spec.host_validation_config
    if rules is None:
        return "probe.example.org"
    plain = (one for one in rules.allowed if not (rules.deny_wildcards and one.startswith("*")))
    return next(plain, "")
