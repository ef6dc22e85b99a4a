"""Who and what the checks are about: one tenant, a rival, and what is live of both.

Requests are built here, so that a compliant one is the same in every check: an attempt differs
from its control in the one thing that is to be refused.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mto.cluster.attempt import Attempt, Identity, Verb
from mto.cluster.kinds import Served
from mto.cluster.ref import Ref
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.tenant import Tenant

Manifest = dict[str, Any]

NAME: Final = "probe"
LEAST: Final = {"cpu": "10m", "memory": "16Mi", "ephemeral-storage": "16Mi"}
"""What the probe asks for where a quota wants it to ask for anything."""


class Who(enum.StrEnum):
    OWNER = "an owner"
    EDITOR = "an editor"
    VIEWER = "a viewer"
    ACCOUNT = "a pod's service account"
    RIVAL = "an owner of another tenant"
    STRANGER = "somebody of no tenant"
    POWER = "somebody with more rights than MTO gives"
    PRIVILEGED = "somebody privileged"


@dataclass(frozen=True)
class Scene:
    """``managed`` are MTO's live objects in ``namespace``; ``live`` the namespaces by name.

    ``network`` are all NetworkPolicies there, ``neighbours`` the labels of other tenants'
    namespaces.
    ``hard`` are the keys of the namespace's quota, ``limits`` the entries of its LimitRange,
    ``kinds`` what the cluster serves. ``account`` is a service account that pods may use.
    """

    tenant: Tenant
    config: IntegrationConfig
    namespace: str
    rival: str
    rival_namespace: str
    run: str
    people: Mapping[Who, Identity]
    account: str = "default"
    managed: tuple[Manifest, ...] = ()
    live: Mapping[str, Manifest] = field(default_factory=dict)
    network: tuple[Manifest, ...] = ()
    neighbours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hard: frozenset[str] = frozenset()
    limits: tuple[Mapping[str, Any], ...] = ()
    kinds: tuple[Served, ...] = ()

    def managed_of(self, kind: str) -> tuple[Manifest, ...]:
        """MTO's objects of one kind."""
        return tuple(one for one in self.managed if one["kind"] == kind)

    @property
    def name(self) -> str:
        return self.tenant.name

    @property
    def new_namespace(self) -> str:
        """A name that an owner may give."""
        names = self.tenant.spec.namespaces.allowed_names
        return names[0] if names else f"{self.name}-{NAME}-{self.run}"

    @property
    def pod_security(self) -> str:
        """The level that is enforced in the namespace; empty where none is named."""
        labels = self.live[self.namespace]["metadata"].get("labels") or {}
        return str(labels.get("pod-security.kubernetes.io/enforce", ""))

    def pod(self, *, container: Mapping[str, Any] | None = None, **spec: Any) -> Attempt:
        """Create a pod that keeps to every rule but for what is given."""
        return self.create("v1", "Pod", spec=self.pod_spec(container=container, **spec))

    def pod_spec(self, *, container: Mapping[str, Any] | None = None, **spec: Any) -> Manifest:
        main = {
            "name": "main",
            "image": self.image,
            "imagePullPolicy": "Always",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
            **self._resources(),
        }
        return {
            "serviceAccountName": self.account,
            "securityContext": {
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            **self._placement(),
            "containers": [{**main, **(container or {})}],
            **spec,
        }

    def create(self, api_version: str, kind: str, *, namespace: str = "", **fields: Any) -> Attempt:
        """Create an object in the tenant's namespace, or in another one."""
        place = namespace or self.namespace
        metadata = {"name": NAME, "namespace": place, **fields.pop("metadata", {})}
        manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
        return Attempt(Verb.CREATE, Ref(api_version, kind, "", place), manifest)

    @property
    def image(self) -> str:
        registries = self.tenant.spec.image_registries
        names = registries.allowed if registries else ("",)
        host = "" if "" in names or not names else f"{names[0]}/"
        return f"{host}mto/probe:1"

    def _placement(self) -> Manifest:
        """Classes and labels of nodes that the tenant's pods must name."""
        spec = self.tenant.spec
        found: Manifest = {}
        for field_name, classes in (
            ("priorityClassName", spec.pod_priority_classes),
            ("runtimeClassName", spec.runtime_classes),
        ):
            allowed = (classes.allowed or ()) if classes else ()
            if allowed and "" not in allowed:
                found[field_name] = allowed[0]
        if selector := spec.pods.node_selector:
            found["nodeSelector"] = {key: values[0] for key, values in selector.items() if values}
        return found

    def _resources(self) -> Manifest:
        """Only what a quota asks for and no LimitRange fills in."""
        entries = [one for one in self.limits if one.get("type") == "Container"]
        asked = {
            key: next((one["min"][key] for one in entries if key in one.get("min", {})), least)
            for key, least in LEAST.items()
            if {key, f"requests.{key}", f"limits.{key}"} & self.hard
            and not any(key in one.get("default", {}) for one in entries)
        }
        return {"resources": {"requests": asked, "limits": asked}} if asked else {}
