"""The API server's audit log: who really wrote what."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Audit:
    """Writes of ``mto`` since this was made (or since ``start``), of one test's tenants only."""

    path: Path
    names: tuple[str, ...]
    position: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Forget what was written so far. The server logs a request before it answers it."""
        self.position = self.path.stat().st_size

    def writes(self) -> Counter[str]:
        """``patch rolebindings blue-dev/mto-owner-admin`` with the number of times."""
        with self.path.open("rb") as log:
            log.seek(self.position)
            lines = log.read().split(b"\n")[:-1]
        events = (json.loads(line) for line in lines if b'"userAgent":"mto"' in line)
        return Counter(_told(one["verb"], one["objectRef"]) for one in events if self._mine(one))

    def objects(self) -> int:
        """How many writes there were besides those of statuses."""
        return sum(count for what, count in self.writes().items() if "/status " not in what)

    def _mine(self, event: Any) -> bool:
        if event["stage"] != "ResponseComplete":
            return False
        target = event["objectRef"]
        told = f"{target.get('namespace', '')} {target.get('name', '')}"
        return any(name in told for name in self.names)


def _told(verb: str, target: Any) -> str:
    place = "/".join(target[key] for key in ("namespace", "name") if key in target)
    if target["resource"] == "namespaces":
        place = target["name"]
    kind = "/".join(target[key] for key in ("resource", "subresource") if target.get(key))
    return f"{verb} {kind} {place}"
