"""What every declared value shares: immutable, camelCase outside, no unknown fields.

Types carry the words in which their rule is told to a person (``SAID``), so that a pattern
never reaches one. Text from outside may only use the camelCase names (``mto.spec.kinds``
reads it so); code may construct models by their attribute names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override

from mto.spec.constraint import Constraint, enforce, unless
from mto.spec.quantity import parse
from mto.spec.regex import check

DNS_LABEL: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_NAME: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
NAMESPACE: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])$"

SAID: Final[Mapping[str, str]] = {
    DNS_LABEL: "lower-case letters, digits and '-', with a letter or digit at both ends",
    DNS_NAME: "lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
    NAMESPACE: "at least two characters: lower-case letters, digits and '-', with a letter or "
    "digit at both ends",
}
"""What each pattern allows, in words."""


def _amount(value: str) -> str:
    parse(value)
    return value


def _number_as_text(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:.0f}" if value == int(value) else repr(value)


def _expression(value: str) -> str:
    check(value)
    return value


def _block(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is no block of addresses: write 203.0.113.0/24 or 2001:db8::/32, with no "
            "bits set behind the mask"
        ) from None


DnsLabel = Annotated[str, StringConstraints(pattern=DNS_LABEL, max_length=63)]
DnsName = Annotated[str, StringConstraints(pattern=DNS_NAME, max_length=253)]
NamespaceName = Annotated[str, StringConstraints(pattern=NAMESPACE, max_length=63)]
Words = Annotated[str, StringConstraints(min_length=1)]
Flag = Annotated[bool, Strict()]
Regex = Annotated[str, AfterValidator(_expression)]
"""An RE2 expression."""
Cidr = Annotated[str, AfterValidator(_block)]
"""A block of IP addresses."""
Quantity = Annotated[
    str,
    BeforeValidator(_number_as_text),
    AfterValidator(_amount),
    WithJsonSchema({"x-kubernetes-int-or-string": True}),
]
"""A Kubernetes amount, kept as it was written; YAML's plain numbers become text."""
StringMap = Mapping[str, str]
FreeForm = Mapping[str, Any]
"""Whatever another program defines (Helm values); passed on unread, nulls included."""


class Spec(BaseModel):
    """A declared value: immutable, camelCase in YAML, no unknown fields.

    A field without a value (``labels:``) counts as absent, as it does for the API server.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
    constraints: ClassVar[tuple[Constraint, ...]] = ()
    """Rules between the fields."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict) and None in value.values():
            return {key: one for key, one in value.items() if one is not None}
        return value

    @model_validator(mode="after")
    def _keeps_its_constraints(self) -> Self:
        enforce(self.constraints, self)
        return self

    @classmethod
    @override
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        made = handler(core_schema)
        if cls.constraints:
            written = handler.resolve_ref_schema(made)
            written["x-kubernetes-validations"] = [one.schema() for one in cls.constraints]
        return made


_COMPARING: Final = ("In", "NotIn")


class Requirement(Spec):
    """One line of a label selector."""

    constraints = (
        Constraint(
            "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
            "operators In and NotIn need at least one value",
            unless(lambda one: one.operator not in _COMPARING or bool(one.values), "values"),
        ),
        Constraint(
            "self.operator in ['In', 'NotIn'] || !has(self.values) || size(self.values) == 0",
            "operators Exists and DoesNotExist take no values",
            unless(lambda one: one.operator in _COMPARING or not one.values, "values"),
        ),
    )

    key: Words = Field(description="The label's key.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="How the label is compared."
    )
    values: tuple[str, ...] = Field(
        (), description="Values for In and NotIn; empty for Exists and DoesNotExist."
    )

    def matches(self, labels: StringMap) -> bool:
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


class LabelSelector(Spec):
    """Kubernetes' label selector: all of its parts must hold; an empty one selects everything."""

    match_labels: StringMap = Field({}, description="Labels that must have exactly these values.")
    match_expressions: tuple[Requirement, ...] = Field(
        (), description="Conditions on labels, all of which must hold."
    )

    def matches(self, labels: StringMap) -> bool:
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            one.matches(labels) for one in self.match_expressions
        )
