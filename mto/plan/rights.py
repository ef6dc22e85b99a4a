"""The service's account in the cluster: what it may do, and nothing besides.

No cluster-admin, and no right to give itself more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mto.plan.enginerole import RULES, rule
from mto.plan.role import RBAC, RBAC_VERSION
from mto.plan.term import EXTRA, LEASE
from mto.spec.integrationconfig import NAMESPACE

NAME: Final = "mto"

_GROUPS: Final = (
    "system:serviceaccounts",
    f"system:serviceaccounts:{NAMESPACE}",
    "system:authenticated",
)
_TERM: Final = (
    # The term that its requests carry: it impersonates itself and nobody else.
    rule("authentication.k8s.io", (f"userextras/{EXTRA}",), ("impersonate",)),
    rule("", ("groups",), ("impersonate",), names=_GROUPS),
)
_OWN: Final = (
    rule("coordination.k8s.io", ("leases",), ("get", "update", "patch"), names=(LEASE,)),
    rule("coordination.k8s.io", ("leases",), ("create",)),
    rule("", ("serviceaccounts",), ("impersonate",), names=(NAME,)),
)

Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    """The account, its roles and their bindings."""
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "automountServiceAccountToken": False,
    }
    yield from _bound("ClusterRole", {"name": "mto:service"}, RULES)
    yield from _bound("ClusterRole", {"name": "mto:service-term"}, _TERM)
    yield from _bound("Role", {"name": NAME, "namespace": NAMESPACE}, _OWN)


def _bound(kind: str, metadata: dict[str, str], rules: Sequence[Manifest]) -> Iterator[Manifest]:
    yield {"apiVersion": RBAC_VERSION, "kind": kind, "metadata": metadata, "rules": [*rules]}
    yield {
        "apiVersion": RBAC_VERSION,
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": metadata["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
    }
