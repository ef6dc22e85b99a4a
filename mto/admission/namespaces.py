"""Namespace objects: who may make, change and delete them, and what stays untouched.

Whoever holds a namespace's tenant label holds the namespace, so it changes hands by a privileged
principal only, on whatever way: the object, its status, its finalizers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mto.admission import rights
from mto.admission.cel import either, listed, matches, quoted
from mto.admission.principals import USER
from mto.admission.rights import NAMES, RESERVED, TENANTS, holds
from mto.admission.rule import Check, Exempt, Match, Rule, Selects
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.labels import KIND_LABEL, MANAGED_LABEL, TENANT_LABEL
from mto.spec.names import SYSTEM, SYSTEM_PREFIXES

POD_SECURITY: Final = "pod-security.kubernetes.io/"
RESERVED_LABELS: Final = (KIND_LABEL, "app.kubernetes.io/managed-by")
RESERVED_PREFIXES: Final = ("mto.stakater.com/", "security.openshift.io/")
RESERVED_ANNOTATIONS: Final = (
    "mto.stakater.com/",
    "openshift.io/",
    "pulumi.com/",
    "scheduler.alpha.kubernetes.io/",
)
"""Beginnings of annotations by which MTO, Pulumi, OpenShift or the scheduler are steered."""
OWN_ANNOTATIONS: Final = ("mto.stakater.com/request-quota",)
"""What owners may write all the same."""


FEW: Final = 50
"""Labels, or annotations, of which a look at all is cheap beside a question to the authorizer."""


def rules(config: IntegrationConfig, nested: Iterable[str] = ()) -> tuple[Rule, ...]:
    """``nested`` are the tenants whose names begin with another one's and a dash."""
    return (
        Rule(
            name="namespaces",
            summary="this change of a namespace is for privileged users only",
            matches=(
                Match(
                    "",
                    ("namespaces", "namespaces/status", "namespaces/finalize"),
                    ("v1",),
                    operations=("CREATE", "UPDATE", "DELETE"),
                ),
            ),
            variables=_variables(config),
            checks=(
                *_standing(),
                *_names(),
                *_nested(tuple(nested)),
                *_labels(config),
                *_others(),
                _deletion(),
            ),
            parameters=False,
            exempt=Exempt.GUARD,
            # Also such as must leave tenants' namespaces alone.
            further="variables.orphan && variables.privileged",
            selects=Selects.EVERYTHING,
            suspect=True,
        ),
    )


def _variables(config: IntegrationConfig) -> dict[str, str]:
    """``free``: a namespace of no tenant that MTO doesn't look after, and that stays so."""
    privileged = config.spec.access_control.privileged.namespaces
    names = either(
        (
            f"variables.name in {listed(SYSTEM)}",
            *(f"variables.name.startsWith({quoted(one)})" for one in SYSTEM_PREFIXES),
            matches("variables.name", privileged),
        )
    )
    return {
        "creating": "request.operation == 'CREATE'",
        "deleting": "request.operation == 'DELETE'",
        "name": "variables.creating ? object.metadata.name : oldObject.metadata.name",
        "labels": "variables.deleting ? {} : object.metadata.?labels.orValue({})",
        "before": "variables.creating ? {} : oldObject.metadata.?labels.orValue({})",
        "notes": "variables.deleting ? {} : object.metadata.?annotations.orValue({})",
        "notesBefore": "variables.creating ? {} : oldObject.metadata.?annotations.orValue({})",
        "tenant": f"variables.labels[?{quoted(TENANT_LABEL)}].orValue('')",
        "was": f"variables.before[?{quoted(TENANT_LABEL)}].orValue('')",
        "orphan": "variables.tenant == '' && variables.was == ''",
        "outside": names,
        "free": "!variables.creating && variables.orphan && variables.outside",
        "short": "[variables.labels, variables.before, variables.notes, variables.notesBefore]"
        f".all(some, some.size() <= {FEW})",
    }


def _standing() -> Iterator[Check]:
    """Whose the namespace is, and whether the user is one of them."""
    yield Check(
        "variables.free || request.?subResource.orValue('') == ''",
        "'Cannot change ' + request.subResource + ' of namespace ' + variables.name + ': it is '"
        f" + 'written by Kubernetes alone. User: ' + {USER}",
    )
    yield Check(
        "variables.free || !variables.creating || variables.tenant != ''",
        "'Cannot CREATE namespace ' + variables.name + ' without label "
        f"{TENANT_LABEL}. User: ' + {USER} + '. Put the name of your tenant there; only "
        "privileged users make namespaces of no tenant'",
    )
    yield Check(
        "variables.free || variables.creating || variables.was != ''",
        "'Cannot ' + request.operation + ' namespace ' + variables.name + ': it belongs to no "
        f"tenant, and only privileged users may touch it. User: ' + {USER}",
    )
    yield Check(
        "variables.creating || variables.deleting || variables.tenant == variables.was",
        f"'The label {TENANT_LABEL} of namespace ' + variables.name + ' stays ' + "
        "(variables.was == '' ? 'absent' : variables.was) + ': only privileged users hand "
        f"namespaces over. User: ' + {USER}",
    )
    create = holds(rights.CREATE, TENANTS, "variables.tenant")
    change = holds(rights.CHANGE, TENANTS, "variables.was")
    yield Check(
        "variables.orphan",
        "variables.creating ? 'Cannot CREATE namespace ' + variables.name + ' for tenant ' "
        f"+ variables.tenant + ': ' + {USER} + ' is none of its owners, or the tenant has as many "
        "namespaces as it may have' : 'Cannot ' + request.operation + ' namespace ' + "
        f"variables.name + ': ' + {USER} + ' is no owner of tenant ' + variables.was",
        asks=f"variables.creating ? {create} : {change}",
        clear=f"variables.creating || (variables.short && {change})",  # who may any name may create
    )


def _names() -> Iterator[Check]:
    """Names of new namespaces. The question to the authorizer comes last."""
    yield Check(
        "variables.free || !variables.creating || !variables.outside",
        "'Cannot CREATE namespace ' + variables.name + ': the name is reserved for the platform'",
    )
    use = holds(rights.USE, NAMES, "variables.name")
    yield Check(
        "variables.free || !variables.creating",
        "'Cannot CREATE namespace ' + variables.name + ': the name is taken by a tenant that "
        "declares it; choose another name'",
        asks=f"!{RESERVED} || {use}",
        clear=f"!{RESERVED}",
    )
    any_prefix = holds(rights.ANY_PREFIX, TENANTS, "variables.tenant")
    yield Check(
        "variables.free || !variables.creating "
        "|| variables.name.startsWith(variables.tenant + '-')",
        "'Cannot CREATE namespace ' + variables.name + ': namespaces of tenant ' + "
        "variables.tenant + ' begin with ' + variables.tenant + '-'",
        asks=any_prefix,
    )
    any_name = holds(rights.ANY_NAME, TENANTS, "variables.tenant")
    yield Check(
        "variables.free || !variables.creating",
        "'Cannot CREATE namespace ' + variables.name + ': tenant ' + variables.tenant + ' may make "
        "namespaces of listed names only; ask an administrator for the list, "
        "spec.namespaces.allowedNames of the Tenant'",
        asks=f"{any_name} || {use}",
        clear=f"variables.short && {any_name}",
    )


def _nested(tenants: tuple[str, ...]) -> Iterator[Check]:
    """Names belong to the tenant with the longest prefix: ``a-b-x`` to ``a-b``, not to ``a``.

    The only place where a policy names tenants: few have such names, and where nobody has, there is
    no check.
    """
    if tenants:
        yield Check(
            f"variables.free || !variables.creating || !{listed(tenants)}.exists(one, "
            "one.startsWith(variables.tenant + '-') && variables.name.startsWith(one + '-'))",
            "'Cannot CREATE namespace ' + variables.name + ' for tenant ' + variables.tenant + "
            "': the name begins like those of another tenant; choose another name'",
            asks=holds(rights.USE, NAMES, "variables.name"),
        )


TOUCHING: Final = "variables.free || variables.deleting || "


def _labels(config: IntegrationConfig) -> Iterator[Check]:
    """Labels that owners leave as they are; all others are theirs to write."""
    keys = sorted({*RESERVED_LABELS, *_selected(config)})
    reserved = either(
        (
            f"key in {listed(keys)}",
            *(f"key.startsWith({quoted(one)})" for one in RESERVED_PREFIXES),
        )
    )
    yield Check(
        f"{TOUCHING}[variables.labels, variables.before].all(some, some.all(key, !({reserved}) "
        "|| variables.labels[?key] == variables.before[?key]))",
        f"'Labels of namespace ' + variables.name + ' that steer MTO stay as they are: those that "
        f"begin with mto.stakater.com/, and {', '.join(keys)}; ask an administrator'",
    )
    yield Check(
        f"{TOUCHING}[variables.labels, variables.before].all(some, some.all(key, "
        f"!key.startsWith({quoted(POD_SECURITY)}) || variables.labels[?key] == "
        "variables.before[?key] || (key.endsWith('-version') ? variables.labels[?key].orValue('') "
        "== 'latest' : (variables.labels[?key].orValue('') == 'restricted' || "
        "(variables.labels[?key].orValue('') == 'baseline' && "
        "variables.before[?key].orValue('') == 'privileged')))))",
        "'Pod Security of namespace ' + variables.name + ' can be made stricter, never looser: "
        "labels pod-security.kubernetes.io/… keep their value or get a stricter level; ask an "
        "administrator'",
    )


def _others() -> Iterator[Check]:
    """Annotations likewise, and what decides about a namespace's end."""
    steering = either(f"key.startsWith({quoted(one)})" for one in RESERVED_ANNOTATIONS)
    yield Check(
        f"{TOUCHING}[variables.notes, variables.notesBefore].all(some, some.all(key, "
        f"key in {listed(OWN_ANNOTATIONS)} || !({steering}) || variables.notes[?key] == "
        "variables.notesBefore[?key]))",
        "'Annotations of namespace ' + variables.name + ' that begin with "
        f"{', '.join(RESERVED_ANNOTATIONS)} stay as they are; ask an administrator'",
    )
    yield Check(
        f"{TOUCHING}(variables.creating ? [] : oldObject.metadata.?finalizers.orValue([])) == "
        "object.metadata.?finalizers.orValue([]) && (variables.creating ? 0 : "
        "oldObject.metadata.?ownerReferences.orValue([]).size()) == "
        "object.metadata.?ownerReferences.orValue([]).size() && "
        "object.metadata.?ownerReferences.orValue([]).all(one, !variables.creating && "
        "oldObject.metadata.?ownerReferences.orValue([]).exists(old, old.uid == one.uid))",
        "'Finalizers and ownerReferences of namespace ' + variables.name + ' stay as they are: "
        "they decide when it is deleted'",
    )


def _selected(config: IntegrationConfig) -> Iterator[str]:
    """Labels by which the platform chooses what roles mean."""
    for entry in config.spec.access_control.rbac.tenant_roles.custom:
        selector = entry.label_selector
        keys = {*selector.match_labels, *(one.key for one in selector.match_expressions)}
        yield from keys - {TENANT_LABEL}  # which has rules of its own


def _deletion() -> Check:
    return Check(
        "variables.free || !variables.deleting || "
        f"variables.before[?{quoted(MANAGED_LABEL)}].orValue('') != 'true'",
        "'Cannot DELETE namespace ' + variables.name + ': it is declared for tenant ' + "
        "variables.was + ', and goes when the Tenant no longer declares it; owners delete the "
        "namespaces that they made'",
    )
