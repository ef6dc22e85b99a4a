"""Plans made by hand: every option of a resource, a secret, and a stack that holds nothing."""

from __future__ import annotations

from mto.plan.resource import PROVIDER, Plan, Resource

CLUSTER = Resource(
    PROVIDER,
    "cluster",
    {"kubeconfig": "/etc/mto/kubeconfig", "context": "local", "enableServerSideApply": True},
)
BLUE = Resource("mto:tenancy:Tenant", "blue")
NAMESPACE = Resource(
    "kubernetes:core/v1:Namespace",
    "blue-dev",
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue-dev"}},
    parent=BLUE.key,
    protect=True,
    retain_on_delete=True,
)
QUOTA = Resource(
    "kubernetes:core/v1:ResourceQuota",
    "blue-dev/quota",
    {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "mto", "namespace": "blue-dev", "annotations": {"a.b/c": "d"}},
        "spec": {"hard": {"pods": "10"}, "scopes": []},
    },
    parent=BLUE.key,
    depends_on=(NAMESPACE.key,),
    deleted_with=NAMESPACE.key,
    ignore_changes=("spec.hard", 'metadata.annotations["a.b/c"]'),
)
OWNER = Resource(
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "blue-dev/owner",
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mto-owner", "namespace": "blue-dev"},
        "subjects": [{"kind": "User", "name": "anna@example.org"}],
    },
    parent=BLUE.key,
    depends_on=(NAMESPACE.key, QUOTA.key),
)
PULL = Resource(
    "kubernetes:core/v1:Secret",
    "blue-dev/pull",
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull", "namespace": "blue-dev"},
        "stringData": {"token": "s3cr3t"},
        "type": "Opaque",
    },
    parent=BLUE.key,
    depends_on=(NAMESPACE.key,),
)
TENANT = Plan(
    "dev.blue", (CLUSTER, BLUE, NAMESPACE, QUOTA, OWNER), outputs={"namespaces": ["blue-dev"]}
)
WITH_SECRET = Plan("dev.blue", (CLUSTER, BLUE, NAMESPACE, PULL), outputs={"namespaces": []})
DEV = Resource("mto:platform:Platform", "dev")
CUSTOM = Resource(
    "kubernetes:tenantoperator.stakater.com/v1beta1:Quota",
    "small",
    {
        "apiVersion": "tenantoperator.stakater.com/v1beta1",
        "kind": "Quota",
        "metadata": {"name": "small"},
        "spec": {"limitrange": {"limits": [{"type": "Pod", "max": {"cpu": "2"}}]}, "on": True},
    },
    parent=DEV.key,
)
PLATFORM = Plan("dev", (CLUSTER, DEV, CUSTOM), outputs={"tenants": ["blue", "green"]})
EMPTY = Plan("dev.green", (CLUSTER, Resource("mto:tenancy:Tenant", "green")))

HAND_MADE = {
    "a tenant": TENANT,
    "a secret": WITH_SECRET,
    "the platform": PLATFORM,
    "a tenant that holds nothing": EMPTY,
}
