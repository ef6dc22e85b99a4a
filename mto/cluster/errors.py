"""What the Kubernetes API can answer instead of what was asked for.

ClusterError
├── KubeconfigError        the way to the cluster is declared wrongly (exit 2)
└── RequestFailed          one request, with its verb and object
    ├── Unreachable        no connection to the server
    ├── Timeout            connected, but no answer within the deadline
    │   └── StillThere     waited for an object to go, and something holds it
    ├── NotKubernetes      an answer that the API of Kubernetes does not give
    ├── Unauthorized       401
    ├── Forbidden          403: a right is missing, or admission refused
    ├── NotFound           404
    │   └── UnknownKind    the cluster serves no such kind
    ├── Conflict           409
    │   └── AlreadyExists
    ├── Expired            410: a listing took longer than the server remembers
    ├── Invalid            400, 422, and the 500 of a value of the wrong type
    ├── TooManyRequests    429
    ├── ServerBusy         502, 503
    └── ServerError        any other status

Programs decide by class and attributes; nobody outside ``mto.cluster`` reads status codes.
Foreign text is cut at 256 characters, payloads that are no ``Status`` are not shown at all, and
what a server says about a Secret is shown only where it cannot quote the Secret's data: it does
quote it in the errors of server-side apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from mto.cluster.ref import Ref
from mto.errors import ClusterError

FOREIGN_TEXT = 256


class KubeconfigError(ClusterError):
    """The way to the cluster is declared wrongly."""

    exit_code = 2


class Call(NamedTuple):
    """One request as a person would say it: ``apply`` ``RoleBinding blue-dev/mto-owner``."""

    verb: str
    target: Ref | str

    @property
    def name(self) -> str:
        """Name of the object, where it is about one."""
        return self.target.name if isinstance(self.target, Ref) else ""

    @property
    def confidential(self) -> bool:
        """What the server answers may quote a Secret's data."""
        return isinstance(self.target, Ref) and self.target.kind == "Secret"


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of ``Status.details.causes``."""

    reason: str
    message: str
    field: str


class RequestFailed(ClusterError):
    """One request did not do what was asked.

    ``maybe_done``: an earlier attempt was lost on its way, so the change may have been made all
    the same; only a GET can tell. ``subject`` is the object that the server names, which need not
    be the one of the request (a missing namespace, a contended quota).
    """

    advice: ClassVar[str] = ""

    def __init__(self, call: Call, problem: str, *, advice: str = "") -> None:
        hint = advice or self.advice
        super().__init__(f"can't {call.verb} {call.target}: {problem}{hint and '; '}{hint}")
        self.call = call
        self.problem = problem
        self.status = 0
        self.reason = ""
        self.subject = ""
        self.causes: tuple[Cause, ...] = ()
        self.retry_after: float | None = None
        self.maybe_done = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths of the fields that the server complains about, each once."""
        return tuple(dict.fromkeys(cause.field for cause in self.causes if cause.field))


class Unreachable(RequestFailed):
    advice = "check that the server runs, and that kubeconfig and context are the right ones"


class Timeout(RequestFailed):
    advice = "look at the server's health, or allow more time"


class StillThere(Timeout):
    """``held_by`` says what the object waits for: finalizers, contents of a namespace."""

    def __init__(self, call: Call, seconds: float, held_by: tuple[str, ...]) -> None:
        holders = "; ".join(clip(one) for one in held_by) or "nothing that it names"
        super().__init__(
            call,
            f"it is still there after {seconds:g} s, held by: {holders}",
            advice="remove what holds it, or wait longer",
        )
        self.held_by = held_by


class NotKubernetes(RequestFailed):
    advice = "check the server's address, and any proxy before it"


class Unauthorized(RequestFailed):
    advice = "log in again, or renew the credentials of this context"


class Forbidden(RequestFailed):
    """``who`` is the refused user where the server names one; empty when admission refused."""

    who: str = ""


class NotFound(RequestFailed):
    advice = "check its name and namespace, and that this is the right cluster"


class UnknownKind(NotFound):
    advice = "install its CustomResourceDefinition first, or correct apiVersion and kind"


class Conflict(RequestFailed):
    advice = "read the object again and repeat"


class AlreadyExists(Conflict):
    advice = "read it to see whose it is, then adopt it, or use another name"


class Expired(RequestFailed):
    advice = "list again from the start"


class Invalid(RequestFailed):
    advice = "correct the manifest"

    @property
    def immutable(self) -> bool:
        """A field was to change that can't; the object would have to be replaced."""
        return any(
            phrase in f"{cause.message}."
            for cause in self.causes
            for phrase in ("field is immutable", "cannot change roleRef", "may not be changed")
        )


class TooManyRequests(RequestFailed):
    advice = "try again later, or with fewer requests at once"


class ServerBusy(RequestFailed):
    advice = "try again when the server is healthy"


class ServerError(RequestFailed):
    advice = "look into the server's log"


def held_by(live: Mapping[str, Any]) -> tuple[str, ...]:
    """What a terminating object waits for, in the server's words."""
    if not live["metadata"].get("deletionTimestamp"):
        return ("nothing, it is not being deleted",)
    conditions = (live.get("status") or {}).get("conditions") or ()
    said = tuple(
        one["message"]
        for one in conditions
        if live["kind"] == "Namespace" and one["status"] == "True" and one.get("message")
    )
    # The namespace controller begins after 5 s; until then nothing but its finalizer is to be seen.
    own = () if said else (live.get("spec") or {}).get("finalizers") or ()
    finalizers = (*(live["metadata"].get("finalizers") or ()), *own)
    return said + tuple(f"finalizer {one}" for one in finalizers)


def clip(text: str, limit: int = FOREIGN_TEXT) -> str:
    """Foreign text as one printable line of at most ``limit`` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def listed(names: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, names))) or "none"
