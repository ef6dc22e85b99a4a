"""Namespaces: every known way to take one that is not one's own, or to loosen one's own.

The tricks come from the published holes of this field: CVE-2022-46167, CVE-2024-39690,
CVE-2025-55205, CVE-2026-41052, GHSA-2ww6-hf35-mfjm. Each is tried by an owner with the rights that
MTO gives, and by somebody whose role gives all rights over namespaces: the second shows that
admission refuses, and not only that a right is missing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.ref import Ref
from mto.service.checks.check import Category, Check, Try
from mto.service.checks.scene import NAME, Manifest, Scene, Who
from mto.spec.labels import TENANT_LABEL

BOTH: Final = (Who.OWNER, Who.POWER)
ENFORCE: Final = "pod-security.kubernetes.io/enforce"
SYSTEM: Final = "kube-system"
UNOWNED: Final = "default"

Metadata = Mapping[str, Any]


def checks() -> tuple[Check, ...]:
    named: tuple[tuple[str, str, Callable[[Scene], Iterable[Try]]], ...] = (
        ("MTO-NS-1", "Block namespaces of no tenant", _without_label),
        ("MTO-NS-2", "Block namespaces for another tenant", _for_another),
        ("MTO-NS-3", "Block names like another tenant's, or the system's", _similar),
        ("MTO-NS-4", "Block handing a namespace over, or setting it free", _hand_over),
        ("MTO-NS-5", "Block pulling in a namespace of another tenant", _pull_in_rivals),
        ("MTO-NS-6", "Block pulling in a namespace of no tenant", _pull_in_unowned),
        ("MTO-NS-7", "Block pulling in a namespace of the system", _pull_in_system),
        ("MTO-NS-8", "Block relabelling through status and finalize", _subresources),
        ("MTO-NS-9", "Block owners and finalizers on namespaces", _ties),
        ("MTO-NS-10", "Block loosening Pod Security", _loosen),
        ("MTO-NS-11", "Block labels and annotations that steer MTO", _steer),
        ("MTO-NS-12", "Block deleting declared namespaces", _delete),
    )
    return tuple(
        Check(id_, title, Category.NAMESPACES, tries=tries, controls=_compliant)
        for id_, title, tries in named
    )


def _compliant(scene: Scene) -> Iterator[Try]:
    yield Try(
        Who.OWNER,
        "create a namespace for their tenant",
        _create(scene.new_namespace, {TENANT_LABEL: scene.name}),
    )
    note = {"metadata": {"annotations": {"example.org/purpose": "probe"}}}
    yield Try(
        Who.OWNER,
        "annotate their own namespace",
        Attempt(Verb.MERGE_PATCH, _ref(scene.namespace), note),
    )


def _without_label(scene: Scene) -> Iterator[Try]:
    name = f"{scene.name}-{NAME}-{scene.run}"
    for who in BOTH:
        yield Try(who, "create a namespace without a tenant's label", _create(name, {}))
        yield Try(who, "create one with an empty label", _create(name, {TENANT_LABEL: ""}))
        yield Try(who, "create one by generateName", _generated({}))
        yield Try(who, "create one by apply", _apply(name, {"labels": {"a": "b"}}))


def _for_another(scene: Scene) -> Iterator[Try]:
    labels = {TENANT_LABEL: scene.rival}
    name = f"{scene.rival}-{NAME}-{scene.run}"
    for who in BOTH:
        yield Try(who, "create a namespace for another tenant", _create(name, labels))
        yield Try(who, "create one for another tenant by generateName", _generated(labels))
        yield Try(who, "create one for another tenant by apply", _apply(name, {"labels": labels}))


def _similar(scene: Scene) -> Iterator[Try]:
    """Tenants whose names begin alike or differ in case, and names that are not free."""
    for label in (f"{scene.name}-{NAME}", scene.name.upper(), scene.name[:-1].rstrip("-") or "x"):
        name = f"{scene.name}-{NAME}-{scene.run}"
        what = f"create a namespace for tenant {label!r}"
        yield Try(Who.OWNER, what, _create(name, {TENANT_LABEL: label}))
    own = {TENANT_LABEL: scene.name}
    for who in BOTH:
        for name in (f"kube-{NAME}-{scene.run}", f"openshift-{NAME}-{scene.run}"):
            yield Try(who, f"create a namespace named {name}", _create(name, own))


def _hand_over(scene: Scene) -> Iterator[Try]:
    for who in BOTH:
        for label, what in ((None, "free their namespace"), (scene.rival, "give theirs away")):
            yield from _relabel(scene, scene.namespace, label, who=who, what=what)


def _pull_in_rivals(scene: Scene) -> Iterator[Try]:
    what = "take a namespace of another tenant"
    for who in BOTH:
        yield from _relabel(scene, scene.rival_namespace, scene.name, who=who, what=what)


def _pull_in_unowned(scene: Scene) -> Iterator[Try]:
    what = "take a namespace of no tenant"
    for who in BOTH:
        yield from _relabel(scene, UNOWNED, scene.name, who=who, what=what)


def _pull_in_system(scene: Scene) -> Iterator[Try]:
    what = f"take {SYSTEM}"
    for who in BOTH:
        yield from _relabel(scene, SYSTEM, scene.name, who=who, what=what)


def _subresources(scene: Scene) -> Iterator[Try]:
    """A PUT to a subresource writes metadata as well."""
    for name, label in ((scene.namespace, scene.rival), (scene.rival_namespace, scene.name)):
        live = _labelled(scene.live[name], label)
        for part in ("status", "finalize"):
            for who in BOTH:
                what = f"relabel namespace {name} through {part}"
                yield Try(who, what, Attempt(Verb.UPDATE, _ref(name), live, part))
        patch = {"metadata": {"labels": {TENANT_LABEL: label}}}
        what = f"relabel namespace {name} through a patch of status"
        yield Try(Who.POWER, what, Attempt(Verb.MERGE_PATCH, _ref(name), patch, "status"))


def _ties(scene: Scene) -> Iterator[Try]:
    tenant = {
        "apiVersion": "tenantoperator.stakater.com/v1beta3",
        "kind": "Tenant",
        "name": scene.rival,
        "uid": "00000000-0000-0000-0000-000000000001",
    }
    for who in BOTH:
        for what, metadata in (
            ("make another tenant the owner of their namespace", {"ownerReferences": [tenant]}),
            ("put a finalizer on their namespace", {"finalizers": ["example.org/keep"]}),
        ):
            patch = {"metadata": metadata}
            yield Try(who, what, Attempt(Verb.MERGE_PATCH, _ref(scene.namespace), patch))
        owned = {"labels": {TENANT_LABEL: scene.name}, "ownerReferences": [tenant]}
        name = scene.new_namespace
        yield Try(who, "create a namespace that another tenant owns", _made(name, owned))


def _loosen(scene: Scene) -> Iterator[Try]:
    for who in BOTH:
        for level in ("privileged", None) if scene.pod_security else ("privileged",):
            patch = {"metadata": {"labels": {ENFORCE: level}}}
            what = f"set Pod Security to {level or 'nothing'}"
            yield Try(who, what, Attempt(Verb.MERGE_PATCH, _ref(scene.namespace), patch))
        labels = {TENANT_LABEL: scene.name, ENFORCE: "privileged"}
        what = "create a namespace with Pod Security privileged"
        yield Try(who, what, _create(scene.new_namespace, labels))


def _steer(scene: Scene) -> Iterator[Try]:
    for what, metadata in (
        ("take MTO's marker off", {"labels": {"mto.stakater.com/managed": None}}),
        ("forge a label of MTO's", {"labels": {"mto.stakater.com/forged": "true"}}),
        ("forge an annotation of MTO's", {"annotations": {"mto.stakater.com/adopt": "true"}}),
    ):
        patch = {"metadata": metadata}
        for who in BOTH:
            yield Try(who, what, Attempt(Verb.MERGE_PATCH, _ref(scene.namespace), patch))


def _delete(scene: Scene) -> Iterator[Try]:
    for who in BOTH:
        for name in (scene.namespace, scene.rival_namespace):
            yield Try(who, f"delete namespace {name}", Attempt(Verb.DELETE, _ref(name)))


def _relabel(scene: Scene, name: str, label: str | None, *, who: Who, what: str) -> Iterator[Try]:
    """By each verb that can write a label."""
    ref, patch = _ref(name), {"metadata": {"labels": {TENANT_LABEL: label}}}
    for verb in (Verb.MERGE_PATCH, Verb.STRATEGIC_PATCH):
        yield Try(who, f"{what} by {verb}", Attempt(verb, ref, patch))
    live = scene.live[name]
    steps = _json_steps(live, label)
    yield Try(who, f"{what} by {Verb.JSON_PATCH}", Attempt(Verb.JSON_PATCH, ref, steps))
    changed = _labelled(live, label)
    yield Try(who, f"{what} by {Verb.UPDATE}", Attempt(Verb.UPDATE, ref, changed))
    if label is not None:
        yield Try(who, f"{what} by apply", _apply(name, {"labels": {TENANT_LABEL: label}}))


def _json_steps(live: Manifest, label: str | None) -> list[dict[str, Any]]:
    path = f"/metadata/labels/{TENANT_LABEL.replace('/', '~1')}"
    if label is None:
        return [{"op": "remove", "path": path}]
    if not live["metadata"].get("labels"):
        return [{"op": "add", "path": "/metadata/labels", "value": {TENANT_LABEL: label}}]
    return [{"op": "add", "path": path, "value": label}]


def _labelled(live: Manifest, label: str | None) -> Manifest:
    changed = copy.deepcopy(live)
    labels = changed["metadata"].setdefault("labels", {})
    labels.pop(TENANT_LABEL, None)
    if label is not None:
        labels[TENANT_LABEL] = label
    changed["metadata"].pop("managedFields", None)
    return changed


def _ref(name: str) -> Ref:
    return Ref("v1", "Namespace", name)


def _create(name: str, labels: Mapping[str, str]) -> Attempt:
    return _made(name, {"labels": dict(labels)})


def _made(name: str, metadata: Metadata) -> Attempt:
    return Attempt(Verb.CREATE, _ref(""), _manifest({"name": name, **metadata}))


def _generated(labels: Mapping[str, str]) -> Attempt:
    metadata = {"generateName": f"{NAME}-", "labels": dict(labels)}
    return Attempt(Verb.CREATE, _ref(""), _manifest(metadata))


def _apply(name: str, metadata: Metadata) -> Attempt:
    return Attempt(Verb.APPLY, _ref(name), _manifest({"name": name, **metadata}))


def _manifest(metadata: Metadata) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": dict(metadata)}
