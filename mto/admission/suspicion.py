"""Rules in one expression, asked before the rules themselves: most requests end there.

The API server converts the object, the parameters and the request anew for each of the conditions,
the validations, the messages and the audit annotations of a policy, and each expression costs it
something before it is even begun. A request that breaks nothing is done with the condition; only
one that breaks a rule goes on, to be told so, or to be let through for who sent it, on record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mto.admission.cel import every
from mto.admission.rule import Rule

VARIABLE: Final = re.compile(r"\bvariables\.(\w+)")
_MACRO: Final = re.compile(r"\.(?:all|exists|exists_one|filter|map)\((?!variables\.)")
"""What goes through a list, but for those of one element that stand for a variable."""


def suspicion(rules: Sequence[Rule]) -> str:
    """Whether a request breaks any of the rules, which share the variables of the same name.

    Conditions know no variables, so one becomes the only element of a list that is gone through:
    where several rules use it around all of them, else within its rule.
    """
    variables = {name: text for rule in rules for name, text in rule.variables.items()}
    kept = [_kept(rule) for rule in rules]
    shared = _shared(rules, kept)
    parts = [
        _bound(part, _without(rule.variables, shared))
        for rule, part in zip(rules, kept, strict=True)
    ]
    governed = [
        f"!({every(rule.conditions.values())}) || ({part})" if rule.conditions else part
        for rule, part in zip(rules, parts, strict=True)
    ]
    whole = _bound(every(governed), {name: variables[name] for name in variables if name in shared})
    return f"!({VARIABLE.sub(_renamed, whole)})"


def written_out(expression: str, variables: Mapping[str, str]) -> str:
    """An expression of any type that asks the same without ``variables``."""
    return VARIABLE.sub(_renamed, _bound(expression, variables, "[{}].map({}, {})[0]"))


def _kept(rule: Rule) -> str:
    return every(
        f"{check.expression} || ({check.clear})" if check.clear else check.expression
        for check in rule.checks
    )


def _shared(rules: Sequence[Rule], kept: Iterable[str]) -> frozenset[str]:
    users = Counter(
        name
        for rule, part in zip(rules, kept, strict=True)
        for name in _needed(part, rule.variables)
    )
    return frozenset(name for name, count in users.items() if count > 1)


def _without(variables: Mapping[str, str], names: Iterable[str]) -> Mapping[str, str]:
    return {name: text for name, text in variables.items() if name not in names}


def _bound(expression: str, variables: Mapping[str, str], around: str = "[{}].all({}, {})") -> str:
    """The expression with its variables: in their places where each is worked out once at most."""
    for name in reversed(_needed(expression, variables)):
        uses = [one for one in VARIABLE.finditer(expression) if one[1] == name]
        begin, end = uses[0].span()
        if len(uses) == 1 and not _MACRO.search(expression, 0, begin):
            expression = f"{expression[:begin]}({variables[name]}){expression[end:]}"
        else:
            expression = around.format(variables[name], f"variables.{name}", expression)
    return expression


def _renamed(found: re.Match[str]) -> str:
    return f"v_{found[1]}"


def _needed(expression: str, variables: Mapping[str, str]) -> list[str]:
    """Variables of an expression and those that they use themselves, in declared order."""
    wanted = set(VARIABLE.findall(expression))
    for name in reversed(list(variables)):
        if name in wanted:
            wanted |= set(VARIABLE.findall(variables[name]))
    return [name for name in variables if name in wanted]
