"""The API server refuses what a former leader still sends.

A replica that was paused past its Lease finds out only after its next request. No check of its own
can stop a request that is past it, so each carries the term in which it was sent, and this policy
lets through only those of the Lease's present one. Requests without a term are nobody's concern.

Without the Lease there would be nothing to compare with, so a second policy keeps it: nobody
deletes it or takes its term back, but for the namespace's own end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mto.plan.build import Owner
from mto.plan.resource import Key, Resource
from mto.spec.integrationconfig import NAMESPACE

NAME: Final = "mto-term"
KEEPER: Final = "mto-lease"
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
_ENDING: Final = (
    "request.operation == 'DELETE' && request.userInfo.username in "
    "['system:serviceaccount:kube-system:namespace-controller', 'system:kube-controller-manager']"
)
"""The namespace goes, and Kubernetes takes along whatever is in it."""
_GROWS: Final = (
    "object.?spec.?leaseTransitions.orValue(0) >= oldObject.?spec.?leaseTransitions.orValue(0)"
)
_KEPT: Final = (
    f"The lease {NAMESPACE}/{LEASE} tells the active replica of MTO from former ones, and stays"
)


def resources(owner: Owner, *, after: tuple[Key, ...]) -> Iterator[Resource]:
    """The policy and its binding; ``after``: the namespace that the Lease lies in."""
    because = "part of MTO: only the active replica may write"
    policy = owner.draw(_policy(), NAME, because=because, depends_on=after)
    yield policy
    yield owner.draw(_binding(), NAME, because=because, depends_on=(policy.key,))
    because = "part of MTO: without the lease a former leader could write"
    keeper = owner.draw(_keeper(), KEEPER, because=because, depends_on=after)
    yield keeper
    yield owner.draw(_kept(), KEEPER, because=because, depends_on=(keeper.key,))


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


def _keeper() -> dict[str, Any]:
    rule = {
        "apiGroups": ["coordination.k8s.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE", "DELETE"],
        "resources": ["leases"],
        "resourceNames": [LEASE],
    }
    return {
        "apiVersion": _VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": KEEPER},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule]},
            "matchConditions": [
                {
                    "name": "of-mto",
                    "expression": f"request.namespace == '{NAMESPACE}' && !({_ENDING})",
                }
            ],
            "validations": [
                {
                    "expression": "request.operation == 'UPDATE'",
                    "message": f"{_KEPT}. To be rid of MTO: mto destroy; where that is not "
                    f"possible, delete the ValidatingAdmissionPolicyBinding {KEEPER} first",
                    "reason": "Forbidden",
                },
                {
                    "expression": f"request.operation != 'UPDATE' || {_GROWS}",
                    "message": f"{_KEPT}: leaseTransitions only grows",
                    "reason": "Forbidden",
                },
            ],
        },
    }


def _kept() -> dict[str, Any]:
    return {
        "apiVersion": _VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": KEEPER},
        "spec": {"policyName": KEEPER, "validationActions": ["Deny"]},
    }
