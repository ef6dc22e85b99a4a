"""Which rules are installed as one policy, and how they get on in it.

Every policy that looks at a request costs it the same again: the object is converted for each, and
its expressions start from nothing. So rules about the same requests share one, as long as they have
the same mode, which is a matter of the policy's binding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mto.admission.cel import quoted
from mto.admission.rule import Check, Rule
from mto.admission.suspicion import VARIABLE
from mto.spec.admission import Mode
from mto.spec.integrationconfig import IntegrationConfig

SUFFIXES: Final[Mapping[Mode, str]] = {"Deny": "", "Warn": "-warn", "Audit": "-audit"}


@dataclass(frozen=True)
class Policy:
    """``rules`` look at the same requests and let the same people through; there is at least one.

    They are as ``composed`` makes them.
    """

    name: str
    mode: Mode
    rules: tuple[Rule, ...]

    @property
    def common(self) -> Rule:
        """For what all its rules have in common."""
        return self.rules[0]


def policies(rules: Iterable[Rule], config: IntegrationConfig) -> tuple[Policy, ...]:
    """What is installed, in the order of the rules; modes are those that the platform chose."""
    grouped: dict[tuple[str, Mode], list[Rule]] = {}
    for rule in rules:
        mode = config.spec.admission.mode(rule.name)
        name = f"{rule.policy}{SUFFIXES[mode]}" if rule.policy else rule.name
        grouped.setdefault((name, mode), []).append(rule)
    return tuple(Policy(name, mode, composed(each)) for (name, mode), each in grouped.items())


def composed(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules whose variables don't meet but where they are the same, and whose refusals name them.

    Those of a rule that has a policy of its own don't: the policy bears its name.
    """
    texts: dict[str, set[str]] = {}
    for rule in rules:
        for name, text in rule.variables.items():
            texts.setdefault(name, set()).add(text)
    ambiguous = {name for name, meanings in texts.items() if len(meanings) > 1}
    return tuple(_apart(rule, ambiguous) for rule in rules)


def _apart(rule: Rule, ambiguous: Iterable[str]) -> Rule:
    prefix = rule.name.replace("-", "_")
    names = {name: f"{prefix}_{name}" for name in ambiguous}

    def renamed(text: str) -> str:
        def each(found: re.Match[str]) -> str:
            return f"variables.{names.get(found[1], found[1])}"

        return VARIABLE.sub(each, text)

    def told(check: Check) -> Check:
        message = renamed(check.message)
        message = f"{quoted(f'{rule.name}: ')} + ({message})" if rule.policy else message
        return replace(check, expression=renamed(check.expression), message=message)

    variables = {names.get(name, name): renamed(text) for name, text in rule.variables.items()}
    return replace(rule, variables=variables, checks=tuple(map(told, rule.checks)))
