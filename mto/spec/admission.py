"""Settings of admission: how each rule acts, and who stands outside of all of them.

Not one of MTO's fields: there the rules are webhooks and act always.
"""

from __future__ import annotations

from typing import Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from mto.spec.base import Spec, Words
from mto.spec.problem import near

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


class Admission(Spec):
    """How the rules of admission act."""

    rules: dict[str, Mode] = Field(
        {},
        description="What a rule does with a request that breaks it, by the rule's name: Deny "
        "(default), Warn (let it through, with a warning and an audit annotation) or Audit. Not "
        "one of MTO's fields.",
    )
    bypass_groups: tuple[Words, ...] = Field(
        ("system:cluster-admins", "system:masters"),
        description="Groups that no rule holds for; each bypass leaves an audit annotation. "
        "MTO's process setting BYPASSED_GROUPS. Not one of MTO's fields.",
    )

    @model_validator(mode="after")
    def _names_rules_and_no_crowds(self) -> Self:
        for name in self.rules:
            if name not in RULES:
                known = ", ".join(RULES)
                raise ValueError(f"no rule {name!r}{near(name, RULES)}; rules: {known}")
        for group in self.bypass_groups:
            if group in MANY:
                raise ValueError(
                    f"bypassGroups: everybody is in {group!r}, so that no rule would hold for "
                    "anybody; name a group of administrators"
                )
        return self

    def mode(self, rule: str) -> Mode:
        """How the rule acts."""
        return self.rules.get(rule, "Deny")
