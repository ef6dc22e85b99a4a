"""One user's requests, in every way in which an object can be changed, and what was answered."""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import yaml

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """``message`` is the server's, without what it says about the object and the policy's name."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def message(self) -> str:
        if self.ok:
            return ""
        text = str(self.body["message"])
        return text.partition(" denied request: ")[2] or text

    @property
    def policy(self) -> str:
        """Name of the policy that refused it; empty where none did."""
        text = "" if self.ok else str(self.body["message"])
        return text.partition("ValidatingAdmissionPolicy '")[2].partition("'")[0]


class Caller:
    """Speaks to the API server with the client certificate of a kubeconfig.

    ``impersonate`` is for service accounts: their groups are added, as their tokens would.
    """

    def __init__(self, kubeconfig: Path, *, impersonate: str = "") -> None:
        self._headers = _impersonating(impersonate) if impersonate else {}
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        context = ssl.create_default_context(cadata=_text(cluster, "certificate-authority"))
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
            pair.write(_text(user, "client-certificate") + "\n" + _text(user, "client-key"))
            pair.flush()
            context.load_cert_chain(pair.name)
        handler = urllib.request.HTTPSHandler(context=context)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)

    def __call__(
        self, method: str, path: str, body: Any = None, *, kind: str = JSON, query: str = ""
    ) -> Said:
        request = urllib.request.Request(  # noqa: S310 - always the API server
            f"{self.server}{path}{'?' + query if query else ''}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": kind, "Accept": JSON, **self._headers},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Said(answer.status, json.loads(answer.read()))
        except HTTPError as refused:
            return Said(refused.code, json.loads(refused.read()))

    def create(self, path: str, manifest: Manifest, *, dry_run: bool = False) -> Said:
        return self("POST", path, manifest, query=_dry(dry_run))

    def delete(self, path: str, *, query: str = "", dry_run: bool = False) -> Said:
        return self("DELETE", path, query="&".join(filter(None, (query, _dry(dry_run)))))

    def get(self, path: str) -> Any:
        answer = self("GET", path)
        assert answer.ok, answer.body
        return answer.body


@dataclass(frozen=True)
class Way:
    """One way to change metadata: a method and a form of body, on the object or a subresource."""

    name: str
    method: str
    kind: str
    subresource: str = ""
    dry_run: bool = False

    def __call__(self, caller: Caller, path: str, live: Manifest, field: Mapping[str, Any]) -> Said:
        """``field`` as ``{"labels": {"key": "value"}}``; the value None takes the key off."""
        body = _body(self.kind, live, field)
        query = _dry(self.dry_run)
        if self.kind == APPLY:
            query = "&".join(filter(None, (query, "fieldManager=somebody&force=true")))
        return caller(self.method, path + self.subresource, body, kind=self.kind, query=query)


def ways(*subresources: str) -> Iterator[Way]:
    """Every way on the object and on these subresources, such as ``/status``; in earnest and dry.

    ``/finalize`` of a namespace knows PUT alone.
    """
    forms = (
        ("replace", "PUT", JSON),
        ("JSON patch", "PATCH", JSON_PATCH),
        ("merge patch", "PATCH", MERGE),
        ("strategic patch", "PATCH", STRATEGIC),
        ("apply", "PATCH", APPLY),
    )
    for subresource in ("", *subresources):
        for name, method, kind in forms:
            if subresource == "/finalize" and method != "PUT":
                continue
            for dry_run in (True, False):
                words = (name, subresource and f"of {subresource[1:]}", dry_run and "dry run")
                said = ", ".join(str(word) for word in words if word)
                yield Way(said, method, kind, subresource, dry_run)


def _body(kind: str, live: Manifest, field: Mapping[str, Any]) -> Any:
    (name, values), *_ = field.items()
    known = dict(live["metadata"].get(name) or {})
    if kind == JSON_PATCH:
        added = [] if known else [{"op": "add", "path": f"/metadata/{name}", "value": {}}]
        return added + [_operation(name, key, value) for key, value in values.items()]
    if kind in {MERGE, STRATEGIC}:
        return {"metadata": {name: dict(values)}}
    after = {k: v for k, v in {**known, **values}.items() if v is not None}
    if kind == APPLY:
        given = {k: v for k, v in values.items() if v is not None}
        metadata = {"name": live["metadata"]["name"], name: given}
        return {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
    # Only Kubernetes' own kinds are replaced without saying which version is meant.
    dropped = () if "stakater.com" in live["apiVersion"] else ("resourceVersion",)
    metadata = {k: v for k, v in live["metadata"].items() if k not in dropped}
    return {**live, "metadata": {**metadata, name: after}}


def _operation(name: str, key: str, value: str | None) -> dict[str, Any]:
    path = f"/metadata/{name}/{key.replace('~', '~0').replace('/', '~1')}"
    if value is None:
        return {"op": "remove", "path": path}
    return {"op": "add", "path": path, "value": value}


def _dry(dry_run: bool) -> str:  # noqa: FBT001 - of this module only
    return "dryRun=All" if dry_run else ""


def _impersonating(account: str) -> dict[str, str]:
    """One group is enough here: urllib sends no header twice, and no test needs the others."""
    return {"Impersonate-User": account, "Impersonate-Group": "system:serviceaccounts"}


def _text(entry: Mapping[str, str], name: str) -> str:
    if f"{name}-data" in entry:
        return base64.b64decode(entry[f"{name}-data"]).decode()
    return Path(entry[name]).read_text()
