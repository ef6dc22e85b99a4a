"""What MTO's own account may do: enough for every plan, and no more.

Kubernetes lets nobody hand out rights that they lack. So the engine holds what it gives to tenants,
and may `bind` the roles of Kubernetes that tenants' members get by default. Others that the
IntegrationConfig names are for an administrator to let it bind, by name: who settles what roles
mean would otherwise settle it for the cluster.

The role of the service's account says the same (``mto.plan.rights``), for before there is a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from mto.admission import rights
from mto.plan.role import NAMESPACE_OWNER, RBAC

READ: Final = ("get", "list", "watch")
WRITE: Final = (*READ, "create", "update", "patch", "delete")
BOUND: Final = ("admin", "edit", "view", NAMESPACE_OWNER)
"""What tenants' members are bound to unless the IntegrationConfig says otherwise."""
DECLARED: Final = ("tenants", "quotas", "integrationconfigs", "extensions")
ROLES: Final = ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
POLICIES: Final = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")


def rule(
    group: str, resources: Iterable[str], verbs: Iterable[str], *, names: Collection[str] = ()
) -> dict[str, Any]:
    """One rule of a role; ``names`` are of the only objects that it is about."""
    limited = {"resourceNames": list(names)} if names else {}
    whole = {"apiGroups": [group], "resources": list(resources)}
    return {**whole, **limited, "verbs": list(verbs)}


_MTO, _OURS = rights.TENANTS[0], rights.NAMES[0]

RULES: Final = (
    # What it makes in tenants' namespaces and for the platform.
    rule("", ("namespaces", "resourcequotas", "limitranges"), WRITE),
    rule("", ("resourcequotas/status",), ("patch",)),
    rule("", ("serviceaccounts",), (*READ, "create", "patch")),
    rule("networking.k8s.io", ("networkpolicies",), WRITE),
    rule(_OURS, ("tenantpolicies",), WRITE),
    rule(_MTO, DECLARED, WRITE),
    rule(_MTO, (f"{one}/status" for one in DECLARED), ("patch",)),
    rule("argoproj.io", ("appprojects",), WRITE),
    rule("quota.openshift.io", ("clusterresourcequotas",), WRITE),
    rule("apiextensions.k8s.io", ("customresourcedefinitions",), WRITE),
    rule("admissionregistration.k8s.io", POLICIES, WRITE),
    # Who makes a policy must be able to read its parameters: that of the terms is the Lease. Until
    # the API server has learnt of the kind TenantPolicy it asks for all of the group.
    rule("coordination.k8s.io", ("leases",), ("get",)),
    rule(_OURS, ("*",), ("get",)),
    # It hands these out, so it must hold them: to make namespaces, to be asked for by admission,
    # to read classes. Roles that it does not hold it may bind, these and no others.
    rule(RBAC, ("rolebindings", "clusterroles", "clusterrolebindings"), WRITE),
    rule(RBAC, ("roles",), READ),
    rule(RBAC, ("clusterroles",), ("bind",), names=BOUND),
    rule(_MTO, ("tenants",), (rights.CREATE, rights.CHANGE, rights.ANY_PREFIX, rights.ANY_NAME)),
    rule(_OURS, (rights.NAMES[1],), (rights.USE, rights.HELD)),
    rule("storage.k8s.io", ("storageclasses",), READ),
    rule("networking.k8s.io", ("ingressclasses",), READ),
    rule("scheduling.k8s.io", ("priorityclasses",), READ),
    rule("node.k8s.io", ("runtimeclasses",), READ),
    rule("gateway.networking.k8s.io", ("gatewayclasses",), READ),
    # Past the guards on its own objects.
    rule(_OURS, (rights.GUARDS[1],), (rights.BYPASS,)),
    # What a namespace holds is counted before it goes; a kind that is not listed counts as held.
    rule(
        "",
        (
            *("configmaps", "persistentvolumeclaims", "pods", "podtemplates"),
            *("replicationcontrollers", "secrets", "services"),
        ),
        ("list",),
    ),
    rule("apps", ("daemonsets", "deployments", "replicasets", "statefulsets"), ("list",)),
    rule("autoscaling", ("horizontalpodautoscalers",), ("list",)),
    rule("batch", ("cronjobs", "jobs"), ("list",)),
    rule("networking.k8s.io", ("ingresses",), ("list",)),
    rule("policy", ("poddisruptionbudgets",), ("list",)),
    rule("storage.k8s.io", ("csistoragecapacities",), ("list",)),
    rule("resource.k8s.io", ("resourceclaims", "resourceclaimtemplates"), ("list",)),
    # Kinds that some clusters have, and who is in OpenShift's Groups.
    rule("apiregistration.k8s.io", ("apiservices",), ("list", "watch")),
    rule("user.openshift.io", ("groups",), ("list", "watch")),
    # Refusals of quotas are seen, and what was done is told.
    rule("", ("events",), ("get", "list", "watch", "create", "patch")),
)
