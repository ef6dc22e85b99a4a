"""From listings to what a plan is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mto.cluster.errors import (
    Call,
    Forbidden,
    NotFound,
    RequestFailed,
    UnknownKind,
    Unreachable,
)
from mto.cluster.kinds import Discovered, Served
from mto.cluster.listing import Object
from mto.cluster.observe import argocd, contents, namespaces, quotas
from mto.cluster.ref import Ref
from mto.plan.observed import ArgoCD, Contents, Namespace, Quota

ALL = frozenset({"list", "delete"})
KINDS = (
    Served("v1", "Pod", "pods", namespaced=True, verbs=ALL),
    Served("v1", "Secret", "secrets", namespaced=True, verbs=ALL),
    Served("v1", "ConfigMap", "configmaps", namespaced=True, verbs=ALL),
    Served("v1", "ServiceAccount", "serviceaccounts", namespaced=True, verbs=ALL),
    Served("v1", "Event", "events", namespaced=True, verbs=ALL),
    Served("v1", "Namespace", "namespaces", namespaced=False, verbs=ALL),
    Served("apps/v1", "Deployment", "deployments", namespaced=True, verbs=ALL),
    Served("apps/v1", "ReplicaSet", "replicasets", namespaced=True, verbs=ALL),
    Served("metrics.k8s.io/v1", "PodMetrics", "pods", namespaced=True, verbs=frozenset({"list"})),
)


def thing(name: str, *, owner: str = "", controls: bool = True, **metadata: Any) -> Object:
    if owner:
        metadata["ownerReferences"] = [{"uid": owner, "controller": controls}]
    return {"metadata": {"name": name, "uid": f"uid-{name}", **metadata}}


class Listing:
    """As ``Cluster``, with canned listings by kind; an error in place of one is raised."""

    def __init__(self, **listings: Sequence[Object] | RequestFailed) -> None:
        self.listings = listings
        self.stale: tuple[str, ...] = ()
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def discover(self) -> Discovered:
        return Discovered({}, KINDS, self.stale)

    async def list(self, api_version: str, kind: str, **options: Any) -> Sequence[Object]:
        del api_version
        self.asked.append((kind, options))
        found = self.listings.get(kind, ())
        if isinstance(found, RequestFailed):
            raise found
        return found


def inside(cluster: Listing) -> Contents:
    return asyncio.run(contents(cluster, "blue-dev"))  # type: ignore[arg-type]


def forbidden() -> RequestFailed:
    error = Forbidden(Call("list", "Secret"), "forbidden")
    error.status = 403
    return error


def test_an_empty_namespace_holds_nothing() -> None:
    cluster = Listing(
        ConfigMap=[thing("kube-root-ca.crt")],
        ServiceAccount=[thing("default")],
        Secret=[
            thing("default-token-x", annotations={"kubernetes.io/service-account.name": "default"})
        ],
        Event=[thing("anything")],
        PodMetrics=[thing("p")],
    )

    assert inside(cluster) == Contents()
    assert {kind for kind, _ in cluster.asked} == {
        "Pod",
        "Secret",
        "ConfigMap",
        "ServiceAccount",
        "Deployment",
        "ReplicaSet",
    }
    assert cluster.asked[0][1] == {
        "namespace": "blue-dev",
        "label_selector": "mto.stakater.com/managed!=true",
        "metadata_only": True,
    }


def test_what_another_object_controls_is_counted_with_that() -> None:
    cluster = Listing(
        Deployment=[thing("web")],
        ReplicaSet=[thing("web-1", owner="uid-web")],
        Pod=[
            thing("web-1-a", owner="uid-web-1"),
            thing("web-1-b", owner="uid-web-1"),
            thing("bare"),
            thing("of-something-outside", owner="uid-node"),
            thing("merely-owned", owner="uid-web", controls=False),
        ],
        Secret=[thing("password")],
    )

    assert inside(cluster) == Contents({"deployments.apps": 1, "pods": 3, "secrets": 1})


def test_a_kind_that_cannot_be_listed_is_missing_and_the_rest_is_counted() -> None:
    cluster = Listing(Pod=[thing("bare")], Secret=forbidden())
    cluster.stale = ("custom.example.com/v1",)

    assert inside(cluster) == Contents({"pods": 1}, ("custom.example.com/v1", "secrets"))


def test_an_unreachable_server_is_an_error_and_no_incomplete_answer() -> None:
    cluster = Listing(Secret=Unreachable(Call("list", "Secret"), "no connection"))

    with pytest.raises(Unreachable):
        inside(cluster)


def test_namespaces_come_from_one_listing_of_metadata() -> None:
    labels = {"stakater.com/tenant": "blue"}
    gone: dict[str, Any] = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    cluster = Listing(
        Namespace=[thing("blue-dev", labels=labels), thing("blue-old", labels=labels, **gone)]
    )

    found = asyncio.run(namespaces(cluster))  # type: ignore[arg-type]

    assert found == {
        "blue-dev": Namespace("blue-dev", labels, uid="uid-blue-dev"),
        "blue-old": Namespace("blue-old", labels, uid="uid-blue-old", terminating=True),
    }
    assert cluster.asked == [
        ("Namespace", {"label_selector": "stakater.com/tenant", "metadata_only": True})
    ]


def test_quotas_come_from_one_listing_and_may_have_no_status_yet() -> None:
    counted = {
        "metadata": {"name": "mto", "namespace": "blue-dev"},
        "spec": {"hard": {"pods": "5"}},
        "status": {"hard": {"pods": "4"}, "used": {"pods": "1"}},
    }
    fresh = {"metadata": {"name": "mto", "namespace": "blue-qa"}, "spec": {"hard": {"pods": "2"}}}
    cluster = Listing(ResourceQuota=[counted, fresh])

    assert asyncio.run(quotas(cluster)) == {  # type: ignore[arg-type]
        "blue-dev": Quota({"pods": "5"}, {"pods": "4"}, {"pods": "1"}),
        "blue-qa": Quota({"pods": "2"}),
    }
    assert cluster.asked == [
        (
            "ResourceQuota",
            {
                "label_selector": "mto.stakater.com/managed=true",
                "field_selector": "metadata.name=mto",
            },
        )
    ]


class Place:
    """As ``Cluster``, with or without Argo CD's kind, and with one namespace or none."""

    def __init__(self, found: Object | None, *, kind: bool) -> None:
        self.found = found
        self.kind = kind

    async def served(self, api_version: str, kind: str) -> Served:
        if not self.kind:
            raise UnknownKind(Call("find", kind), "no such kind")
        return Served(api_version, kind, "appprojects", namespaced=True)

    async def get(self, ref: Ref, **_: Any) -> Object:
        if self.found is None:
            raise NotFound(Call("get", ref), "none")
        return self.found


@pytest.mark.parametrize("kind", [True, False])
@pytest.mark.parametrize(
    ("found", "there"),
    [
        pytest.param(thing("argocd"), True, id="there"),
        pytest.param(None, False, id="missing"),
        pytest.param(thing("argocd", deletionTimestamp="now"), False, id="on its way out"),
    ],
)
def test_argo_cd_is_its_kind_and_its_namespace(
    found: Object | None, *, there: bool, kind: bool
) -> None:
    seen = asyncio.run(argocd(Place(found, kind=kind), "argocd"))  # type: ignore[arg-type]
    assert seen == ArgoCD(kind, there)
