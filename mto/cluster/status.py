"""From an HTTP answer that is no success to the error that says it.

The reason of a ``Status`` decides, then its code: Kubernetes gives reason ServerTimeout the code
500, and a value of the wrong type in server-side apply the code 500 and no reason at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mto.cluster.errors import (
    AlreadyExists,
    Call,
    Cause,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    NotKubernetes,
    RequestFailed,
    ServerBusy,
    ServerError,
    Timeout,
    TooManyRequests,
    Unauthorized,
    UnknownKind,
    clip,
)

BY_REASON: Mapping[str, type[RequestFailed]] = {
    "AlreadyExists": AlreadyExists,
    "Expired": Expired,
    "Gone": Expired,
    "ServerTimeout": Timeout,
    "Timeout": Timeout,
}
BY_CODE: Mapping[int, type[RequestFailed]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: TooManyRequests,
    502: ServerBusy,
    503: ServerBusy,
    504: Timeout,
}
# Sentences of the API server itself, built without any field of the object.
HARMLESS = (Unauthorized, NotFound, Conflict, Expired, TooManyRequests, ServerBusy, Timeout)
WRONG_TYPE = re.compile(r"failed to (?:create typed patch object|convert new object)")
FIELD = re.compile(r"\): \.?([^ :]+): ")
REFUSED_USER = re.compile(r'User "([^"]+)" cannot ')
WARNING = re.compile(r'\d{3} \S+ "(.*)"', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
LACKING_RIGHT = re.compile(r'User "[^"]+" cannot \S+ resource ')


def refusal(
    call: Call, status: int, body: bytes, *, retry_after: str | None = None
) -> RequestFailed:
    """The error for an answer with a status of 400 or more."""
    answer = _status(body)
    if answer is None:
        return _without_status(call, status, retry_after)
    message = str(answer.get("message") or answer.get("reason") or f"status {status}")
    details = answer.get("details") or {}
    causes = tuple(
        Cause(one.get("reason", ""), one.get("message", ""), one.get("field", "").lstrip("."))
        for one in details.get("causes") or ()
    )
    kind = _kind(status, answer, message)
    subject = str(details.get("name", ""))
    error = kind(
        call,
        _quotable(call, kind, message=message, causes=causes),
        advice=_advice(kind, message, causes, foreign=subject not in ("", call.name)),
    )
    error.status, error.reason, error.subject = status, str(answer.get("reason", "")), subject
    error.causes = causes
    if isinstance(error, Forbidden) and (found := REFUSED_USER.search(message)):
        error.who = found[1]
    error.retry_after = _seconds(retry_after, details.get("retryAfterSeconds"))
    return error


def _status(body: bytes) -> Mapping[str, Any] | None:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else None


def _without_status(call: Call, status: int, retry_after: str | None) -> RequestFailed:
    """A proxy, an overloaded server or a path that nobody serves; its text is not shown."""
    problem = f"status {status} without an explanation"
    kind = BY_CODE.get(status, NotKubernetes if status < 500 else ServerError)  # noqa: PLR2004
    if kind is NotFound:
        kind, problem = UnknownKind, "the server knows no such kind"
    elif kind in (Invalid, Conflict, Forbidden):
        kind = NotKubernetes
    error = kind(call, problem)
    error.status = status
    error.retry_after = _seconds(retry_after, None)
    return error


def _kind(status: int, answer: Mapping[str, Any], message: str) -> type[RequestFailed]:
    if status == 500 and WRONG_TYPE.match(message):  # noqa: PLR2004
        return Invalid
    return BY_REASON.get(str(answer.get("reason"))) or BY_CODE.get(status, ServerError)


def _quotable(
    call: Call, kind: type[RequestFailed], *, message: str, causes: tuple[Cause, ...]
) -> str:
    if not call.confidential or issubclass(kind, HARMLESS) or LACKING_RIGHT.search(message):
        return clip(message).rstrip(".")
    fields = [cause.field for cause in causes if cause.field]
    if not fields and (found := FIELD.search(message)):
        fields = [found[1]]
    place = f" about {clip(', '.join(dict.fromkeys(fields)))}" if fields else ""
    return f"the server refused it; what it said{place} is withheld, as it may quote the Secret"


def _advice(
    kind: type[RequestFailed], message: str, causes: tuple[Cause, ...], *, foreign: bool
) -> str:
    """Empty where the class's own advice is right; ``foreign``: it is about another object."""
    if any(cause.reason == "NamespaceTerminating" for cause in causes):
        return "wait until the namespace is gone, then make it again"
    if kind is Forbidden:
        return _right_missing(message)
    if kind is Conflict and causes:
        return "leave these fields to their manager, or force them"
    if kind is NotFound and foreign:
        return "create that first"
    return ""


def _right_missing(message: str) -> str:
    if found := REFUSED_USER.search(message):
        return f"give {clip(found[1])} that right, or use other credentials"
    if "exceeded quota" in message:
        return "free some of the quota, or have it raised"
    return "change the manifest as the rule asks"


def warning(header: str) -> str:
    r"""The text of a ``Warning`` header: ``299 - "what \"it\" says"``."""
    found = WARNING.fullmatch(header.strip())
    return ESCAPED.sub(r"\1", found[1]) if found else header


def _seconds(header: str | None, detail: object) -> float | None:
    """Retry-After as a number of seconds; the form with a date is not used by Kubernetes."""
    if header is not None and header.isdecimal():
        return float(header)
    return float(detail) if isinstance(detail, int | float) and detail > 0 else None
