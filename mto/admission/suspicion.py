"""A rule in one expression, asked before the rule itself: most requests end there.

The API server converts the object, the parameters and the request anew for each of the conditions,
the validations, the messages and the audit annotations of a policy, which costs more than the
expressions themselves. A request that breaks nothing is done with the conditions; only one that
breaks the rule goes on, to be told so, or to be let through for who sent it, on record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mto.admission.cel import every
from mto.admission.rule import Rule

_VARIABLE = re.compile(r"\bvariables\.(\w+)")


def suspected(rule: Rule) -> Rule:
    """With a condition more: that the request breaks one of the checks.

    Conditions know no variables, so each becomes the one element of a list that is gone through.
    """
    expression = every(check.expression for check in rule.checks)
    for name in reversed(_needed(expression, rule.variables)):
        expression = f"[{rule.variables[name]}].all(variables.{name}, {expression})"
    broken = f"!({_VARIABLE.sub(_bound, expression)})"
    conditions = every((*rule.conditions.values(), broken))
    return replace(rule, conditions={"suspect": conditions})


def _bound(found: re.Match[str]) -> str:
    return f"v_{found[1]}"


def _needed(expression: str, variables: Mapping[str, str]) -> list[str]:
    """Variables of an expression and those that they use themselves, in declared order."""
    wanted = set(_VARIABLE.findall(expression))
    for name in reversed(list(variables)):
        if name in wanted:
            wanted |= set(_VARIABLE.findall(variables[name]))
    return [name for name in variables if name in wanted]
