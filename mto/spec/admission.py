"""Settings of admission: how each rule acts, and who stands outside of all of them.

Not one of MTO's fields: there the rules are webhooks and act always.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pydantic import Field

from mto.spec.base import Spec, Words
from mto.spec.constraint import Constraint

Mode: TypeAlias = Literal["Deny", "Warn", "Audit"]

RULES: Final = (
    "namespaces",
    "managed",
    "reserved-names",
    "network-policies",
    "role-bindings",
    "roles",
    "declarations",
    "quotas-in-use",
    "storage-classes",
    "ingress-classes",
    "priority-classes",
    "runtime-classes",
    "gateway-classes",
    "hosts",
    "images",
    "image-pulls",
    "service-accounts",
    "services",
    "pods",
)
"""Names of all rules; a test compares them with the rules themselves."""

MANY: Final = frozenset(
    {"system:authenticated", "system:unauthenticated", "system:serviceaccounts"}
)
"""Groups that everybody, or every program, is in."""


def no_crowds(field: str, attribute: str, consequence: str) -> tuple[Constraint, ...]:
    """Groups that everybody is in are not in the list ``field``, the model's ``attribute``."""

    def rule(group: str) -> Constraint:
        return Constraint(
            f"!has(self.{field}) || !('{group}' in self.{field})",
            f"everybody is in {group!r}, so that {consequence}; name a group of administrators",
            lambda value: (
                (field, place)
                for place, one in enumerate(getattr(value, attribute))
                if one == group
            ),
            field=field,
        )

    return tuple(map(rule, sorted(MANY)))


class Admission(Spec):
    """How the rules of admission act."""

    constraints = (
        Constraint(
            f"!has(self.rules) || self.rules.all(name, name in {list(RULES)})",
            f"no such rule; rules: {', '.join(RULES)}",
            lambda value: (("rules", name) for name in value.rules if name not in RULES),
            field="rules",
        ),
        *no_crowds("bypassGroups", "bypass_groups", "no rule would hold for anybody"),
    )

    rules: dict[str, Mode] = Field(
        {},
        max_length=len(RULES),
        description="What a rule does with a request that breaks it, by the rule's name: Deny "
        "(default), Warn (let it through, with a warning and an audit annotation) or Audit. Not "
        "one of MTO's fields.",
    )
    bypass_groups: tuple[Words, ...] = Field(
        ("system:cluster-admins", "system:masters"),
        description="Groups that no rule holds for; each bypass leaves an audit annotation. "
        "MTO's process setting BYPASSED_GROUPS. Not one of MTO's fields.",
    )

    def mode(self, rule: str) -> Mode:
        """How the rule acts."""
        return self.rules.get(rule, "Deny")
