"""Classes of storage, ingress, priority, runtime and gateway: which of them a tenant may name.

Absent or empty lists govern nothing. Who names none names ``''``, which a list may have too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from mto.admission.allowed import (
    NONE_REFUSED,
    annotation,
    changed,
    compared,
    parameter,
    present,
)
from mto.admission.hosts import INGRESSES
from mto.admission.hosts import POLICY as INGRESS_POLICY
from mto.admission.podspecs import POD, POLICY, WORKLOADS, volumes
from mto.admission.rule import Check, Match, Rule
from mto.admission.sentence import names, refused

STORAGE_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"
"""Kubernetes still heeds it, and before the field."""
STORAGE: Final = "storageClasses"
"""The field of a TenantPolicy."""
INGRESS_ANNOTATION: Final = "kubernetes.io/ingress.class"


def rules() -> tuple[Rule, ...]:
    return (_storage(), _templates(), _ingress(), _priority(), _runtime(), _gateway())


def _rule(
    name: str, what: str, *, field: str, matches: tuple[Match, ...], variables: Mapping[str, str]
) -> Rule:
    allowed = parameter(field, "allowed")
    return Rule(
        name=name,
        summary=f"this {what} is not allowed",
        matches=matches,
        conditions={"governed": f"{allowed}.size() > 0"},
        variables=variables,
        checks=(
            Check(
                NONE_REFUSED,
                refused(
                    f"may not use {what} ",
                    names("variables.refused", unnamed="none"),
                    "; allowed: ",
                    names(allowed, unnamed="none"),
                    field=f"spec.{field}",
                ),
            ),
        ),
    )


def _not_in(field: str) -> str:
    return f"!(value in {parameter(field, 'allowed')})"


def _storage() -> Rule:
    """Of claims.

    The class of a volume that a claim names can't be looked up, and need not be: Kubernetes binds
    the two only if the claim names the volume's class, and one that names none names ``''``. The
    cluster's default class is in a claim before it is judged.
    """
    return _of_claims(
        (Match("", ("persistentvolumeclaims",)),),
        compared(
            f"{_classes('[object]')} + {_unnamed('object')}",
            f"{_classes('[oldObject]')} + {_unnamed('oldObject')}",
            refuse=_not_in(STORAGE),
        ),
    )


def _templates() -> Rule:
    """Of templates of claims, in StatefulSets and in pods' ephemeral volumes.

    In one that names no class there is none until the claim is made, which is judged then.
    """
    before = _claims("oldObject", "variables.podBefore")
    variables = {
        **POD,
        "claims": _claims("object", "variables.pod"),
        "claimsBefore": f"oldObject == null ? [] : ({before})",
        **compared(
            _classes("variables.claims"),
            _classes("variables.claimsBefore"),
            refuse=_not_in(STORAGE),
        ),
    }
    return replace(_of_claims(WORKLOADS, variables), policy=POLICY)


def _of_claims(matches: tuple[Match, ...], variables: Mapping[str, str]) -> Rule:
    return _rule(
        "storage-classes", "storage class", field=STORAGE, matches=matches, variables=variables
    )


def _claims(of: str, pod: str) -> str:
    ephemeral = f"{volumes(pod)}.filter(one, has(one.ephemeral))"
    own = f"{of}.spec.?volumeClaimTemplates.orValue([])"
    return (
        f"{ephemeral}.map(one, one.ephemeral.volumeClaimTemplate) + "
        f"(request.kind.kind == 'StatefulSet' ? dyn({own}) : [])"
    )


def _classes(claims: str) -> str:
    """What claims name, by the field or by the annotation."""
    note, field = annotation("one", STORAGE_ANNOTATION), "one.?spec.?storageClassName"
    return (
        f"{claims}.filter(one, {note}.hasValue()).map(one, {note}.value()) + "
        f"{claims}.filter(one, {field}.hasValue()).map(one, {field}.value())"
    )


def _unnamed(of: str) -> str:
    note, field = annotation(of, STORAGE_ANNOTATION), f"{of}.?spec.?storageClassName"
    return f"({note}.hasValue() || {field}.hasValue() ? [] : [''])"


def _ingress() -> Rule:
    """By the field, and by the annotation that was there before it."""
    field = "ingressClasses"
    variables = compared(
        _ingress_classes("object"), _ingress_classes("oldObject"), refuse=_not_in(field)
    )
    rule = _rule(
        "ingress-classes", "ingress class", field=field, matches=INGRESSES, variables=variables
    )
    return replace(rule, policy=INGRESS_POLICY)


def _ingress_classes(of: str) -> str:
    named = present(annotation(of, INGRESS_ANNOTATION), f"{of}.spec.?ingressClassName")
    return f"[{named}].map(named, named.size() > 0 ? named : [''])[0]"


def _priority() -> Rule:
    field = "podPriorityClasses"
    return _of_pods("priority-classes", "priority class", field=field, value=_priority_of)


def _priority_of(pod: str) -> str:
    """The class, or the bare number that a template may have without one: no list allows it."""
    named = f"{pod}.?priorityClassName.orValue('')"
    number = f"{pod}.?priority.orValue(0)"
    return f"({named} == '' && {number} != 0 ? 'number ' + string({number}) : {named})"


def _runtime() -> Rule:
    def value(pod: str) -> str:
        return f"{pod}.?runtimeClassName.orValue('')"

    return _of_pods("runtime-classes", "runtime class", field="runtimeClasses", value=value)


def _of_pods(name: str, what: str, *, field: str, value: Callable[[str], str]) -> Rule:
    new, before = value("variables.pod"), value("variables.podBefore")
    variables = {**POD, **changed(new, before, refuse=_not_in(field))}
    rule = _rule(name, what, field=field, matches=WORKLOADS, variables=variables)
    return replace(rule, policy=POLICY)


def _gateway() -> Rule:
    field = "gatewayClasses"
    of = "{0}.spec.?gatewayClassName.orValue('')"
    variables = changed(of.format("object"), of.format("oldObject"), refuse=_not_in(field))
    matches = (Match("gateway.networking.k8s.io", ("gateways",)),)
    return _rule(
        "gateway-classes", "gateway class", field=field, matches=matches, variables=variables
    )
