"""Tenant v1beta2 as v1beta3, and what it left to kinds of their own.

Works on plain manifests, so that it can also rewrite files. Unknown fields are passed on, for
the model to complain about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mto.spec.convert.fields import Converted, Manifest, Moves, get, mapping, put
from mto.spec.origin import Path

GROUP: Final = "tenantoperator.stakater.com"
OLD: Final = f"{GROUP}/v1beta2"
NEW: Final = f"{GROUP}/v1beta3"
TENANT_LABEL: Final = "stakater.com/tenant"

MOVES: Final[Mapping[str, Moves]] = {
    "Tenant": (
        (("spec", "owners"), ("spec", "accessControl", "owners")),
        (("spec", "editors"), ("spec", "accessControl", "editors")),
        (("spec", "viewers"), ("spec", "accessControl", "viewers")),
        (("spec", "sandboxConfig"), ("spec", "namespaces", "sandboxes")),
        (
            ("spec", "onDelete", "cleanNamespaces"),
            ("spec", "namespaces", "onDeletePurgeNamespaces"),
        ),
        (("spec", "commonMetadata"), ("spec", "namespaces", "metadata", "common")),
        (("spec", "sandboxMetadata"), ("spec", "namespaces", "metadata", "sandbox")),
        (("spec", "specificMetadata"), ("spec", "namespaces", "metadata", "specific")),
    ),
    "Extensions": (
        (
            ("spec", "onDelete", "cleanAppProject"),
            ("spec", "argoCD", "onDeletePurgeAppProject"),
        ),
        (("spec", "argocd", "sourceRepos"), ("spec", "argoCD", "appProject", "sourceRepos")),
        (("spec", "argocd", "appProject"), ("spec", "argoCD", "appProject")),
        (("spec", "argocd"), ("spec", "argoCD")),
    ),
    "ClusterResourceSupervisor": ((("spec", "hibernation"), ("spec", "schedule")),),
}
"""By the kind of what a Tenant v1beta2 becomes."""

_GONE: Final = ("argocd", "hibernation", "onDelete", "templateInstances")
"""Fields of v1beta2 that v1beta3 has elsewhere, besides those that moved within the Tenant."""


def to_v1beta3(manifest: Mapping[str, Any]) -> Converted:
    """The Tenant as v1beta3, then Extensions, hibernation and template instances it asked for."""
    spec = mapping(manifest.get("spec"))
    name = str(mapping(manifest.get("metadata")).get("name", ""))
    others = (
        *_extensions(name, spec),
        *_supervisor(name, spec),
        *_template_instances(name, spec),
    )
    return Converted((_tenant(manifest, spec), *others), tuple(_warnings(spec, others)), MOVES)


def _tenant(manifest: Mapping[str, Any], spec: Mapping[str, Any]) -> Manifest:
    moved = {old[1] for old, _ in MOVES["Tenant"]}
    new: Manifest = {
        key: _copied(value) for key, value in spec.items() if key not in moved and key not in _GONE
    }
    for old, path in MOVES["Tenant"]:
        value = get(spec, old[1:])
        if value is not None:
            put(new, path[1:], value)
    return {**manifest, "apiVersion": NEW, "spec": new}


def _extensions(name: str, spec: Mapping[str, Any]) -> Iterator[Manifest]:
    argocd = mapping(spec.get("argocd"))
    clean = get(spec, ("onDelete", "cleanAppProject"))
    if not argocd and clean is None:
        return
    project = {**mapping(argocd.get("appProject"))}
    if "sourceRepos" in argocd:
        project["sourceRepos"] = argocd["sourceRepos"]
    rest = {key: argocd[key] for key in argocd if key not in {"appProject", "sourceRepos"}}
    purge = True if clean is None else clean  # v1beta2's default; in v1beta3 it is false
    argo = {"onDeletePurgeAppProject": purge, "appProject": project, **rest}
    body = {"tenantName": name, "argoCD": argo}
    yield _made(f"{GROUP}/v1alpha1", "Extensions", name, spec=body)


def _supervisor(name: str, spec: Mapping[str, Any]) -> Iterator[Manifest]:
    schedule = spec.get("hibernation")
    if schedule:
        selector = {"labelSelector": {"matchLabels": {TENANT_LABEL: name}}}
        body = {"schedule": schedule, "namespaces": selector}
        version = "hibernation.stakater.com/v1beta1"
        yield _made(version, "ClusterResourceSupervisor", name, spec=body)


def _template_instances(name: str, spec: Mapping[str, Any]) -> Iterator[Manifest]:
    instances = spec.get("templateInstances")
    for index, instance in enumerate(instances if isinstance(instances, list) else ()):
        body = mapping(mapping(instance).get("spec"))
        selector = mapping(mapping(instance).get("selector"))
        labels = {**mapping(selector.get("matchLabels")), TENANT_LABEL: name}
        made = f"{name}-{body.get('template', 'template')}-{index}"
        yield _made(
            "templates.stakater.com/v1alpha1",
            "ClusterTemplateInstance",
            made,
            spec={**body, "selector": {**selector, "matchLabels": labels}},
        )


def _warnings(spec: Mapping[str, Any], others: tuple[Manifest, ...]) -> Iterator[tuple[Path, str]]:
    made = ", ".join(f"{one['kind']} {one['metadata']['name']}" for one in others)
    yield (
        ("apiVersion",),
        "Tenant v1beta2 is read as v1beta3" + (f", with {made}" if made else ""),
    )
    if spec.get("argocd") and get(spec, ("onDelete", "cleanAppProject")) is None:
        yield (
            ("spec", "argocd"),
            (
                "v1beta2 deletes the AppProject with the tenant unless told otherwise, so the "
                "Extensions says onDeletePurgeAppProject: true"
            ),
        )


def _made(version: str, kind: str, name: str, *, spec: Manifest) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value
