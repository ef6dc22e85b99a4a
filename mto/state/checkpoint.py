"""A stack's state as Pulumi's CLI writes it: checkpoint version 3, parsed and serialised.

What is read is written again to the letter, unknown keys included; only the order of unknown
keys may differ. As in Pulumi, an empty value is written by leaving its key out. Inputs and
outputs are the parsed JSON itself, shared and never copied: treat them as read-only.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import orjson

from mto.plan.resource import PROJECT
from mto.state.errors import StateUnreadable, StateUnsupported

VERSION = 3
ORGANIZATION = "organization"
"""What the backends without Pulumi Cloud write in the place of an organisation."""

Json = Mapping[str, Any]


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, as Pulumi writes times: ``2026-11-21T02:32:21.768910Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One resource as it was last seen.

    ``delete`` marks what a replacement left to be deleted; such an entry may share its URN with
    the resource that took its place. ``provider`` is ``<urn>::<id>`` of the provider. ``extra``
    holds what MTO has no use for (``initErrors``, ``importID``, ``sourcePosition`` ...).
    """

    urn: str
    type: str
    custom: bool = True
    delete: bool = False
    id: str = ""
    inputs: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    dependencies: tuple[str, ...] = ()
    provider: str = ""
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    retain_on_delete: bool = False
    deleted_with: str = ""
    created: str = ""
    modified: str = ""
    extra: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name, which ends the URN and may itself hold ``::``."""
        return self.urn.split("::", 3)[3]

    @property
    def uid(self) -> str | None:
        """UID of the Kubernetes object that the record speaks of, where it knows one."""
        uid = self.outputs.get("metadata", {}).get("uid")
        return uid if isinstance(uid, str) and uid else None


# In the order in which the CLI writes them.
_OPTIONAL = (
    ("delete", "delete"),
    ("id", "id"),
    ("type", "type"),
    ("inputs", "inputs"),
    ("outputs", "outputs"),
    ("parent", "parent"),
    ("protect", "protect"),
    ("dependencies", "dependencies"),
    ("provider", "provider"),
    ("property_dependencies", "propertyDependencies"),
    ("additional_secret_outputs", "additionalSecretOutputs"),
    ("aliases", "aliases"),
    ("retain_on_delete", "retainOnDelete"),
    ("deleted_with", "deletedWith"),
    ("created", "created"),
    ("modified", "modified"),
)
_ATTRIBUTES = {key: attribute for attribute, key in _OPTIONAL} | {"urn": "urn", "custom": "custom"}


class Operation(enum.StrEnum):
    """What was under way with a resource when the checkpoint was written."""

    CREATING = "creating"
    UPDATING = "updating"
    DELETING = "deleting"
    READING = "reading"
    IMPORTING = "importing"


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """A step that was begun; the resource is as the step wanted it (``deleting``: as it was)."""

    resource: ResourceState
    type: Operation


@dataclass(frozen=True, slots=True)
class Manifest:
    """When and by which CLI the checkpoint was written; ``magic`` is a hash of ``version``.

    MTO writes the time with an empty version and magic, which the CLI accepts: to keep the
    version of the CLI that wrote last would be a lie. ``plugins`` is of no use to anybody.
    """

    time: str
    magic: str = ""
    version: str = ""
    plugins: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """Keys that are not ours, by the level at which they stood."""

    file: Json = field(default_factory=dict)
    checkpoint: Json = field(default_factory=dict)
    deployment: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """Everything that is known of one stack, resources in dependency order."""

    stack: str
    resources: tuple[ResourceState, ...] = ()
    pending: tuple[PendingOperation, ...] = ()
    secrets_provider: Json | None = None
    manifest: Manifest = Manifest("0001-01-01T00:00:00Z")
    metadata: Json = field(default_factory=dict)
    unknown: Unknown = Unknown()

    @cached_property
    def by_urn(self) -> Mapping[str, ResourceState]:
        """Resources that are not marked for deletion."""
        return {one.urn: one for one in self.resources if not one.delete}

    def stamped(self, moment: datetime) -> Checkpoint:
        """The same, as written by MTO at that moment."""
        return replace(self, manifest=Manifest(instant(moment)))


def parse(content: bytes, *, source: str) -> Checkpoint:
    """Read a checkpoint; ``source`` is what messages call it.

    Raises StateUnreadable for what is no checkpoint, StateUnsupported for one of another version.
    """
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise StateUnreadable(source, f"it is no JSON ({error})") from error
    if not isinstance(whole, dict) or not isinstance(whole.get("checkpoint"), dict):
        raise StateUnreadable(source, "it is no Pulumi checkpoint")
    _check_version(whole, source)
    try:
        return _checkpoint(whole)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"it is no Pulumi checkpoint ({type(error).__name__}: {error})"
        raise StateUnreadable(source, reason) from error


def serialise(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as compact JSON; a Secret in it is a TypeError, never a leak."""
    deployment: dict[str, Any] = {"manifest": _manifest_json(checkpoint.manifest)}
    if checkpoint.secrets_provider:
        deployment["secrets_providers"] = checkpoint.secrets_provider
    if checkpoint.resources:
        deployment["resources"] = [_resource_json(one) for one in checkpoint.resources]
    if checkpoint.pending:
        deployment["pending_operations"] = [
            {"resource": _resource_json(one.resource), "type": one.type.value}
            for one in checkpoint.pending
        ]
    deployment["metadata"] = checkpoint.metadata
    inner = {"stack": f"{ORGANIZATION}/{PROJECT}/{checkpoint.stack}"}
    latest = deployment | dict(checkpoint.unknown.deployment)
    around = inner | dict(checkpoint.unknown.checkpoint) | {"latest": latest}
    return orjson.dumps(
        {"version": VERSION, "checkpoint": around} | dict(checkpoint.unknown.file),
        option=orjson.OPT_PASSTHROUGH_DATACLASS,
    )


def _check_version(whole: dict[str, Any], source: str) -> None:
    version = whole.get("version")
    if not isinstance(version, int):
        raise StateUnreadable(source, "it is no Pulumi checkpoint")
    if version > VERSION:
        raise StateUnsupported(
            f"{source} is a checkpoint of version {version}, MTO reads version {VERSION}: "
            "a newer Pulumi wrote it. Use --engine pulumi, or a newer MTO"
        )
    if version < VERSION:
        raise StateUnsupported(
            f"{source} is a checkpoint of version {version}, MTO reads version {VERSION}: "
            "an old Pulumi wrote it. Run `pulumi refresh` with a current one, which rewrites it"
        )
    if features := whole.get("features"):
        raise StateUnsupported(
            f"{source} uses features that MTO does not know: {', '.join(map(str, features))}. "
            "Use --engine pulumi, or a newer MTO"
        )


def _checkpoint(whole: dict[str, Any]) -> Checkpoint:
    inner = whole["checkpoint"]
    latest = inner.get("latest") or {}
    return Checkpoint(
        stack=inner["stack"].rsplit("/", 1)[-1],
        resources=tuple(map(_resource, latest.get("resources") or ())),
        pending=tuple(
            PendingOperation(_resource(one["resource"]), Operation(one["type"]))
            for one in latest.get("pending_operations") or ()
        ),
        secrets_provider=latest.get("secrets_providers"),
        manifest=_manifest(latest["manifest"]) if "manifest" in latest else Checkpoint.manifest,
        metadata=latest.get("metadata") or {},
        unknown=Unknown(
            file=_others(whole, "version", "checkpoint"),
            checkpoint=_others(inner, "stack", "latest"),
            deployment=_others(
                latest,
                *("manifest", "secrets_providers", "resources", "pending_operations", "metadata"),
            ),
        ),
    )


def _others(values: dict[str, Any], *known: str) -> Json:
    return {key: value for key, value in values.items() if key not in known}


def _manifest(values: dict[str, Any]) -> Manifest:
    plugins = tuple(values.get("plugins") or ())
    return Manifest(values["time"], values.get("magic", ""), values.get("version", ""), plugins)


def _manifest_json(manifest: Manifest) -> dict[str, Any]:
    values = {"time": manifest.time, "magic": manifest.magic, "version": manifest.version}
    return values | {"plugins": manifest.plugins} if manifest.plugins else values


def _resource(values: dict[str, Any]) -> ResourceState:
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in values.items():
        if attribute := _ATTRIBUTES.get(key):
            known[attribute] = tuple(value) if isinstance(value, list) else value
        else:
            extra[key] = value
    if known["urn"].count("::") < 3:  # noqa: PLR2004 - stack, project, type, name
        raise ValueError(f"{known['urn']!r} is no URN")
    return ResourceState(**known, extra=extra)


def _resource_json(resource: ResourceState) -> dict[str, Any]:
    values: dict[str, Any] = {"urn": resource.urn, "custom": resource.custom}
    for attribute, key in _OPTIONAL:
        if value := getattr(resource, attribute):
            values[key] = value
    values.update(resource.extra)
    return values
