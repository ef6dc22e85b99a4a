"""A door to the API server of a control plane that is just coming up, or about to sign a user.

Standard library only, loopback only; everything beyond bringing a cluster up goes through
``mto.cluster``.
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mto.local.settings import LOOPBACK


class Refused(Exception):
    """The API server's own words; ``status`` 0 when there was no answer to have one."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}" if status else message)
        self.exists = status == http.client.CONFLICT


@dataclass
class Api:
    """The administrator's connection, by client certificate; one request at a time."""

    port: int
    pki: Path

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=str(self.pki / "ca.crt"))
        context.load_cert_chain(str(self.pki / "admin.crt"), str(self.pki / "admin.key"))
        self._connection = http.client.HTTPSConnection(
            LOOPBACK, self.port, timeout=10, context=context
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None)

    def ready(self) -> bool:
        """Every check of the API server passes, its start-up hooks included."""
        try:
            self._connection.request("GET", "/readyz")
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return False
        return answer.status == http.client.OK

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            text = None if body is None else json.dumps(body)
            self._connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            data = json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            self._connection.close()
            raise Refused(0, f"no answer from the API server: {error}") from error
        if answer.status >= http.client.BAD_REQUEST:
            raise Refused(answer.status, str(data.get("message", data))[:256])
        return data
