"""Classes of storage, ingress, priority, runtime and gateway: which of them a tenant may name.

Absent or empty lists govern nothing. Who names none names ``''``, which a list may have too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mto.admission.allowed import NONE_REFUSED, annotation, compared, parameter, present
from mto.admission.podspecs import POD, WORKLOADS, volumes
from mto.admission.rule import Check, Match, Rule
from mto.admission.sentence import names, refused

STORAGE_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"
"""Kubernetes still heeds it, and before the field."""
INGRESS_ANNOTATION: Final = "kubernetes.io/ingress.class"


def rules() -> tuple[Rule, ...]:
    return (_storage(), _ingress(), _priority(), _runtime(), _gateway())


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
    """Of claims, and of the templates of claims in StatefulSets and in pods' ephemeral volumes.

    The class of a volume that a claim names can't be looked up, and need not be: Kubernetes binds
    the two only if the claim names the volume's class, and one that names none names ``''``. The
    cluster's default class is in a claim before it is judged, but not in a template, where none is
    named until the claim is made.
    """
    field = "storageClasses"
    claims = _claims("oldObject", "variables.podBefore")
    variables = {
        **POD,
        "claims": _claims("object", "variables.pod"),
        "claimsBefore": f"oldObject == null ? [] : ({claims})",
        **compared(
            _storage_classes("variables.claims"),
            _storage_classes("variables.claimsBefore"),
            refuse=_not_in(field),
        ),
    }
    matches = (Match("", ("persistentvolumeclaims",)), *WORKLOADS)
    return _rule(
        "storage-classes", "storage class", field=field, matches=matches, variables=variables
    )


def _is(kind: str) -> str:
    return f"request.kind.kind == '{kind}'"


def _claims(of: str, pod: str) -> str:
    """The claim itself, or the templates of claims."""
    ephemeral = f"{volumes(pod)}.filter(one, has(one.ephemeral))"
    own = f"{_is('StatefulSet')} ? {of}.spec.?volumeClaimTemplates.orValue([]) : []"
    return (
        f"{_is('PersistentVolumeClaim')} ? [{of}] : "
        f"{ephemeral}.map(one, one.ephemeral.volumeClaimTemplate) + ({own})"
    )


def _storage_classes(claims: str) -> str:
    note, field = annotation("one", STORAGE_ANNOTATION), "one.?spec.?storageClassName"
    nowhere = f"{_is('PersistentVolumeClaim')} && !{note}.hasValue() && !{field}.hasValue()"
    return (
        f"{claims}.filter(one, {note}.hasValue()).map(one, {note}.value()) + "
        f"{claims}.filter(one, {field}.hasValue()).map(one, {field}.value()) + "
        f"{claims}.filter(one, {nowhere}).map(one, '')"
    )


def _ingress() -> Rule:
    """By the field, and by the annotation that was there before it."""
    field = "ingressClasses"
    variables = compared(
        _ingress_classes("object"), _ingress_classes("oldObject"), refuse=_not_in(field)
    )
    matches = (Match("networking.k8s.io", ("ingresses",)),)
    return _rule(
        "ingress-classes", "ingress class", field=field, matches=matches, variables=variables
    )


def _ingress_classes(of: str) -> str:
    named = present(annotation(of, INGRESS_ANNOTATION), f"{of}.spec.?ingressClassName")
    return f"[{named}].map(named, named.size() > 0 ? named : [''])[0]"


def _priority() -> Rule:
    field = "podPriorityClasses"
    return _of_pods("priority-classes", "priority class", field=field, values=_priorities)


def _priorities(pod: str) -> str:
    """The class, or the bare number that a template may have without one: no list allows it."""
    named = f"{pod}.?priorityClassName.orValue('')"
    number = f"{pod}.?priority.orValue(0)"
    return f"[{named} == '' && {number} != 0 ? 'number ' + string({number}) : {named}]"


def _runtime() -> Rule:
    def values(pod: str) -> str:
        return f"[{pod}.?runtimeClassName.orValue('')]"

    return _of_pods("runtime-classes", "runtime class", field="runtimeClasses", values=values)


def _of_pods(name: str, what: str, *, field: str, values: Callable[[str], str]) -> Rule:
    new, before = values("variables.pod"), values("variables.podBefore")
    variables = {**POD, **compared(new, before, refuse=_not_in(field))}
    return _rule(name, what, field=field, matches=WORKLOADS, variables=variables)


def _gateway() -> Rule:
    field = "gatewayClasses"
    of = "[{0}.spec.?gatewayClassName.orValue('')]"
    variables = compared(of.format("object"), of.format("oldObject"), refuse=_not_in(field))
    matches = (Match("gateway.networking.k8s.io", ("gateways",)),)
    return _rule(
        "gateway-classes", "gateway class", field=field, matches=matches, variables=variables
    )
