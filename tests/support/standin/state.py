"""The stand-in's state: one stack's checkpoint and lock, where the CLI keeps them."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn


class State:
    """One stack's checkpoint and lock below ``PULUMI_BACKEND_URL``."""

    def __init__(self, stack: str) -> None:
        root = Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".pulumi"
        self.stack = stack
        self.path = root / "stacks" / "mto" / f"{stack}.json"
        self.locks = root / "locks" / "organization" / "mto" / stack
        self.lock = self.locks / f"{uuid.uuid4()}.json"
        self.whole = json.loads(self.path.read_text()) if self.path.exists() else None

    @property
    def resources(self) -> list[dict[str, Any]]:
        return list(self.latest.get("resources", []))

    @property
    def latest(self) -> dict[str, Any]:
        assert self.whole is not None
        latest: dict[str, Any] = self.whole["checkpoint"]["latest"]
        return latest

    def take(self) -> None:
        """As the CLI does: look, write, and give up where another's file lies."""
        others = sorted(self.locks.glob("*.json"))
        if others:
            held = json.loads(others[0].read_text())
            refuse(
                f"the stack is currently locked by {len(others)} lock(s). Either wait for the other"
                " process(es) to end or delete the lock file with `pulumi cancel`.\n"
                f"  file://{others[0]}: created by {held['username']}@{held['hostname']} "
                f"(pid {held['pid']}) at {held['timestamp']}"
            )
        self.locks.mkdir(parents=True, exist_ok=True)
        content = {
            "pid": os.getpid(),
            "username": getpass.getuser(),
            "hostname": socket.gethostname(),
            "timestamp": datetime.now(UTC).isoformat(),
        }
        self.lock.write_text(json.dumps(content))

    def release(self) -> None:
        self.lock.unlink(missing_ok=True)

    def cancel(self) -> None:
        for one in self.locks.glob("*.json"):
            one.unlink()

    def save(self, resources: list[dict[str, Any]], pending: list[dict[str, Any]]) -> None:
        self.latest["resources"] = resources
        self.latest["pending_operations"] = pending
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(self.whole))
        beside.replace(self.path)


def refuse(text: str, code: int = 1) -> NoReturn:
    sys.stderr.write(f"error: {text}\n")
    sys.exit(code)
