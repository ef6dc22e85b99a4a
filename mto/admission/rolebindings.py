"""RoleBindings and Roles of tenants: rights stay among the tenant's own members.

That nobody gives more than they have is Kubernetes' own rule. What it can't know is to whom, so the
TenantPolicy lists the members and the namespaces whose service accounts are the tenant's.
"""

from __future__ import annotations

from typing import Final

from mto.admission.rule import Check, Exempt, Match, Rule

_GROUP: Final = "rbac.authorization.k8s.io"
_MEMBER: Final = (
    "subject.kind == 'User' ? subject.name in params.spec.members.users : "
    "subject.kind == 'Group' ? (subject.name in params.spec.members.groups || "
    "subject.name == 'system:serviceaccounts:' + request.namespace) : "
    "(subject.kind == 'ServiceAccount' && "
    "subject.?namespace.orValue(request.namespace) in params.spec.namespaces)"
)

_BINDINGS: Final = Rule(
    name="role-bindings",
    summary="a tenant's RoleBindings name members and service accounts of the tenant only",
    matches=(Match(_GROUP, ("rolebindings",), ("v1",)),),
    objects="unmarked",  # a forged marker is refused by another rule
    variables={
        "strangers": "object.?subjects.orValue([]).filter(subject, "
        f"!({_MEMBER})).map(subject, subject.kind + ' ' + subject.name)",
    },
    checks=(
        Check(
            "variables.strangers.size() == 0",
            "'RoleBinding ' + object.metadata.name + ' gives rights in namespace ' + "
            "request.namespace + ' to ' + variables.strangers.join(', ') + ': only members of "
            "tenant ' + params.spec.tenant + ' and service accounts of its namespaces may have "
            "them. Members are listed in the Tenant; ask an administrator'",
        ),
        Check(
            "object.roleRef.kind != 'ClusterRole' || (object.roleRef.name != 'cluster-admin' && "
            "!object.roleRef.name.startsWith('mto:'))",
            "'RoleBinding ' + object.metadata.name + ' binds the ClusterRole ' + "
            "object.roleRef.name + ', which tenants must not hand out'",
        ),
    ),
    exempt=Exempt.GUARD,
)

_ROLES: Final = Rule(
    name="roles",
    summary="a tenant's Roles can't make more of the rights that somebody has",
    matches=(Match(_GROUP, ("roles",), ("v1",)),),
    # A Role without rules has null there, not nothing.
    variables={"rules": "has(object.rules) && dyn(object.rules) != null ? object.rules : []"},
    checks=(
        Check(
            "variables.rules.all(rule, !rule.verbs.exists(verb, verb in ['bind', "
            "'escalate'] || (verb == '*' && rule.?apiGroups.orValue([]).exists(group, "
            f"group in ['*', '{_GROUP}']))))",
            "'Role ' + object.metadata.name + ' has the verbs bind or escalate, or all verbs on "
            f"{_GROUP}: with them one gives oneself any right; list the verbs that are needed'",
        ),
        Check(
            "variables.rules.all(rule, !('impersonate' in rule.verbs) || "
            "rule.?resources.orValue([]).all(resource, resource == 'serviceaccounts'))",
            "'Role ' + object.metadata.name + ' has the verb impersonate on more than "
            "serviceaccounts: with it one acts as somebody else'",
        ),
    ),
    parameters=False,
    exempt=Exempt.GUARD,
)

RULES: Final = (_BINDINGS, _ROLES)
