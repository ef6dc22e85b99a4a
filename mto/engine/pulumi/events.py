"""What the CLI tells while it works, reduced to what the port's results need. Pure.

The form of an event: ``apitype.EngineEvent`` in Pulumi's sources. Values of secrets never come:
the CLI replaces them before it tells anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mto.engine.port import Op

_OPS = {
    "create": Op.CREATE,
    "import": Op.CREATE,
    "update": Op.UPDATE,
    "delete": Op.DELETE,
    "replace": Op.REPLACE,
    "create-replacement": Op.REPLACE,
    "delete-replaced": Op.REPLACE,
    "discard-replaced": Op.REPLACE,
    "import-replacement": Op.REPLACE,
    "read-replacement": Op.REPLACE,
    "remove-pending-replace": Op.REPLACE,
}
_LOOKS = ("refresh", "read", "read-discard")
"""Steps that look at something and, by themselves, say nothing of a change."""

_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Told:
    """One step of one resource. ``done``: its outputs are known; ``retained``: it only leaves."""

    urn: str
    type: str
    op: Op
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    custom: bool = True
    retained: bool = False
    done: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Remark:
    """What the CLI, a provider or the program said; ``urn`` is empty where of no resource."""

    severity: str
    text: str
    urn: str = ""


@dataclass(frozen=True)
class Summary:
    """The last word: ``failed`` where the CLI says that it did not carry everything out."""

    failed: bool = False


Event = Told | Remark | Summary


def read(event: Mapping[str, Any]) -> Event | None:
    """None for what is of no interest here."""
    for name, understand in _READERS.items():
        if (content := event.get(name)) is not None:
            return understand(content)
    return None


def _remark(content: Mapping[str, Any]) -> Remark | None:
    if content.get("ephemeral"):
        return None
    return Remark(
        content.get("severity", "info"), plain(content["message"]), content.get("urn", "")
    )


def plain(text: str) -> str:
    """Without colours, and without the prefix that says once more that it is an error."""
    return _COLOUR.sub("", text).strip().removeprefix("error: ").strip()


def _told(metadata: Mapping[str, Any]) -> Told:
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    name = metadata["op"]
    op = _OPS.get(name, Op.SAME)
    either = new or old
    retained = bool(old.get("retainOnDelete")) and name == "delete"
    return Told(
        metadata["urn"],
        metadata["type"],
        Op.FORGET if retained else op,
        old.get("inputs") or {},
        new.get("inputs") or {},
        custom=bool(either.get("custom")),
        retained=retained,
        done=name in _LOOKS and not either.get("custom"),
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Event | None]] = {
    "resourcePreEvent": lambda content: _told(content["metadata"]),
    "resOutputsEvent": lambda content: replace(_told(content["metadata"]), done=True),
    "resOpFailedEvent": lambda content: replace(_told(content["metadata"]), failed=True),
    "diagnosticEvent": _remark,
    "errorEvent": lambda content: Remark("error", plain(content["error"])),
    "summaryEvent": lambda content: Summary(content.get("result", "") == "failed"),
}


@dataclass
class Story:
    """All that one run of the CLI told, by resource."""

    steps: dict[str, Told] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    summary: Summary | None = None

    def hear(self, event: Event) -> None:
        match event:
            case Told():
                known = self.steps.get(event.urn)
                self.steps[event.urn] = _joined(known, event) if known else event
            case Remark():
                self.remarks.append(event)
            case Summary():
                self.summary = event

    def without(self, urns: Collection[str]) -> None:
        """Forget what went wrong with these: it is tried again."""
        self.steps = {urn: one for urn, one in self.steps.items() if urn not in urns}
        self.remarks = [one for one in self.remarks if one.severity != "error"]
        self.summary = None

    def said(self, severity: str, urn: str = "") -> list[str]:
        """Each text once, in the order in which it was said."""
        found = (one.text for one in self.remarks if (one.severity, one.urn) == (severity, urn))
        return list(dict.fromkeys(text for text in found if text))


def _joined(known: Told, then: Told) -> Told:
    """A replacement is told as several steps; a look at a resource comes before its own step."""
    failed = known.failed or then.failed
    if Op.REPLACE in (known.op, then.op):
        told = known if then.op is Op.SAME else then
        old, new = known.old or then.old, then.new or known.new
        done = (known.done or then.done) and not failed
        return replace(told, op=Op.REPLACE, old=old, new=new, done=done, failed=failed)
    if then.op is Op.SAME and known.op is not Op.SAME:
        return replace(known, done=known.done or then.done, failed=failed)
    same_step = then.op is known.op
    return replace(then, done=then.done or (known.done and same_step), failed=failed)
