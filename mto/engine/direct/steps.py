"""One action carried out against the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from mto.cluster.client import Cluster
from mto.cluster.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    NotFound,
    RequestFailed,
    UnknownKind,
)
from mto.cluster.reader import Reader
from mto.cluster.ref import Ref
from mto.engine.direct.diff import Action
from mto.engine.direct.ownership import is_ours, managers, may_adopt, owner, taken_over, united
from mto.engine.errors import ForeignObject, Protected, Relabelled
from mto.engine.port import Op
from mto.plan.labels import ADOPT, MARKS
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL
from mto.state.checkpoint import ResourceState
from mto.state.secret import Secret, holds_none

Manifest = Mapping[str, Any]

ATTEMPTS = 5
ESTABLISHING_SECONDS = 30.0
_ESTABLISHING_PAUSE = 0.05


class Steps:
    """Carries actions out; answers with the UID of the live object, empty where there is none."""

    def __init__(self, cluster: Cluster, *, gone_within: float) -> None:
        self._cluster = cluster
        self._gone_within = gone_within
        self.found: set[Ref] = set()  # what creations came upon instead of making it

    async def carry_out(self, action: Action) -> str:
        match action.step.op:
            case Op.CREATE:
                return await self._create(action)
            case Op.UPDATE:
                return await self._update(action)
            case Op.REPLACE:
                await self._delete(_old(action))
                return await self._create(action)
            case Op.FORGET:
                await self._give_back(_old(action))
                return ""
            case _:
                if action.uncertain:
                    await self._delete_if_ours(_old(action))
                else:
                    await self._delete(_old(action))
                return ""

    async def _create(self, action: Action) -> str:
        desired = manifest(action)
        if _is_patch(action):
            return await self._patched(desired)
        live = await self._made(desired, begun=action.uncertain)
        if desired["kind"] == "CustomResourceDefinition":
            await self._established(Ref.of(desired))
        return _uid(live)

    async def _made(self, desired: Manifest, *, begun: bool) -> Manifest:
        """Created, or found and adopted.

        A 409 for an object that is not there is about another one, or it went in between: admission
        that contends for a quota answers so. Then it is created again.
        """
        for _ in range(ATTEMPTS):
            try:
                return await self._created(desired)
            except AlreadyExists as error:
                found, begun = error, begun or error.maybe_done
            try:
                return await self._adopted(desired, begun=begun)
            except NotFound:
                await asyncio.sleep(_ESTABLISHING_PAUSE)
        raise found

    async def _created(self, desired: Manifest) -> Manifest:
        """A kind, or a role to bind, that was made a moment ago may take a moment to be known."""
        patience = ESTABLISHING_SECONDS
        while True:
            try:
                return await self._cluster.apply(desired, create_only=True)
            except NotFound as error:
                kind = isinstance(error, UnknownKind) and "." in desired["apiVersion"]
                role = error.subject == desired.get("roleRef", {}).get("name")
                if (patience := patience - _ESTABLISHING_PAUSE) <= 0 or not (kind or role):
                    raise
            await asyncio.sleep(_ESTABLISHING_PAUSE)

    async def _adopted(self, desired: Manifest, *, begun: bool) -> Manifest:
        """What exists is applied over only if it is ours, under the UID that was looked at."""
        ref = Ref.of(desired)
        live = await self._cluster.get(ref)
        if not may_adopt(live, desired, begun=begun):
            raise ForeignObject(str(ref), owner(live))
        self.found.add(ref)
        await self._unite(ref, live)
        dropped = emptying(live, desired)
        if ADOPT in (live["metadata"].get("annotations") or {}):  # said once, valid once
            metadata = dropped.get("metadata", {})
            annotations = {**metadata.get("annotations", {}), ADOPT: None}
            dropped = {**dropped, "metadata": {**metadata, "annotations": annotations}}
        if dropped:
            await self._cluster.patch(ref, _pinned(dropped, _uid(live)))
        return await self._cluster.apply(desired, uid=_uid(live))

    async def _update(self, action: Action) -> str:
        desired, old = manifest(action), _old(action)
        if _is_patch(action):
            return await self._patched(desired)
        try:
            if taken_over(old.outputs):
                await self._unite(Ref.of(desired), await self._cluster.get(Ref.of(desired)))
            if emptied := emptying(old.inputs, desired):
                await self._cluster.patch(Ref.of(desired), _pinned(emptied, old.uid))
            return _uid(await self._cluster.apply(desired, uid=old.uid))
        except (NotFound, Conflict):  # gone, or gone and made again by somebody
            return await self._create(action)
        except Invalid as error:
            if not error.immutable:
                raise
            await self._delete(old)
            try:
                return await self._create(action)
            except RequestFailed as failed:
                failed.maybe_done = True  # what the record says of it is no longer true
                raise

    async def _patched(self, desired: Manifest) -> str:
        """Only a namespace is never made by it: it would be one that nobody asked for."""
        if desired["kind"] != "Namespace":
            return _uid(await self._cluster.apply(desired))
        live = await self._cluster.get(Ref.of(desired))
        return _uid(await self._cluster.apply(desired, uid=_uid(live)))

    async def _unite(self, ref: Ref, live: Manifest) -> None:
        before = managers(live)
        after = united(before)
        if after != before:
            version = live["metadata"]["resourceVersion"]
            await self._cluster.patch(
                ref,
                [
                    {"op": "replace", "path": "/metadata/managedFields", "value": after},
                    {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
                ],
            )

    async def _delete(self, old: ResourceState) -> None:
        if old.protect:
            raise Protected(old.urn)
        ref = Ref.of(old.inputs)
        if old.type.endswith("Patch"):
            await self._relinquish(ref, old.uid)
            return
        if ref.kind == "Namespace":
            await check_marks(self._cluster, old)
        try:
            await self._cluster.delete(ref, uid=old.uid)
        except (Conflict, UnknownKind):  # another one of that name, not ours; or its kind is gone
            return
        if ref.kind in _LINGERING:
            await self._cluster.wait_gone(ref, uid=old.uid, deadline=self._gone_within)

    async def _delete_if_ours(self, begun: ResourceState) -> None:
        """What a killed run was creating and nobody wants any more."""
        ref = Ref.of(begun.inputs)
        if begun.type.endswith("Patch"):
            await self._relinquish(ref, None)
            return
        try:
            live = await self._cluster.get(ref)
        except NotFound:  # also where its kind is gone
            return
        if is_ours(live, begun.inputs, begun=True):
            await self._cluster.delete(ref, uid=_uid(live))

    async def _relinquish(self, ref: Ref, uid: str | None) -> None:
        """Give back the fields that a patch held; the object stays."""
        bare = {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": {
                "name": ref.name,
                **({"namespace": ref.namespace} if ref.namespace else {}),
            },
        }
        try:
            live = await self._cluster.get(ref)
            await self._cluster.apply(bare, uid=uid or _uid(live))
        except (NotFound, Conflict):
            return

    async def _give_back(self, old: ResourceState) -> None:
        """Take our marks off; all other fields stay, and remain as they are."""
        metadata = old.inputs["metadata"]
        notes = [key for key in metadata.get("annotations") or {} if key.startswith("pulumi.com/")]
        patch = {"labels": dict.fromkeys(MARKS), "annotations": dict.fromkeys(notes)}
        try:
            await self._cluster.patch(Ref.of(old.inputs), _pinned({"metadata": patch}, old.uid))
        except (NotFound, Conflict):  # gone, its kind too perhaps, or made again by somebody
            return

    async def _established(self, ref: Ref) -> None:
        """Custom resources are refused until the API server serves their kind."""
        patience = ESTABLISHING_SECONDS
        while patience > 0:
            live = await self._cluster.get(ref)
            # A definition made a moment ago says `conditions: null`.
            conditions = (live.get("status") or {}).get("conditions") or ()
            if any(one["type"] == "Established" and one["status"] == "True" for one in conditions):
                return
            await asyncio.sleep(_ESTABLISHING_PAUSE)
            patience -= _ESTABLISHING_PAUSE


async def check_marks(cluster: Reader, old: ResourceState) -> None:
    """A namespace that was handed on since is not ours to delete; all its contents would go.

    Raises Relabelled.
    """
    ref = Ref.of(old.inputs)
    try:
        live = await cluster.get(ref, metadata_only=True)
    except NotFound:
        return
    known = old.inputs["metadata"].get("labels") or {}
    labels = live["metadata"].get("labels") or {}
    if any(known.get(mark) != labels.get(mark) for mark in (MANAGED_LABEL, TENANT_LABEL)):
        raise Relabelled(str(ref), TENANT_LABEL, known.get(TENANT_LABEL))


_LINGERING = frozenset({"Namespace", "CustomResourceDefinition", "PersistentVolumeClaim"})
"""Kinds whose deletion takes its time, and is waited for."""


def manifest(action: Action) -> Manifest:
    """What is sent: the desired inputs, secrets in the clear."""
    assert action.desired is not None  # noqa: S101 - only actions with a desired state come here
    inputs = action.desired.inputs
    return inputs if holds_none(inputs) else bare(inputs)


def emptying(before: Any, after: Any) -> dict[str, Any]:
    """A merge patch that drops what lies in mappings that stay, with nothing in them.

    Server-side apply turns a mapping into ``null`` when it removes its last field, and then refuses
    that as no mapping: ``storageClasses: {allowed: [fast]}`` could not become ``{}`` (tried, 1.36).
    """
    patch: dict[str, Any] = {}
    for key, value in after.items():
        known = before.get(key)
        if not isinstance(value, Mapping) or not isinstance(known, Mapping):
            continue
        inner = emptying(known, value) if value else dict.fromkeys(known)
        if inner:
            patch[key] = inner
    return patch


def _pinned(patch: dict[str, Any], uid: str | None) -> dict[str, Any]:
    """The same for the object of this UID only."""
    metadata = {**patch.get("metadata", {}), **({"uid": uid} if uid else {})}
    return {**patch, "metadata": metadata}


def bare(value: Any) -> Any:
    """The same with every Secret replaced by its value."""
    if isinstance(value, Secret):
        return value.value
    if isinstance(value, Mapping):
        return {key: bare(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [bare(one) for one in value]
    return value


def _old(action: Action) -> ResourceState:
    assert action.old is not None  # noqa: S101 - creations alone have no past
    return action.old


def _is_patch(action: Action) -> bool:
    return action.desired is not None and action.desired.type.endswith("Patch")


def _uid(live: Manifest) -> str:
    return str(live["metadata"]["uid"])
