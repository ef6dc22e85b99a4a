"""What should be there against what the watches say is there. Pure: no clock, no request.

For each object that MTO made, the fields that the last update declared are kept (as JSON, which is
a tenth of the size, and once for what is alike in several namespaces). Whatever a watch shows is
compared with them, so it does not matter who wrote last, which events were missed, or in which
order they came. While a stack is being updated its objects are in motion: what is seen meanwhile
is kept and judged afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mto.cluster.ref import Ref
from mto.engine.direct.diff import compare
from mto.engine.direct.refresh import project
from mto.engine.port import Change
from mto.plan.labels import FIELD_MANAGER

Kind = tuple[str, str]
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Drift:
    """One object that is not as it was left. ``who`` is empty where nothing tells."""

    ref: Ref
    urn: str
    gone: bool
    changes: tuple[Change, ...] = ()
    who: str = ""

    @property
    def told(self) -> str:
        """``spec.hard.pods: 14 → 1k``, as a person reads it."""
        if self.gone:
            return "it was deleted"
        return "; ".join(str(one) for one in self.changes) or "it was changed"


@dataclass(frozen=True, slots=True)
class _Expected:
    stack: str
    urn: str
    fields: bytes


class Ledger:
    """What is expected of every object, by address, and what was seen of those in motion."""

    def __init__(self) -> None:
        self._expected: dict[Ref, _Expected] = {}
        self._stacks: dict[str, set[Ref]] = {}
        self._present: dict[Kind, set[Ref]] = {}
        self._complete: set[Kind] = set()
        self._moving: set[str] = set()
        self._early: dict[Ref, tuple[bytes, str] | None] = {}
        self._settled = False
        self.kinds: set[Kind] = set()
        """Kinds of which something is or was expected."""

    def of(self, stack: str) -> frozenset[Ref]:
        """Addresses of everything expected of the stack."""
        return frozenset(self._stacks.get(stack, ()))

    def urn(self, ref: Ref) -> str:
        """The stack's name for the object; raises KeyError where none is expected."""
        return self._expected[ref].urn

    def begin(self, stack: str) -> None:
        """The stack is being updated from here on."""
        self._moving.add(stack)

    def expect(
        self,
        stack: str,
        objects: Mapping[Ref, tuple[str, Object]],
        *,
        untouched: Iterable[Ref] = (),
    ) -> tuple[Drift, ...]:
        """The update is over and left these, each with its URN; what drifted since is the answer.

        Objects that failed are to be left out: the stack is updated again anyway. ``untouched``
        are those that the update had no reason to look at.
        """
        before = self._stacks.get(stack, set())
        for ref in before - objects.keys():
            self._expected.pop(ref, None)
        alike: dict[bytes, bytes] = {}
        for ref, (urn, manifest) in objects.items():
            self.kinds.add((ref.api_version, ref.kind))
            fields = _fields(manifest)
            self._expected[ref] = _Expected(stack, urn, alike.setdefault(fields, fields))
        self._stacks[stack] = set(objects)
        missing = (
            Drift(ref, objects[ref][0], gone=True)
            for ref in untouched
            if self._missing(ref) and ref not in self._early
        )
        return (*missing, *self.end(stack))

    def end(self, stack: str) -> tuple[Drift, ...]:
        """The update is over, and what was expected before still is."""
        self._moving.discard(stack)
        return tuple(self._late(stack))

    def forget(self, stack: str) -> None:
        """Nothing is expected of the stack any more."""
        self._moving.discard(stack)
        for ref in self._stacks.pop(stack, set()):
            self._expected.pop(ref, None)

    def seen(self, live: Object) -> Drift | None:
        """An object as it is now."""
        ref = _shared(live)
        self._present.setdefault((ref.api_version, ref.kind), set()).add(ref)
        expected = self._expected.get(ref)
        if expected is None or expected.stack in self._moving:
            if expected is not None or not self._settled or self._moving:
                self._early[ref] = (_packed(_bare(live)), culprit(live))
            return None
        return _judged(ref, expected, live, who=culprit(live))

    def vanished(self, ref: Ref, *, who: str = "") -> Drift | None:
        """There is no such object any more (or it lost the label that it was watched by)."""
        self._present.get((ref.api_version, ref.kind), set()).discard(ref)
        expected = self._expected.get(ref)
        if expected is None or expected.stack in self._moving:
            if expected is not None or not self._settled or self._moving:
                self._early[ref] = None
            return None
        return Drift(ref, expected.urn, gone=True, who=who)

    def complete(self, kind: Kind) -> tuple[Drift, ...]:
        """Everything of the kind has been seen: what is expected and was not is gone."""
        self._complete.add(kind)
        return tuple(
            Drift(ref, one.urn, gone=True)
            for ref, one in self._expected.items()
            if (ref.api_version, ref.kind) == kind
            and self._missing(ref)
            and one.stack not in self._moving
        )

    def settle(self) -> None:
        """Every stack has been looked at once: what is expected of nobody now is nobody's."""
        if self._settled:
            return
        self._settled = True
        if not self._moving:
            self._early = {ref: one for ref, one in self._early.items() if ref in self._expected}

    def _missing(self, ref: Ref) -> bool:
        kind = (ref.api_version, ref.kind)
        return kind in self._complete and ref not in self._present.get(kind, ())

    def _late(self, stack: str) -> Iterator[Drift]:
        for ref in sorted(self._stacks.get(stack, ())):
            one = self._expected[ref]
            if ref in self._early:
                seen = self._early.pop(ref)
                if seen is None:
                    yield Drift(ref, one.urn, gone=True)
                elif drift := _judged(ref, one, orjson.loads(seen[0]), who=seen[1]):
                    yield drift
        if self._settled and not self._moving:
            self._early = {ref: seen for ref, seen in self._early.items() if ref in self._expected}


def culprit(live: Object) -> str:
    """Who wrote last besides us, by the object's ``managedFields``: ``kubectl-edit (Update)``."""
    entries = [
        one
        for one in live["metadata"].get("managedFields") or ()
        if one.get("manager") != FIELD_MANAGER and not one.get("subresource")
    ]
    if not entries:
        return ""
    last = max(entries, key=lambda one: str(one.get("time", "")))
    return f"{last.get('manager', 'somebody')} ({last.get('operation', 'Update')})"


def expected(
    resources: Iterable[tuple[str, Object]], *, failed: frozenset[str]
) -> dict[Ref, tuple[str, Object]]:
    """What an update leaves behind: pairs of URN and inputs, without the failed ones."""
    return {_shared(inputs): (urn, inputs) for urn, inputs in resources if urn not in failed}


def _shared(manifest: Object) -> Ref:
    """Its address, of strings that are there once however many objects have them."""
    return Ref(*map(sys.intern, Ref.of(manifest)))


def _fields(manifest: Object) -> bytes:
    """What is declared of an object besides its address."""
    rest = {key: one for key, one in manifest.items() if key not in ("apiVersion", "kind")}
    metadata = manifest["metadata"].items()
    rest["metadata"] = {key: one for key, one in metadata if key not in ("name", "namespace")}
    return _packed(rest)


def _packed(value: Object) -> bytes:
    """Copied: the encoder's own bytes hold on to a buffer of four kilobytes."""
    return bytes(memoryview(orjson.dumps(value, default=dict)))


def _judged(ref: Ref, expected: _Expected, live: Object, *, who: str) -> Drift | None:
    known = orjson.loads(expected.fields)
    seen = project(live, known)
    if seen == known:
        return None
    return Drift(ref, expected.urn, gone=False, changes=tuple(compare(known, seen)), who=who)


def _bare(live: Object) -> Object:
    """Without what is most of an object and never declared."""
    metadata = {key: one for key, one in live["metadata"].items() if key != "managedFields"}
    return {key: one for key, one in live.items() if key != "status"} | {"metadata": metadata}
