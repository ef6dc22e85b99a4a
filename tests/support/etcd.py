"""A local control plane's etcd, through its gateway, which speaks JSON."""

from __future__ import annotations

import http.client
import json
from typing import Any

from mto.local.paths import Home


def compact(name: str) -> None:
    """etcd forgets every revision before the present one."""
    port = json.loads(Home(name).record.read_text())["ports"]["etcd"]
    found = _posted(port, "/v3/kv/range", {"key": "AA=="})
    revision = found["header"]["revision"]
    _posted(port, "/v3/kv/compaction", {"revision": revision, "physical": True})


def _posted(port: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(body))
        found: dict[str, Any] = json.load(connection.getresponse())
        return found
    finally:
        connection.close()
