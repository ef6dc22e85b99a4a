"""One operation of the stand-in: registrations against the record, told as engine events."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from typing import Any

from tests.support.standin.faults import Fault
from tests.support.standin.state import State

STACK = "pulumi:pulumi:Stack"


class Update:
    """One operation: what is registered against what is recorded, told as events."""

    def __init__(self, options: argparse.Namespace, state: State, fault: Fault) -> None:
        self.options = options
        self.state = state
        self.fault = fault
        self.known = {one["urn"]: one for one in state.resources}
        self.made: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.failed = False
        self.stopping = threading.Event()
        self.busy = threading.Lock()

    @property
    def writes(self) -> bool:
        return self.options.verb != "preview" and not self.options.preview_only

    def register(self, request: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        """One resource of the program."""
        with self.busy:
            urn = self.urn(request)
            old = self.known.get(urn)
            new = self.wanted(request, urn, inputs)
            same = old is not None and old.get("inputs", {}) == inputs
            op = "same" if same else "update" if old else "create"
            kubernetes = request.type.startswith("kubernetes:")
            if kubernetes and not same and self.writes:
                self.disturb(new)
            if kubernetes and (problem := self.problem(op, request.name)):
                self.fail(op, old, new, problem)
                raise RuntimeError(urn)
            self.made[urn] = new
            self.tell(op, old, new)
            return new

    def disturb(self, new: dict[str, Any]) -> None:
        """The moment at which faults of a running update strike."""
        pending = [{"resource": new, "type": "creating"}]
        recorded = [*self.made.values(), *(o for u, o in self.known.items() if u not in self.made)]
        if self.fault is Fault.CRASH:
            self.state.save(recorded, pending)
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault in (Fault.HANG, Fault.SLOW):
            self.state.save(recorded, pending)
            self.stopping.wait()

    def wanted(self, request: Any, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
        name = (inputs.get("metadata") or {}).get("name", request.name)
        identity = {"id": name, "provider": request.provider} if request.custom else {}
        marks = {"retainOnDelete": request.retainOnDelete, "deletedWith": request.deletedWith}
        return {
            "urn": urn,
            "type": request.type,
            "custom": request.custom,
            "inputs": inputs,
            "outputs": {**inputs, "__inputs": inputs},
            "parent": request.parent,
            "dependencies": sorted(request.dependencies),
            **identity,
            **{key: value for key, value in marks.items() if value},
        }

    def urn(self, request: Any) -> str:
        around = request.parent.split("::")[2] if request.parent else STACK
        whole = request.type if around == STACK else f"{around}${request.type}"
        return f"urn:pulumi:{self.state.stack}::mto::{whole}::{request.name}"

    def rest(self) -> None:
        """What is recorded and was not registered goes, dependants first."""
        for urn, old in reversed(list(self.known.items())):
            if urn not in self.made and old["type"] != STACK:
                self.tell("delete", old, None)

    def look(self) -> None:
        for old in self.known.values():
            if old["type"] != STACK:
                self.tell("same", old, old)

    def tell(self, op: str, old: Any, new: Any) -> None:
        metadata = self.metadata(op, old, new)
        self.events.append({"resourcePreEvent": {"metadata": metadata}})
        self.events.append({"resOutputsEvent": {"metadata": metadata}})

    def problem(self, op: str, name: str) -> str:
        if self.fault is Fault.FAIL and op != "same":
            return "no room for it"
        taken = self.fault is Fault.TAKEN and op == "create" and name == "one"
        return f'configmaps "{name}" already exists' if taken else ""

    def fail(self, op: str, old: Any, new: Any, problem: str) -> None:
        self.failed = True
        metadata = self.metadata(op, old, new)
        said = {"urn": new["urn"], "severity": "error", "message": f"error: {problem}"}
        self.events.append({"resourcePreEvent": {"metadata": metadata}})
        self.events.append({"diagnosticEvent": said})
        self.events.append({"resOpFailedEvent": {"metadata": metadata}})

    def metadata(self, op: str, old: Any, new: Any) -> dict[str, Any]:
        either = new or old
        return {"op": op, "urn": either["urn"], "type": either["type"], "old": old, "new": new}
