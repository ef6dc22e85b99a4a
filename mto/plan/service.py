"""The service in the cluster, as objects of the platform: what `mto:service` comes to.

The service itself never changes them: one with older settings would undo what whoever deploys the
next one has just made. It leaves its own objects as the record has them (``Deployed.held``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from mto.plan.build import Owner
from mto.plan.labels import SKIP_AWAIT
from mto.plan.resource import Key, Resource
from mto.plan.rights import NAME
from mto.plan.rights import manifests as rights
from mto.spec.integrationconfig import NAMESPACE
from mto.spec.service import Deployed, Service

SETTINGS: Final = "mto-settings"
PORT: Final = 9464
MANIFESTS: Final = "/manifests/current"
"""Where the side-car keeps the checkout."""
STATE: Final = "/state"
RESTRICTED: Final = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
}
"""Labels of MTO's namespace where its pods run."""

_APP: Final = {"app.kubernetes.io/name": "mto"}
_USER: Final = 65532
_LOCKED: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}

Manifest = dict[str, Any]


def resources(
    deployed: Deployed | None, owner: Owner, environment: str, *, after: tuple[Key, ...]
) -> Iterator[Resource]:
    """In the order in which they are made; ``after``: the namespace."""
    if deployed is None:
        return
    because = "the service in the cluster (mto:service of the settings)"
    made: list[Key] = [*after]
    for one in manifests(deployed, environment):
        metadata = one["metadata"]
        held = tuple(key for key in one if key not in ("apiVersion", "kind"))
        place = metadata.get("namespace")
        drawn = owner.draw(
            one,
            f"{place}/{metadata['name']}" if place else metadata["name"],
            because=because,
            depends_on=tuple(made),
            ignore_changes=held if deployed.held else (),
        )
        made.append(drawn.key)
        yield drawn


def manifests(deployed: Deployed, environment: str) -> Iterator[Manifest]:
    """Everything but the namespace, without our marks."""
    yield from rights()
    yield _object("v1", "ConfigMap", SETTINGS) | {
        "data": {f"Pulumi.{environment}.yaml": deployed.settings}
    }
    if deployed.spec.state.volume is not None:
        yield _claim(deployed.spec)
    yield _network()
    yield _object("policy/v1", "PodDisruptionBudget", NAME) | {
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _APP}}
    }
    yield _deployment(deployed, environment)


def _object(version: str, kind: str, name: str) -> Manifest:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": _APP}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _unawaited(manifest: Manifest) -> Manifest:
    """Pulumi's provider would wait until it is ready, and the image may come later."""
    metadata = {**manifest["metadata"], "annotations": {SKIP_AWAIT: "true"}}
    return {**manifest, "metadata": metadata}


def _claim(spec: Service) -> Manifest:
    volume = spec.state.volume
    assert volume is not None  # noqa: S101 - asked by the caller
    wanted: Manifest = {
        "accessModes": [volume.access_mode],
        "resources": {"requests": {"storage": volume.size}},
    }
    if volume.storage_class_name:
        wanted["storageClassName"] = volume.storage_class_name
    return _unawaited(_object("v1", "PersistentVolumeClaim", "mto-state")) | {"spec": wanted}


def _network() -> Manifest:
    """In: probes and metrics. Out: names, the API server, Git and PostgreSQL, wherever they are."""

    def ports(*numbers: int) -> list[Manifest]:
        return [{"protocol": "TCP", "port": number} for number in numbers]

    return _object("networking.k8s.io/v1", "NetworkPolicy", NAME) | {
        "spec": {
            "podSelector": {"matchLabels": _APP},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": ports(PORT)}],
            "egress": [
                {"ports": [{"protocol": "UDP", "port": 53}, *ports(53)]},
                {"ports": ports(443, 6443, 22, 5432)},
            ],
        }
    }


def _deployment(deployed: Deployed, environment: str) -> Manifest:
    spec = deployed.spec
    alone: Manifest = {"type": "Recreate"}
    rolling: Manifest = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}}
    digest = hashlib.sha256(deployed.settings.encode()).hexdigest()
    return _unawaited(_object("apps/v1", "Deployment", NAME)) | {
        "spec": {
            "replicas": spec.count,
            "strategy": alone if spec.alone else rolling,
            "selector": {"matchLabels": _APP},
            "template": {
                # Settings are read once, at the start.
                "metadata": {"labels": _APP, "annotations": {"mto.stakater.com/settings": digest}},
                "spec": _pod(spec, environment),
            },
        }
    }


def _pod(spec: Service, environment: str) -> Manifest:
    return {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": True,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": _APP},
            }
        ],
        "containers": [_service(spec, environment), _git(spec)],
        "volumes": [*_volumes(spec)],
    }


def _volumes(spec: Service) -> Iterator[Manifest]:
    yield {"name": "manifests", "emptyDir": {"sizeLimit": "256Mi"}}
    yield {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}
    yield {"name": "settings", "configMap": {"name": SETTINGS}}
    if spec.state.volume is not None:
        yield {"name": "state", "persistentVolumeClaim": {"claimName": "mto-state"}}


def _service(spec: Service, environment: str) -> Manifest:
    mounts = [
        {"name": "manifests", "mountPath": "/manifests", "readOnly": True},
        {"name": "settings", "mountPath": "/project/stacks", "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
    ]
    if spec.state.volume is not None:
        mounts.append({"name": "state", "mountPath": STATE})
    return {
        "name": "mto",
        "image": spec.image,
        "args": ["serve", "-e", environment, "--listen", f"0.0.0.0:{PORT}"],
        "env": [*_environ(spec)],
        "ports": [{"name": "metrics", "containerPort": PORT, "protocol": "TCP"}],
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": "metrics"},
            "periodSeconds": 20,
        },
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "metrics"}, "periodSeconds": 5},
        "resources": {
            "requests": {"cpu": spec.cpu, "memory": spec.memory},
            "limits": {"memory": spec.memory},
        },
        "securityContext": _LOCKED,
        "volumeMounts": mounts,
    }


def _environ(spec: Service) -> Iterator[Manifest]:
    yield {"name": "HOME", "value": "/tmp"}  # noqa: S108 - as above
    if spec.state.volume is not None:
        yield {"name": "PULUMI_BACKEND_URL", "value": f"file://{STATE}"}
    else:
        yield _secret("PULUMI_BACKEND_URL", spec.state.secret, "url")
    if spec.passphrase_secret:
        yield _secret("PULUMI_CONFIG_PASSPHRASE", spec.passphrase_secret, "passphrase")


def _secret(variable: str, name: str | None, key: str) -> Manifest:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _git(spec: Service) -> Manifest:
    git = spec.git
    asked = {"envFrom": [{"secretRef": {"name": git.secret}}]} if git.secret else {}
    return {
        "name": "git-sync",
        "image": git.image,
        "args": [
            f"--repo={git.repository}",
            f"--ref={git.ref}",
            "--root=/manifests",
            "--link=current",
            "--period=15s",
        ],
        **asked,
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"},
        },
        "securityContext": _LOCKED,
        "volumeMounts": [
            {"name": "manifests", "mountPath": "/manifests"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - as above
        ],
    }
