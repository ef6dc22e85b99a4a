"""The API server refuses what a former leader still sends.

A replica that was paused past its Lease finds out only after its next request. No check of its own
can stop a request that is past it, so each carries the term in which it was sent, and this policy
lets through only those of the Lease's present one. Requests without a term are nobody's concern.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mto.plan.build import Owner
from mto.plan.resource import Key, Resource
from mto.spec.integrationconfig import NAMESPACE

NAME: Final = "mto-term"
LEASE: Final = "mto"
EXTRA: Final = "mto.stakater.com/term"
"""Key of the user's extra information that holds the term, as decimal text."""

_VERSION: Final = "admissionregistration.k8s.io/v1"
_SENT: Final = f"request.userInfo.?extra[?'{EXTRA}']"
_PRESENT: Final = "string(params.spec.leaseTransitions)"
_MESSAGE: Final = (
    f"'this was sent in term ' + {_SENT}.orValue(['?'])[0] + ' of the lease "
    f"{NAMESPACE}/{LEASE}, which is in term ' + {_PRESENT} + ' now: another replica is active'"
)


def resources(owner: Owner, *, after: tuple[Key, ...]) -> Iterator[Resource]:
    """The policy and its binding; ``after``: the namespace that the Lease lies in."""
    because = "part of MTO: only the active replica may write"
    policy = owner.draw(_policy(), NAME, because=because, depends_on=after)
    yield policy
    yield owner.draw(_binding(), NAME, because=because, depends_on=(policy.key,))


def _policy() -> dict[str, Any]:
    everything = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["*/*"],
    }
    return {
        "apiVersion": _VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": NAME},
        "spec": {
            "failurePolicy": "Fail",
            "paramKind": {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"},
            "matchConstraints": {"resourceRules": [everything]},
            "matchConditions": [{"name": "with-a-term", "expression": f"{_SENT}.hasValue()"}],
            "validations": [
                {
                    "expression": f"{_SENT}.orValue([]) == [{_PRESENT}]",
                    "messageExpression": _MESSAGE,
                    "reason": "Forbidden",
                }
            ],
        },
    }


def _binding() -> dict[str, Any]:
    return {
        "apiVersion": _VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": NAME},
        "spec": {
            "policyName": NAME,
            "validationActions": ["Deny"],
            "paramRef": {
                "name": LEASE,
                "namespace": NAMESPACE,
                # Looked up before matchConditions: Deny would refuse everybody's writes where no
                # service has run yet (tried).
                "parameterNotFoundAction": "Allow",
            },
        },
    }
