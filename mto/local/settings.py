"""What the control plane is told at its start: data only.

Everything listens on loopback and nowhere else: etcd asks for no authentication at all, and a
laptop must not offer that to its network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mto.local.paths import Home

LOOPBACK = "127.0.0.1"
PORTS = {
    "etcd": "etcdPort",
    "etcd-peer": "etcdPeerPort",
    "kube-apiserver": "kubeApiserverPort",
    "kube-controller-manager": "kubeControllerManagerPort",
    "kube-scheduler": "kubeSchedulerPort",
    "kwok-controller": "kwokControllerPort",
}
COMPONENTS = {
    "etcd": ("etcd", "etcdBinary"),
    "kube-apiserver": ("kube-apiserver", "kubeApiserverBinary"),
    "kube-controller-manager": ("kube-controller-manager", "kubeControllerManagerBinary"),
    "kube-scheduler": ("kube-scheduler", "kubeSchedulerBinary"),
    "kwok-controller": ("kwok", "kwokControllerBinary"),
}
"""Process name of each component, with its program and its key in kwokctl's configuration."""

Args = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Options:
    """``args`` are flags by component: ``{"kube-apiserver": {"feature-gates": "X=true"}}``."""

    nodes: int = 3
    audit: bool = True
    args: Args = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        args = {component: dict(flags) for component, flags in self.args.items()}
        return {"nodes": self.nodes, "audit": self.audit, "args": args}


def kwokctl_configuration(
    home: Home, *, options: Options, binaries: Mapping[str, Path], ports: Mapping[str, int]
) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "runtime": "binary",
        "bindAddress": LOOPBACK,
        "kubectlBinary": str(binaries["kubectl"]),
        "cacheDir": str(home.kwok / "cache"),
    }
    settings |= {key: str(binaries[program]) for program, key in COMPONENTS.values()}
    settings |= {key: ports[name] for name, key in PORTS.items()}
    if options.audit:
        settings["kubeAuditPolicy"] = str(audit_policy_path(home))
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokctlConfiguration",
        "metadata": {"name": home.name},
        "options": settings,
        "componentsPatches": list(_patches(home, options)),
    }


def _patches(home: Home, options: Options) -> Iterator[dict[str, Any]]:
    own = _own_args(home, options)
    for component in COMPONENTS:
        extra = [
            {"key": key, "value": value, "override": key in _OVERRIDDEN}
            for key, value in own.get(component, {}).items()
        ]
        extra += [
            {"key": key, "value": value} for key, value in options.args.get(component, {}).items()
        ]
        if extra:
            yield {"name": component, "extraArgs": extra}


_OVERRIDDEN = {"data-dir", "audit-log-path"}


def _own_args(home: Home, options: Options) -> Args:
    """Flags that we never go without.

    Without ``use-service-account-credentials`` every controller acts as one ``system:masters``
    user, which hides each mistake that admission or RBAC makes towards them; without the signing
    pair the CertificateSigningRequest API signs nothing. There is one of each, so an election would
    only make a restart wait for the dead one's lease. A fresh controller manager makes a hundred
    requests for its accounts, five seconds at its usual rate, which the burst lets pass: the rate
    itself (20 a second) stays as it is elsewhere. What a restart must keep is put outside
    the folder that kwokctl clears when it fails.
    """
    audit = {"audit-log-path": str(home.audit_log)} if options.audit else {}
    return {
        "etcd": {"data-dir": str(home.etcd)},
        "kube-apiserver": audit,
        "kube-scheduler": {"leader-elect": "false"},
        "kube-controller-manager": {
            "leader-elect": "false",
            "kube-api-burst": "120",
            "use-service-account-credentials": "true",
            "cluster-signing-cert-file": str(home.work / "pki" / "ca.crt"),
            "cluster-signing-key-file": str(home.work / "pki" / "ca.key"),
        },
    }


def audit_policy_path(home: Home) -> Path:
    return home.root / "audit-policy.yaml"


def audit_policy() -> dict[str, Any]:
    """Who wrote what, without bodies; the heartbeats of nodes and controllers are left out."""
    heartbeats = {
        "level": "None",
        "namespaces": ["kube-system", "kube-node-lease"],
        "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
    }
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "verbs": ["get", "list", "watch"]},
            heartbeats,
            {"level": "None", "resources": [{"group": "", "resources": ["nodes/status"]}]},
            {"level": "Metadata"},
        ],
    }


def node(index: int) -> dict[str, Any]:
    """A simulated node: pods are scheduled to it and "run"."""
    name = f"node-{index}"
    room = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "500Gi", "pods": "250"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "simulated",
                "topology.kubernetes.io/zone": f"zone-{index % 3}",
                "type": "kwok",
            },
        },
        "status": {"capacity": room, "allocatable": room},
    }
