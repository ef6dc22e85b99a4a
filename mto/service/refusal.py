"""Who refused a request: a refusal is proof only where a rule was the reason."""

from __future__ import annotations

import re
from typing import Final

from mto.cluster.attempt import Answered
from mto.cluster.errors import AlreadyExists, Forbidden, NotFound, RequestFailed, UnknownKind
from mto.service.isolation import Outcome

RBAC: Final = "RBAC"
POD_SECURITY: Final = "Pod Security"
_POLICY: Final = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding")
_WEBHOOK: Final = re.compile(r'admission webhook "([^"]+)" denied')
_ESCALATION: Final = "is attempting to grant RBAC permissions not currently held"
_REFERRED: Final = "cannot set blockOwnerDeletion"


def outcome(what: str, answered: Answered) -> Outcome:
    """Of a request that was tried."""
    error = answered.error
    if error is None or _got_through(error):
        return Outcome(what, refused=False)
    by = _by(error)
    return Outcome(what, refused=True, by=by, said=error.problem, proves=bool(by))


def reviewed(what: str, answered: Answered) -> Outcome:
    """Of a question to the authorizer."""
    if answered.error is not None:
        said = answered.error.problem
        return Outcome(what, refused=True, said=said, proves=False)
    allowed = bool(answered.body["status"].get("allowed"))
    return Outcome(what, refused=not allowed, by="" if allowed else RBAC)


def _got_through(error: RequestFailed) -> bool:
    """It would have been done, had the object been there, or not been there."""
    missing = isinstance(error, NotFound) and not isinstance(error, UnknownKind)
    return isinstance(error, AlreadyExists) or missing


def _by(error: RequestFailed) -> str:
    if found := _POLICY.search(error.problem):
        return f"policy {found[1]}"
    if found := _WEBHOOK.search(error.problem):
        return f"webhook {found[1]}"
    if not isinstance(error, Forbidden):
        return ""
    if "violates PodSecurity" in error.problem:
        return POD_SECURITY
    return RBAC if error.who or _ESCALATION in error.problem or _REFERRED in error.problem else ""
