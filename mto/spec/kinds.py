"""Which manifests are understood, and how one becomes a declared value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mto.spec.base import Spec
from mto.spec.convert.fields import Converted
from mto.spec.convert.newest import is_older, newest
from mto.spec.extensions import Extensions
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.later import LATER_KINDS, NO_EFFECT, later_fields
from mto.spec.origin import Declared, Origin
from mto.spec.problem import Note, Problem, near
from mto.spec.quota import Quota
from mto.spec.tenant import Tenant
from mto.spec.tenantpolicy import TenantPolicy
from mto.spec.validate import validate

MODELS: Final[tuple[type[Spec], ...]] = (Tenant, Quota, IntegrationConfig, Extensions, TenantPolicy)
"""Every kind with a model, which is every kind with a CRD."""

KINDS: Final[Mapping[tuple[str, str], type[Spec]]] = {
    (model.model_fields["api_version"].default, model.model_fields["kind"].default): model
    for model in MODELS
}
"""Models by apiVersion and kind."""

_TRI_STATE: Final = (
    "storageClasses",
    "ingressClasses",
    "podPriorityClasses",
    "runtimeClasses",
    "gatewayClasses",
)
_CLUSTER_WIDE: Final = ("Tenant", "Quota", "Extensions")
_NAMES: Final = ", ".join(kind for _, kind in KINDS if kind != "TenantPolicy")


@dataclass(frozen=True)
class Read:
    """What became of one manifest. ``claims`` are kind and name, also of what is wrong.

    ``lost`` says that it could have declared anything: a nameless or mistyped one does not tell.
    """

    declared: tuple[Declared[Spec], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    claims: frozenset[tuple[str, str]] = frozenset()
    lost: bool = False


def read(manifest: Any, origin: Origin) -> Read:
    """One manifest, validated by itself; older versions are converted first."""
    wrong = _wrong_kind(manifest, origin)
    if wrong is not None:
        return Read(problems=(wrong,), lost=_may_be_ours(manifest))
    if (converted := newest(manifest, origin)) is not None:
        return _read_older(converted, manifest, origin)
    version, kind = manifest["apiVersion"], manifest["kind"]
    model = KINDS.get((version, kind))
    if model is None:
        return Read(notes=(Note.at(origin, (), f"kind {kind} ({version}) {NO_EFFECT}"),))
    notes = tuple(_notes(manifest, origin))
    clean = {key: value for key, value in manifest.items() if key != "status"}
    found = validate(model, clean, origin)
    claims = frozenset({(kind, name)} if isinstance(name := _name(manifest), str) else ())
    if isinstance(found, list):
        return Read(problems=tuple(found), notes=notes, claims=claims, lost=not claims)
    return Read((Declared(found, origin),), notes=notes, claims=claims)


def _read_older(converted: Converted, manifest: Mapping[str, Any], origin: Origin) -> Read:
    if converted.problems:
        name = _name(manifest)
        claims = frozenset({(manifest["kind"], name)} if isinstance(name, str) else ())
        return Read(problems=converted.problems, claims=claims, lost=not claims)
    parts = [read(one, converted.origin(one, origin)) for one in converted.manifests]
    said = (Note.at(origin, path, message) for path, message in converted.warnings)
    return Read(
        tuple(one for part in parts for one in part.declared),
        tuple(one for part in parts for one in part.problems),
        (*said, *(one for part in parts for one in part.notes)),
        frozenset(one for part in parts for one in part.claims),
        lost=any(part.lost for part in parts),
    )


def _name(manifest: Mapping[str, Any]) -> Any:
    metadata = manifest.get("metadata")
    return metadata.get("name") if isinstance(metadata, Mapping) else None


def _may_be_ours(manifest: Any) -> bool:
    version = manifest.get("apiVersion") if isinstance(manifest, Mapping) else None
    return not isinstance(version, str) or "stakater.com" in version


def _wrong_kind(manifest: Any, origin: Origin) -> Problem | None:
    if not isinstance(manifest, Mapping):
        what = "a list" if isinstance(manifest, list) else repr(str(manifest)[:60])
        return Problem.at(
            origin, (), f"a manifest is a mapping with apiVersion and kind; this is {what}"
        )
    for field in ("apiVersion", "kind"):
        value = manifest.get(field)
        if not isinstance(value, str) or not value:
            return Problem.at(origin, (field,), "required, but missing or no text")
    version, kind = manifest["apiVersion"], manifest["kind"]
    if kind == "TenantPolicy" and (version, kind) in KINDS:
        said = "MTO itself writes TenantPolicies, from Tenants; remove it and edit the Tenant"
        return Problem.at(origin, ("kind",), said)
    if (version, kind) in _known() or is_older(manifest):
        return None
    return _unknown_kind(version, kind, origin)


def _unknown_kind(version: str, kind: str, origin: Origin) -> Problem:
    """A mistyped version, a mistyped kind, or somebody else's manifest."""
    versions = [known for known, name in _known() if name == kind]
    group = version.partition("/")[0]
    same_group = [one for one in versions if one.partition("/")[0] == group]
    if versions and (same_group or near(version, versions)):
        right = same_group[0] if same_group else versions[0]
        return Problem.at(
            origin, ("apiVersion",), f"no version {version!r} of {kind}; did you mean {right!r}?"
        )
    if hint := near(kind, {name for known, name in _known() if known == version}):
        return Problem.at(origin, ("kind",), f"no kind {kind!r} in {version}{hint}")
    if any(known.partition("/")[0] == group for known, _ in _known()):
        return Problem.at(origin, ("kind",), f"no kind {kind!r} in {version}; kinds: {_NAMES}")
    return Problem.at(
        origin,
        ("kind",),
        f"{version} {kind} is none of MTO's kinds ({_NAMES}, and those of its templates, "
        "hibernation, dependencies, auth, finops and telemetry); apply it with kubectl, from "
        "another folder",
    )


def _known() -> Iterator[tuple[str, str]]:
    yield from KINDS
    for version, kinds in LATER_KINDS.items():
        yield from ((version, kind) for kind in kinds)


def _notes(manifest: Mapping[str, Any], origin: Origin) -> Iterator[Note]:
    if "status" in manifest:
        yield Note.at(origin, ("status",), "status is the cluster's to write; it is ignored here")
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    placed = isinstance(metadata, Mapping) and metadata.get("namespace")
    if placed and manifest["kind"] in _CLUSTER_WIDE:
        said = f"a {manifest['kind']} is cluster-wide; its namespace is ignored"
        yield Note.at(origin, ("metadata", "namespace"), said)
    if manifest["kind"] == "Tenant" and isinstance(spec, Mapping):
        for field in _TRI_STATE:
            if field in spec and spec[field] is None:
                said = f"empty, which means off; to allow every class write '{field}: {{}}'"
                yield Note.at(origin, ("spec", field), said)
    for later in later_fields(manifest):
        yield Note.at(origin, later.path, later.message)
