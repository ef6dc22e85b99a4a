"""Tenants made by ``mto up``, each with one owner and one namespace, to try what they may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import Project, members, quota, tenant, unique, until
from tests.support.person import Manifest, Person, person

RBAC = "rbac.authorization.k8s.io"
PROBES: tuple[Manifest, ...] = (
    {"apiVersion": "v1", "kind": "ConfigMap"},
    {"apiVersion": "v1", "kind": "PodTemplate", "template": {}},
)
GRANTED: Manifest = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "tests"},
    "rules": [
        {
            "apiGroups": [""],
            "resources": ["podtemplates", "pods/ephemeralcontainers"],
            "verbs": ["*"],
        },
        {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["route.openshift.io"], "resources": ["*"], "verbs": ["*"]},
    ],
}
"""What Kubernetes' own roles leave out, and the rules are about all the same."""
SPEC: Mapping[str, Any] = {"containers": [{"name": "main", "image": "none"}]}


@dataclass(frozen=True)
class Tenancy:
    """One tenant; ``owner`` is a real user, ``admin`` one that no rule holds for."""

    name: str
    owner: Person
    admin: Person

    @property
    def namespace(self) -> str:
        return f"{self.name}-dev"

    def here(self, manifest: Manifest) -> Manifest:
        metadata = {"name": "probe", **manifest.get("metadata", {}), "namespace": self.namespace}
        return {**manifest, "metadata": metadata}

    def create(self, *manifests: Manifest) -> list[str]:
        """The owner's verdicts, with the tenant's own name left out of them."""
        return [self.told(one) for one in self.owner.create(*map(self.here, manifests))]

    def given(self, manifest: Manifest) -> Manifest:
        """What was there before the rule: the administrator makes it."""
        return self.admin.make(self.here(manifest))

    def update(self, manifest: Manifest, subresource: str = "") -> str:
        """The owner's verdict on a change, whatever controllers change meanwhile."""
        for _ in range(20):
            version = self.admin.read(manifest)["metadata"]["resourceVersion"]
            metadata = {**manifest["metadata"], "resourceVersion": version}
            answer = self.owner.update({**manifest, "metadata": metadata}, subresource)
            if not answer.startswith("409 "):
                return self.told(answer)
        raise AssertionError(answer)

    def grant(self, user: str) -> None:
        self.given(GRANTED)
        subject = {"kind": "User", "apiGroup": RBAC, "name": user}
        role = {"kind": "Role", "apiGroup": RBAC, "name": "tests"}
        binding = {"kind": "RoleBinding", "metadata": {"name": "tests"}, "roleRef": role}
        self.given({**binding, "apiVersion": GRANTED["apiVersion"], "subjects": [subject]})

    def told(self, verdict: str) -> str:
        return verdict.replace(self.name, "TENANT")


@contextmanager
def tenancies(
    control_plane: ControlPlane,
    kubeconfigs: UserKubeconfig,
    folder: Path,
    **specs: Mapping[str, Any],
) -> Iterator[dict[str, Tenancy]]:
    """Tenants of these specs by a short name; ready for requests when this returns."""
    budget = unique("ample")
    names = {short: unique(short) for short in specs}
    users = {short: f"anna-{name}@example.org" for short, name in names.items()}
    project = Project(folder, control_plane.kubeconfig)
    project.declare(
        quota(budget, **{"count/configmaps": 100}),
        *(
            tenant(
                names[short],
                "dev",
                quota=budget,
                accessControl=members(owners=[users[short]]),
                **spec,
            )
            for short, spec in specs.items()
        ),
    )
    answer = project("up")
    assert answer.code == 0, answer.stderr
    admin = person(control_plane.kubeconfig)
    found = {
        short: Tenancy(name, person(kubeconfigs(users[short], ())), admin)
        for short, name in names.items()
    }
    try:
        for short, one in found.items():
            one.grant(users[short])
        until(lambda: all(_ready(one) for one in found.values()))
        yield found
    finally:
        for each in {id(one): one for one in (admin, *(t.owner for t in found.values()))}.values():
            each.close()


def _ready(tenancy: Tenancy) -> bool:
    """The authorizer has learnt of both bindings."""
    return not any(" is forbidden: User " in answer for answer in tenancy.create(*PROBES))


def pod(spec: Mapping[str, Any] = SPEC, **more: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {**spec, **more}}


def workloads(spec: Mapping[str, Any]) -> dict[str, Manifest]:
    """Every kind that makes pods of this specification, by its name."""
    labels = {"app": "probe"}
    template = {"metadata": {"labels": labels}, "spec": dict(spec)}
    once = {**template, "spec": {**spec, "restartPolicy": "Never"}}
    selector = {"matchLabels": labels}
    job = {"template": once}
    kinds: dict[str, tuple[str, Manifest]] = {
        "Pod": ("v1", {"spec": dict(spec)}),
        "PodTemplate": ("v1", {"template": template}),
        "ReplicationController": ("v1", {"spec": {"selector": labels, "template": template}}),
        "Deployment": ("apps/v1", {"spec": {"selector": selector, "template": template}}),
        "ReplicaSet": ("apps/v1", {"spec": {"selector": selector, "template": template}}),
        "DaemonSet": ("apps/v1", {"spec": {"selector": selector, "template": template}}),
        "StatefulSet": (
            "apps/v1",
            {"spec": {"selector": selector, "template": template, "serviceName": "probe"}},
        ),
        "Job": ("batch/v1", {"spec": job}),
        "CronJob": ("batch/v1", {"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": job}}}),
    }
    return {
        kind: {"apiVersion": version, "kind": kind, **fields}
        for kind, (version, fields) in kinds.items()
    }
