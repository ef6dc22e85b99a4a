"""A request that is made to see what becomes of it: nothing that it writes is kept.

Every write is a server-side dry run, which passes authentication, authorization and all of
admission. A refusal is an answer here, and no error.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from multidict import CIMultiDict

from mto.cluster.errors import RequestFailed
from mto.cluster.kinds import Served
from mto.cluster.ref import Ref

JSON_TYPE: Final = "application/json"


class Verb(enum.StrEnum):
    """Every way in which the API server lets an object be read or written."""

    GET = "get"
    LIST = "list"
    CREATE = "create"
    UPDATE = "update"
    APPLY = "apply"
    JSON_PATCH = "patch (JSON)"
    MERGE_PATCH = "patch (merge)"
    STRATEGIC_PATCH = "patch (strategic)"
    DELETE = "delete"
    DELETE_COLLECTION = "deletecollection"


_HTTP: Final[Mapping[Verb, tuple[str, str]]] = {
    Verb.GET: ("GET", JSON_TYPE),
    Verb.LIST: ("GET", JSON_TYPE),
    Verb.CREATE: ("POST", JSON_TYPE),
    Verb.UPDATE: ("PUT", JSON_TYPE),
    Verb.APPLY: ("PATCH", "application/apply-patch+yaml"),
    Verb.JSON_PATCH: ("PATCH", "application/json-patch+json"),
    Verb.MERGE_PATCH: ("PATCH", "application/merge-patch+json"),
    Verb.STRATEGIC_PATCH: ("PATCH", "application/strategic-merge-patch+json"),
    Verb.DELETE: ("DELETE", JSON_TYPE),
    Verb.DELETE_COLLECTION: ("DELETE", JSON_TYPE),
}
_OF_ALL: Final = frozenset({Verb.LIST, Verb.CREATE, Verb.DELETE_COLLECTION})
_READS: Final = frozenset({Verb.GET, Verb.LIST})


@dataclass(frozen=True)
class Identity:
    """Whom to impersonate; ``system:authenticated`` is added by the server."""

    user: str
    groups: tuple[str, ...] = ()

    def add_to(self, headers: CIMultiDict[str]) -> None:
        headers["Impersonate-User"] = self.user
        for group in self.groups:
            headers.add("Impersonate-Group", group)


@dataclass(frozen=True)
class Attempt:
    """``body`` is a manifest or a patch; ``ref`` needs no name for verbs on all of a kind.

    ``subresource`` goes with a name. ``manager`` is the field manager that the request names.
    """

    verb: Verb
    ref: Ref
    body: Mapping[str, Any] | Sequence[Any] | None = None
    subresource: str = ""
    manager: str = "mto"

    @property
    def method(self) -> str:
        return _HTTP[self.verb][0]

    def headers(self, identity: Identity | None) -> CIMultiDict[str]:
        headers = CIMultiDict({"Content-Type": _HTTP[self.verb][1]})
        if identity is not None:
            identity.add_to(headers)
        return headers

    def path(self, served: Served) -> str:
        """With the query; a write is always a dry run."""
        at_object = self.verb not in _OF_ALL or self.subresource
        path = (
            served.path(self.ref.name, self.ref.namespace)
            if at_object
            else served.collection(self.ref.namespace)
        )
        path += f"/{quote(self.subresource)}" if self.subresource else ""
        return f"{path}?{urlencode(self._query())}"

    def _query(self) -> dict[str, str]:
        if self.verb in _READS:
            return {"limit": "1"} if self.verb is Verb.LIST else {}
        query = {"dryRun": "All"}
        if self.verb not in (Verb.DELETE, Verb.DELETE_COLLECTION):
            query["fieldManager"] = self.manager
        if self.verb is Verb.APPLY:
            query["force"] = "true"
        return query


@dataclass(frozen=True)
class Answered:
    """``error`` is None where the request was let through; ``body`` is then the answer."""

    error: RequestFailed | None = None
    warnings: tuple[str, ...] = ()
    body: Any = None
