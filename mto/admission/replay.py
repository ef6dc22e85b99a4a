"""Policies for looking at what exists: would the API server let this object be made today?

A *scratch* copy of a policy judges dry-run updates that name the audit's own field manager, and
nothing else. It looks at the object as at one that is being created by nobody in particular, and
answers by warnings: it never refuses. So an object keeps its name, its namespace and every field
that Kubernetes filled in, quotas and Pod Security have no say, and nobody else is affected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mto.admission.cel import every, quoted
from mto.admission.policies import SUSPECT

Manifest = dict[str, Any]

SCRATCH_LABEL: Final = "mto.stakater.com/scratch"
"""On every object that a run of `mto audit` or `mto verify` made for itself: which run."""
JUDGED: Final = "judged"
"""Each answer says by this which policies looked at the object."""
WHO: Final = frozenset({"bypass", "privileged", "denied", "guard", "exempt"})
"""Variables that say who asks: nobody in particular does."""

_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?<![\w.])(?:oldObject|request\.operation)\b""",
    re.DOTALL,
)
_SAID: Final = re.compile(
    r"Validation failed for ValidatingAdmissionPolicy '([^']+)' with binding '[^']+': (.*)",
    re.DOTALL,
)


def prefix(run: str) -> str:
    """Names of a run's policies begin so; it is also its field manager."""
    return f"mto-audit-{run}-"


def scratch(policy: Mapping[str, Any], *, run: str) -> Manifest:
    """A copy of a policy for one run's requests, which warns where the policy would refuse."""
    spec = policy["spec"]
    own = {key: spec[key] for key in ("paramKind",) if key in spec}
    constraints = spec["matchConstraints"]
    conditions = (one for one in spec.get("matchConditions", ()) if one["name"] != SUSPECT)
    always = every(_created(one["expression"]) for one in conditions)
    return {
        "apiVersion": policy["apiVersion"],
        "kind": "ValidatingAdmissionPolicy",
        "metadata": _metadata(policy["metadata"]["name"], run),
        "spec": {
            **own,
            "failurePolicy": "Fail",
            "matchConstraints": {**constraints, "resourceRules": list(_updates(constraints))},
            "matchConditions": [{"name": "own-request", "expression": _own_request(run)}],
            "variables": [_variable(one) for one in spec.get("variables", ())],
            "validations": [
                *(_validation(one, always) for one in spec["validations"]),
                {"expression": "false", "message": JUDGED},
            ],
        },
    }


def binding(policy: Mapping[str, Any], *, run: str, parameters: str) -> Manifest:
    """The one binding of a scratch policy; ``parameters`` names the TenantPolicy to read."""
    name = policy["metadata"]["name"]
    reads = {"name": parameters, "parameterNotFoundAction": "Allow"}
    return {
        "apiVersion": policy["apiVersion"],
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": _metadata(name, run),
        "spec": {
            "policyName": prefix(run) + name,
            **({"paramRef": reads} if "paramKind" in policy["spec"] else {}),
            "validationActions": ["Warn"],
        },
    }


def rules(policy: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the rules that a policy holds, as its validations tell them."""
    told = (one.get("message", "").partition(": ")[0] for one in policy["spec"]["validations"])
    return tuple(dict.fromkeys(told))


def resources(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Group and plural of everything that the policy can judge as an object."""
    for rule in _updates(policy["spec"]["matchConstraints"]):
        for group in rule["apiGroups"]:
            yield from ((group, one) for one in rule["resources"])


def verdicts(warnings: Iterable[str], *, run: str) -> dict[str, tuple[str, ...]]:
    """By the name of each policy that judged: what it objects to. Others did not judge."""
    found: dict[str, list[str]] = {}
    complete: set[str] = set()
    start = prefix(run)
    for warning in warnings:
        said = _SAID.fullmatch(warning)
        if said is None or not said[1].startswith(start):
            continue
        name = said[1].removeprefix(start)
        if said[2] == JUDGED:
            complete.add(name)
        else:
            found.setdefault(name, []).append(said[2])
    return {name: tuple(found.get(name, ())) for name in sorted(complete)}


def _metadata(name: str, run: str) -> Manifest:
    return {"name": prefix(run) + name, "labels": {SCRATCH_LABEL: run}}


def _own_request(run: str) -> str:
    manager = quoted(prefix(run))
    asked = "request.?options.?fieldManager.orValue('')"
    return f"request.?dryRun.orValue(false) && {asked} == {manager}"


def _updates(constraints: Mapping[str, Any]) -> Iterator[Manifest]:
    """Objects themselves, of every kind whose creation the policy judges."""
    for rule in constraints["resourceRules"]:
        whole = [one for one in rule["resources"] if "/" not in one]
        if whole and {"CREATE", "*"} & set(rule["operations"]):
            yield {**rule, "operations": ["UPDATE"], "resources": whole}


def _variable(variable: Mapping[str, str]) -> Manifest:
    known = variable["name"] in WHO
    return {**variable, "expression": "false" if known else _created(variable["expression"])}


def _validation(validation: Mapping[str, str], always: str) -> Manifest:
    texts = {
        key: _created(text)
        for key, text in validation.items()
        if key in ("expression", "messageExpression")
    }
    if always != "true":
        texts["expression"] = f"!({always}) || ({texts['expression']})"
    return {**validation, **texts}


def _created(expression: str) -> str:
    """The same expression for an object that is being created: there is nothing before it."""

    def replaced(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found[0]
        return "dyn(null)" if found[0] == "oldObject" else "'CREATE'"

    return _TOKEN.sub(replaced, expression)
