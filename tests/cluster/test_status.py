"""The API server's refusals, as recorded from Kubernetes 1.36, and what they are told as."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mto.cluster.errors import (
    Call,
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
from mto.cluster.ref import Ref
from mto.cluster.status import refusal

BINDING = Call("apply", Ref("rbac.authorization.k8s.io/v1", "RoleBinding", "mto-owner", "blue-dev"))
SECRET = Call("apply", Ref("v1", "Secret", "pull", "blue-dev"))
HIDDEN = "hunter2!!"


def status(code: int, reason: str, message: str, **details: Any) -> bytes:
    return orjson.dumps(
        {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
    )


def cause(field: str, message: str, reason: str = "FieldValueInvalid") -> dict[str, str]:
    return {"reason": reason, "message": message, "field": field}


@pytest.mark.parametrize(
    ("code", "body", "kind", "text"),
    [
        pytest.param(
            401,
            status(401, "Unauthorized", "Unauthorized"),
            Unauthorized,
            "Unauthorized; log in again, or renew the credentials of this context",
            id="unauthorized",
        ),
        pytest.param(
            403,
            status(
                403,
                "Forbidden",
                'rolebindings.rbac.authorization.k8s.io "mto-owner" is forbidden: User "jane" '
                'cannot patch resource "rolebindings" in API group "rbac.authorization.k8s.io" in '
                'the namespace "blue-dev"',
                name="mto-owner",
            ),
            Forbidden,
            'rolebindings.rbac.authorization.k8s.io "mto-owner" is forbidden: User "jane" cannot '
            'patch resource "rolebindings" in API group "rbac.authorization.k8s.io" in the '
            'namespace "blue-dev"; give jane that right, or use other credentials',
            id="a right is missing",
        ),
        pytest.param(
            403,
            status(403, "Forbidden", "denied: tenants may not do this", name="mto-owner"),
            Forbidden,
            "denied: tenants may not do this; change the manifest as the rule asks",
            id="admission refused",
        ),
        pytest.param(
            403,
            status(403, "Forbidden", 'pods "x" is forbidden: exceeded quota: mto', name="x"),
            Forbidden,
            'pods "x" is forbidden: exceeded quota: mto; free some of the quota, or have it raised',
            id="quota exceeded",
        ),
        pytest.param(
            403,
            status(
                403,
                "Forbidden",
                "unable to create new content in namespace blue-dev because it is being terminated",
                causes=[cause("metadata.namespace", "being terminated", "NamespaceTerminating")],
            ),
            Forbidden,
            "unable to create new content in namespace blue-dev because it is being terminated; "
            "wait until the namespace is gone, then make it again",
            id="namespace terminating",
        ),
        pytest.param(
            404,
            status(404, "NotFound", 'rolebindings "mto-owner" not found', name="mto-owner"),
            NotFound,
            'rolebindings "mto-owner" not found; '
            "check its name and namespace, and that this is the right cluster",
            id="not found",
        ),
        pytest.param(
            404,
            status(404, "NotFound", 'namespaces "blue-dev" not found', name="blue-dev"),
            NotFound,
            'namespaces "blue-dev" not found; create that first',
            id="its namespace not found",
        ),
        pytest.param(
            404,
            b"404 page not found\n",
            UnknownKind,
            "the server knows no such kind; "
            "install its CustomResourceDefinition first, or correct apiVersion and kind",
            id="no such path",
        ),
        pytest.param(
            409,
            status(409, "Conflict", "the object has been modified", name="mto-owner"),
            Conflict,
            "the object has been modified; read the object again and repeat",
            id="conflict",
        ),
        pytest.param(
            409,
            status(
                409,
                "Conflict",
                'Apply failed with 1 conflict: conflict with "helm": .subjects',
                causes=[cause(".subjects", 'conflict with "helm"', "FieldManagerConflict")],
            ),
            Conflict,
            'Apply failed with 1 conflict: conflict with "helm": .subjects; '
            "leave these fields to their manager, or force them",
            id="field managers",
        ),
        pytest.param(
            410,
            status(410, "Expired", "The provided continue parameter is too old"),
            Expired,
            "The provided continue parameter is too old; list again from the start",
            id="expired",
        ),
        pytest.param(
            422,
            status(
                422,
                "Invalid",
                'RoleBinding "mto-owner" is invalid: roleRef: cannot change roleRef',
                causes=[cause("roleRef", "Invalid value: {}: cannot change roleRef")],
            ),
            Invalid,
            'RoleBinding "mto-owner" is invalid: roleRef: cannot change roleRef; '
            "correct the manifest",
            id="invalid",
        ),
        pytest.param(
            429,
            status(429, "TooManyRequests", "too many requests"),
            TooManyRequests,
            "too many requests; try again later, or with fewer requests at once",
            id="throttled",
        ),
        pytest.param(
            503,
            status(503, "ServiceUnavailable", "shutting down"),
            ServerBusy,
            "shutting down; try again when the server is healthy",
            id="unavailable",
        ),
        pytest.param(
            500,
            status(500, "ServerTimeout", "try again", retryAfterSeconds=1),
            Timeout,
            "try again; look at the server's health, or allow more time",
            id="the server's time-out",
        ),
        pytest.param(
            500,
            status(500, "InternalError", "etcdserver: leader changed"),
            ServerError,
            "etcdserver: leader changed; look into the server's log",
            id="internal",
        ),
        pytest.param(
            400,
            b"Client sent an HTTP request to an HTTPS server.\n",
            NotKubernetes,
            "status 400 without an explanation; "
            "check the server's address, and any proxy before it",
            id="http to https",
        ),
    ],
)
def test_a_refusal_says_verb_object_reason_and_what_to_do(
    code: int, body: bytes, *, kind: type[RequestFailed], text: str
) -> None:
    error = refusal(BINDING, code, body)

    assert type(error) is kind
    assert str(error) == f"can't apply RoleBinding blue-dev/mto-owner: {text}"
    assert error.status == code


def test_a_missing_right_names_its_user() -> None:
    body = status(403, "Forbidden", 'forbidden: User "jane" cannot patch resource "secrets"')

    error = refusal(BINDING, 403, body)

    assert isinstance(error, Forbidden)
    assert error.who == "jane"


def test_invalid_fields_are_listed_once_and_immutable_ones_are_told() -> None:
    twice = [cause(".spec.selector", 'Invalid value: "x": field is immutable')] * 2

    error = refusal(BINDING, 422, status(422, "Invalid", "invalid", causes=twice))

    assert isinstance(error, Invalid)
    assert error.fields == ("spec.selector",)
    assert error.immutable


def test_an_ordinary_invalid_value_is_not_immutable() -> None:
    body = status(422, "Invalid", "bad", causes=[cause("spec.x", "must be positive")])

    error = refusal(BINDING, 422, body)

    assert isinstance(error, Invalid)
    assert not error.immutable


@pytest.mark.parametrize(
    ("code", "body", "said"),
    [
        pytest.param(
            500,
            status(
                500,
                "",
                "failed to create typed patch object (blue-dev/pull; /v1, Kind=Secret): "
                f'.stringData.a: expected string, got &value.valueUnstructured{{"x":"{HIDDEN}"}}',
            ),
            " about stringData.a",
            id="a value of the wrong type, quoted by Kubernetes itself",
        ),
        pytest.param(
            422,
            status(
                422, "Invalid", f"data: {HIDDEN}", causes=[cause("data[.docker]", f"bad {HIDDEN}")]
            ),
            " about data[.docker]",
            id="invalid data",
        ),
        pytest.param(
            403, status(403, "Forbidden", f"denied: {HIDDEN}"), "", id="a webhook that quotes"
        ),
        pytest.param(500, status(500, "InternalError", f"webhook: {HIDDEN}"), "", id="internal"),
        pytest.param(400, status(400, "BadRequest", f"bad {HIDDEN}"), "", id="bad request"),
    ],
)
def test_a_secrets_data_never_reaches_a_message(code: int, body: bytes, said: str) -> None:
    error = refusal(SECRET, code, body)

    assert HIDDEN not in str(error)
    assert HIDDEN not in error.problem
    assert str(error).startswith(
        "can't apply Secret blue-dev/pull: the server refused it; what it said"
        f"{said} is withheld, as it may quote the Secret; "
    )


def test_a_secret_that_may_not_be_written_still_says_who_lacks_the_right() -> None:
    said = 'secrets "pull" is forbidden: User "jane" cannot patch resource "secrets"'

    error = refusal(SECRET, 403, status(403, "Forbidden", said, name="pull"))

    assert str(error) == (
        f"can't apply Secret blue-dev/pull: {said}; give jane that right, or use other credentials"
    )


def test_foreign_text_is_one_printable_line_of_256_characters() -> None:
    text = clip("\x1b[31mred\n\n" + "x" * 1000)

    assert text.startswith("[31mred xxx")
    assert text.endswith("x…")
    assert len(text) == 256
