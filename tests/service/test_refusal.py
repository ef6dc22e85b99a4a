"""What proves that a rule refused, and what doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.attempt import Answered
from mto.cluster.errors import (
    AlreadyExists,
    Call,
    Forbidden,
    Invalid,
    NotFound,
    RequestFailed,
    UnknownKind,
)
from mto.service.isolation import Outcome
from mto.service.refusal import outcome, reviewed

CALL = Call("try to create", "Pod blue-dev/probe")


def said(kind: type[RequestFailed], problem: str, **attributes: Any) -> Answered:
    error = kind(CALL, problem)
    for name, value in attributes.items():
        setattr(error, name, value)
    return Answered(error)


@pytest.mark.parametrize(
    ("answered", "by"),
    [
        pytest.param(
            said(Forbidden, 'User "ann" cannot create pods', who="ann"), "RBAC", id="no right"
        ),
        pytest.param(
            said(
                Forbidden,
                'user "ann" is attempting to grant RBAC permissions not currently held: all',
            ),
            "RBAC",
            id="no right to give away",
        ),
        pytest.param(
            said(
                Forbidden,
                "pods is forbidden: ValidatingAdmissionPolicy 'mto-images' with binding "
                "'mto-images' denied request: no",
            ),
            "policy mto-images",
            id="a policy",
        ),
        pytest.param(
            said(Invalid, "ValidatingAdmissionPolicy 'x' with binding 'y' denied request: no"),
            "policy x",
            id="a policy with another reason",
        ),
        pytest.param(
            said(Forbidden, 'violates PodSecurity "restricted:latest": hostPID'),
            "Pod Security",
            id="Pod Security",
        ),
        pytest.param(
            said(Forbidden, 'admission webhook "a.example.org" denied the request: no'),
            "webhook a.example.org",
            id="somebody's webhook",
        ),
    ],
)
def test_a_rule_that_refuses_is_named(answered: Answered, by: str) -> None:
    found = outcome("ann can", answered)

    assert (found.refused, found.by, found.proves) == (True, by, True)


@pytest.mark.parametrize(
    "answered",
    [
        pytest.param(said(Forbidden, "exceeded quota: mto"), id="a full quota"),
        pytest.param(said(Invalid, "spec.containers: Required value"), id="a wrong manifest"),
        pytest.param(said(UnknownKind, "no kind Route"), id="no such kind"),
    ],
)
def test_other_refusals_prove_nothing(answered: Answered) -> None:
    found = outcome("ann can", answered)

    assert (found.refused, found.by, found.proves) == (True, "", False)


@pytest.mark.parametrize(
    "answered",
    [
        pytest.param(Answered(), id="done"),
        pytest.param(said(AlreadyExists, "it exists already"), id="only the name was taken"),
        pytest.param(said(NotFound, "not found"), id="only the object was missing"),
    ],
)
def test_what_came_past_all_rules_was_possible(answered: Answered) -> None:
    assert outcome("ann can", answered) == Outcome("ann can", refused=False)


def test_a_review_says_yes_no_or_nothing() -> None:
    yes = Answered(body={"status": {"allowed": True}})
    no = Answered(body={"status": {"allowed": False}})

    assert reviewed("ann can", yes) == Outcome("ann can", refused=False)
    assert reviewed("ann can", no) == Outcome("ann can", refused=True, by="RBAC")
    assert not reviewed("ann can", said(Forbidden, "no reviews")).proves
