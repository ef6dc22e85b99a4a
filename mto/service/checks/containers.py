"""The benchmark's checks of what containers may be, and may share with their host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mto.cluster.attempt import Attempt
from mto.service.checks.check import Category, Check, Try
from mto.service.checks.requests import ordinary_pod, service
from mto.service.checks.scene import Scene, Who

NETWORK: Final = "IntegrationConfig spec.tenantPolicies.network"


def checks() -> tuple[Check, ...]:
    return (*_pods(), *_hosts(), *_node_ports(), *_pulls())


def _pods() -> Iterator[Check]:
    """What a container may be, and what it may share with its host."""
    own = "securityContext"
    strict = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    added = [{own: {**strict, "capabilities": {"add": [one]}}} for one in ("SETPCAP", "SYS_ADMIN")]
    yield _pod(
        "MTB-PL1-BC-CPI-3",
        "Block add capabilities",
        Category.CONTROL_PLANE,
        attempts={"run a pod that adds capabilities": [{"container": one} for one in added]},
    )
    seccomp = {"seccompProfile": {"type": "RuntimeDefault"}}
    yield _pod(
        "MTB-PL1-BC-CPI-4",
        "Require run as non-root user",
        Category.CONTROL_PLANE,
        attempts={
            "run a pod that may run as root": [{own: seccomp}],
            "run a pod as root": [{own: {**seccomp, "runAsUser": 0}}],
        },
    )
    yield _pod(
        "MTB-PL1-BC-CPI-5",
        "Block privileged containers",
        Category.CONTROL_PLANE,
        attempts={"run a privileged container": [{"container": {own: {"privileged": True}}}]},
    )
    yield _pod(
        "MTB-PL1-BC-CPI-6",
        "Block privilege escalation",
        Category.CONTROL_PLANE,
        attempts={
            "run a container that may gain privileges": [
                {"container": {own: {**strict, "allowPrivilegeEscalation": True}}}
            ]
        },
    )


def _hosts() -> Iterator[Check]:
    path = {"name": "host", "hostPath": {"path": "/etc"}}
    yield _pod(
        "MTB-PL1-BC-HI-1",
        "Block use of host path volumes",
        Category.HOST,
        attempts={"mount a folder of the host": [{"volumes": [path]}]},
    )
    port = {"ports": [{"containerPort": 8080, "hostPort": 8080}]}
    yield _pod(
        "MTB-PL1-BC-HI-3",
        "Block use of host networking and ports",
        Category.HOST,
        attempts={
            "listen on a port of the host": [{"container": port}],
            "run in the host's network": [{"hostNetwork": True}],
        },
    )
    yield _pod(
        "MTB-PL1-BC-HI-4",
        "Block use of host PID",
        Category.HOST,
        attempts={"see the host's processes": [{"hostPID": True}]},
    )
    yield _pod(
        "MTB-PL1-BC-HI-5",
        "Block use of host IPC",
        Category.HOST,
        attempts={"share the host's memory": [{"hostIPC": True}]},
    )


def _node_ports() -> Iterator[Check]:
    yield Check(
        "MTB-PL1-BC-HI-2",
        "Block use of NodePort services",
        Category.HOST,
        tries=lambda scene: [Try(Who.OWNER, "open a NodePort", service(scene, "NodePort"))],
        controls=lambda scene: [Try(Who.OWNER, "create a Service", service(scene, "ClusterIP"))],
        left_open=_node_ports_allowed,
    )


def _pulls() -> Iterator[Check]:
    policies = ("Never", "IfNotPresent")
    yield Check(
        "MTB-PL1-CC-DI-1",
        "Require always imagePullPolicy",
        Category.DATA,
        tries=lambda scene: [
            Try(Who.OWNER, f"run an image with imagePullPolicy {one}", _pulling(scene, one))
            for one in policies
        ],
        controls=ordinary_pod,
        left_open=lambda scene: (
            ""
            if scene.config.spec.tenant_policies.always_pull_images
            else "IntegrationConfig spec.tenantPolicies.alwaysPullImages is false"
        ),
    )


def _pulling(scene: Scene, policy: str) -> Attempt:
    return scene.pod(container={"imagePullPolicy": policy})


def _pod(
    id_: str, title: str, category: Category, *, attempts: Mapping[str, list[dict[str, Any]]]
) -> Check:
    """A check by pods that Pod Security refuses."""

    def tries(scene: Scene) -> Iterator[Try]:
        for what, changes in attempts.items():
            yield from (Try(Who.OWNER, what, scene.pod(**change)) for change in changes)

    return Check(
        id_, title, category, tries=tries, controls=ordinary_pod, left_open=_not_restricted
    )


def _not_restricted(scene: Scene) -> str:
    if scene.pod_security == "restricted":
        return ""
    level = scene.pod_security or "not set"
    return f"Pod Security of namespace {scene.namespace} is {level}: podSecurity.enforce restricted"


def _node_ports_allowed(scene: Scene) -> str:
    if scene.config.spec.tenant_policies.network.disable_node_port_services:
        return ""
    return f"{NETWORK}.disableNodePortServices is false"
