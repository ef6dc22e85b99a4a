"""Quota: the budget of a whole tenant, and defaults for its containers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from mto.spec.base import Quantity, Spec, Words
from mto.spec.constraint import Constraint, unless
from mto.spec.metadata import ObjectMeta
from mto.spec.quantity import parse

MILLI: Final = Fraction(1, 1000)


def _countable(text: str) -> str:
    if parse(text) % MILLI:
        raise ValueError(f"{text!r} is finer than 1m, the least that Kubernetes counts in")
    return text


Amounts: TypeAlias = Mapping[str, Annotated[Quantity, AfterValidator(_countable)]]
Scope: TypeAlias = Literal[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
]
COUNTED: Final = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    }
)
"""Keys that count objects, besides ``count/…``: whole numbers only."""


def _budget(value: Amounts) -> Amounts:
    for key, text in value.items():
        amount = parse(text)
        if amount < 0:
            raise ValueError(f"{key}: {text} is negative; a budget is 0 or more")
        counts = key in COUNTED or key.startswith("count/")
        if counts and amount.denominator != 1:
            raise ValueError(f"{key}: {text} is not whole; {key} counts objects")
    return value


class ScopeRequirement(Spec):
    """One condition on the objects that the budget counts."""

    scope_name: Scope = Field(description="The scope that the condition is about.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="How the scope is compared."
    )
    values: tuple[str, ...] = Field((), description="Values for In and NotIn.")


class ScopeSelector(Spec):
    """Conditions on the objects that the budget counts."""

    match_expressions: tuple[ScopeRequirement, ...] = Field(
        (), description="Conditions, all of which must hold."
    )


class ResourceQuota(Spec):
    """Kubernetes' ResourceQuotaSpec, over all namespaces of the tenant together."""

    hard: Annotated[Amounts, AfterValidator(_budget)] = Field(
        {},
        description="Budget of the whole tenant, by key as in a Kubernetes ResourceQuota: "
        "requests.cpu, limits.memory, pods, count/deployments.apps, requests.nvidia.com/gpu …",
    )
    scopes: tuple[Scope, ...] = Field((), description="Count only objects in all these scopes.")
    scope_selector: ScopeSelector | None = Field(
        None, description="Count only objects that satisfy these conditions."
    )


class LimitRangeItem(Spec):
    """Bounds and defaults for one type of object."""

    constraints = (
        Constraint(
            "self.type != 'Pod' || ((!has(self.default) || size(self.default) == 0) && "
            "(!has(self.defaultRequest) || size(self.defaultRequest) == 0))",
            "default and defaultRequest are for type Container, not for Pod",
            unless(lambda item: item.type != "Pod" or not (item.default or item.default_request)),
        ),
        Constraint(
            "self.type != 'PersistentVolumeClaim' || (has(self.min) && 'storage' in self.min) || "
            "(has(self.max) && 'storage' in self.max)",
            "type PersistentVolumeClaim needs min or max for storage",
            unless(
                lambda item: (
                    item.type != "PersistentVolumeClaim" or "storage" in {*item.max, *item.min}
                )
            ),
        ),
    )

    type: Words = Field(description="Container, Pod or PersistentVolumeClaim.")
    max: Amounts = Field({}, description="The most that one such object may ask for.")
    min: Amounts = Field({}, description="The least that one such object must ask for.")
    default: Amounts = Field({}, description="Limits of a container that sets none.")
    default_request: Amounts = Field({}, description="Requests of a container that sets none.")
    max_limit_request_ratio: Amounts = Field(
        {}, description="How often a limit may be its request."
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        """No constraint: the API server's limit on cost leaves no room for comparing amounts."""
        ladder = ("min", "defaultRequest", "default", "max")
        rungs = (self.min, self.default_request, self.default, self.max)
        for key in sorted({key for rung in rungs for key in rung}):
            _ascends(
                key, [(n, rung[key]) for n, rung in zip(ladder, rungs, strict=True) if key in rung]
            )
        return self


def _ascends(key: str, rungs: list[tuple[str, str]]) -> None:
    for (low, less), (high, more) in itertools.pairwise(rungs):
        if parse(less) > parse(more):
            raise ValueError(f"{low} of {key} ({less}) is above {high} ({more})")


class LimitRange(Spec):
    """Kubernetes' LimitRangeSpec, copied into every namespace of the tenant."""

    limits: tuple[LimitRangeItem, ...] = Field((), description="One entry for a type of object.")


class QuotaSpec(Spec):
    """What a Quota grants."""

    resourcequota: ResourceQuota = Field(
        ResourceQuota(),
        description="Budget of the whole tenant; every tenant that names this Quota has its own.",
    )
    limitrange: LimitRange | None = Field(
        None, description="Bounds and defaults, copied into every namespace of the tenant."
    )


class Quota(Spec):
    """A budget that tenants can be given by its name."""

    api_version: Literal["tenantoperator.stakater.com/v1beta1"] = (
        "tenantoperator.stakater.com/v1beta1"
    )
    kind: Literal["Quota"] = "Quota"
    metadata: ObjectMeta
    spec: QuotaSpec

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def budget(self) -> Mapping[str, Fraction]:
        """``spec.resourcequota.hard`` as exact numbers."""
        return {key: parse(text) for key, text in self.spec.resourcequota.hard.items()}
