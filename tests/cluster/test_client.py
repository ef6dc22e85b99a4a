"""What each call sends, and what it makes of the answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.errors import Conflict, Expired, Invalid, NotKubernetes, StillThere, UnknownKind
from mto.cluster.ref import Ref
from tests.support.apiserver import Reply, fail, refused, talk

CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "blue-dev"},
}
REF = Ref.of(CONFIG)
NAMESPACE = Ref("v1", "Namespace", "blue-dev")
WIDGET = Ref("example.com/v1", "Widget", "one", "blue-dev")


def page(*names: str, more: str = "") -> Reply:
    items = [{"metadata": {"name": name}} for name in names]
    return Reply(200, {"kind": "List", "metadata": {"continue": more}, "items": items})


def discovery(*resources: tuple[str, str]) -> Reply:
    served = [
        {
            "resource": plural,
            "responseKind": {"kind": kind},
            "scope": "Namespaced",
            "verbs": ["get", "list", "delete"],
        }
        for kind, plural in resources
    ]
    version = {"version": "v1", "resources": served, "freshness": "Current"}
    return Reply(200, {"items": [{"metadata": {"name": "example.com"}, "versions": [version]}]})


NOTHING = Reply(200, {"items": []})


def test_apply_is_server_side_apply_under_our_manager() -> None:
    answer, server = talk([Reply(200, CONFIG)], lambda cluster: cluster.apply(CONFIG))

    (seen,) = server.seen
    assert answer == CONFIG
    assert (seen.method, seen.path) == ("PATCH", "/api/v1/namespaces/blue-dev/configmaps/settings")
    assert seen.query == {"fieldManager": "mto", "force": "true"}
    assert seen.headers["Content-Type"] == "application/apply-patch+yaml"
    assert seen.body == CONFIG


def test_a_create_carries_a_version_that_no_object_has() -> None:
    _, server = talk(
        [Reply(201, CONFIG)],
        lambda cluster: cluster.apply(
            MappingProxyType(CONFIG), create_only=True, dry_run=True, force=False, manager="other"
        ),
    )

    (seen,) = server.seen
    assert seen.query == {"fieldManager": "other", "force": "false", "dryRun": "All"}
    assert seen.body["metadata"] == {**CONFIG["metadata"], "resourceVersion": "1"}
    assert "resourceVersion" not in CONFIG["metadata"]


def test_an_object_made_again_is_a_conflict_with_its_uid() -> None:
    immutable = {"reason": "FieldValueInvalid", "message": "immutable", "field": "metadata.uid"}

    error, server = fail(
        [refused(422, "Invalid", causes=[immutable])],
        lambda cluster: cluster.apply(CONFIG, uid="old"),
    )

    assert type(error) is Conflict
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: its uid is no longer old; "
        "read the object again and repeat"
    )
    assert server.seen[0].body["metadata"]["uid"] == "old"


def test_names_of_rbac_are_escaped_in_paths() -> None:
    ref = Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node/../x y%")

    _, server = talk([Reply(200, {})], lambda cluster: cluster.get(ref))

    assert server.seen[0].path == (
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node%2F..%2Fx%20y%25"
    )


@pytest.mark.parametrize(
    "ref",
    [
        pytest.param(Ref("v1", "Pod", "..", "blue-dev"), id="name"),
        pytest.param(Ref("v1", "Pod", "", "blue-dev"), id="no name"),
        pytest.param(Ref("v1", "Pod", "x", ".."), id="namespace"),
    ],
)
def test_a_name_that_would_change_the_path_is_never_sent(ref: Ref) -> None:
    error, server = fail([Reply()], lambda cluster: cluster.delete(ref))

    assert type(error) is Invalid
    assert str(error) == (
        f"can't delete {ref}: no object can have this name or namespace; correct the manifest"
    )
    assert server.seen == []


def test_metadata_alone_is_asked_for_where_the_rest_is_not_needed() -> None:
    _, server = talk([Reply(200, {})], lambda cluster: cluster.get(REF, metadata_only=True))

    assert server.seen[0].headers["Accept"] == (
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    )


def test_a_listing_is_read_to_its_last_page_and_names_its_kind() -> None:
    items, server = talk(
        [page("a", "b", more="next&1"), page("c")],
        lambda cluster: cluster.list("v1", "ConfigMap", label_selector="a=b,c!=d"),
    )

    assert items == [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in "abc"
    ]
    assert [one.query for one in server.seen] == [
        {"labelSelector": "a=b,c!=d", "limit": "500"},
        {"labelSelector": "a=b,c!=d", "limit": "500", "continue": "next&1"},
    ]


def test_a_listing_that_expires_underway_is_begun_again_without_pages() -> None:
    items, server = talk(
        [page("a", more="next"), refused(410, "Expired"), page("b", "c")],
        lambda cluster: cluster.list("v1", "Secret", namespace="blue-dev"),
    )

    assert [one["metadata"]["name"] for one in items] == ["b", "c"]
    assert [one.query.get("limit") for one in server.seen] == ["500", "500", None]


def test_a_listing_that_expires_again_is_an_error_and_never_a_part() -> None:
    error, _ = fail(
        [page("a", more="next"), refused(410, "Expired", "too old")],
        lambda cluster: cluster.list("v1", "Secret", namespace="blue-dev"),
    )

    assert type(error) is Expired
    assert str(error) == (
        "can't list Secret (v1) in namespace blue-dev: too old; list again from the start"
    )


@pytest.mark.parametrize("body", [[], {"items": []}, {"metadata": {}}, "text", None])
def test_an_answer_that_is_no_list_is_an_error(body: object) -> None:
    error, server = fail([Reply(200, body)], lambda cluster: cluster.list("v1", "Secret"))

    assert type(error) is NotKubernetes
    assert str(error) == (
        f"can't list Secret (v1): {server.url} answered with something that is no list; "
        "check the server's address, and any proxy before it"
    )


def test_a_kind_is_discovered_once_and_again_when_another_is_missing() -> None:
    gadget = WIDGET._replace(kind="Gadget")

    async def say(cluster: Cluster) -> None:
        await cluster.get(WIDGET)
        await cluster.get(WIDGET)
        await cluster.get(gadget)

    both = (("Widget", "widgets"), ("Gadget", "gadgets"))
    _, server = talk(
        [discovery(both[0]), NOTHING, Reply(), Reply(), discovery(*both), NOTHING, Reply()], say
    )

    paths = [one.path for one in server.seen]
    widget = "/apis/example.com/v1/namespaces/blue-dev/widgets/one"
    assert sorted(paths[:2]) == sorted(paths[4:6]) == ["/api", "/apis"]
    assert paths[2:4] == [widget, widget]
    assert paths[6] == "/apis/example.com/v1/namespaces/blue-dev/gadgets/one"


def test_a_kind_that_nobody_serves_is_named() -> None:
    error, _ = fail([NOTHING], lambda cluster: cluster.get(WIDGET))

    assert type(error) is UnknownKind
    assert str(error) == (
        "can't get Widget blue-dev/one: the server knows no kind Widget in example.com/v1; "
        "install its CustomResourceDefinition first, or correct apiVersion and kind"
    )


def test_a_server_without_aggregated_discovery_is_too_old() -> None:
    error, server = fail([Reply(200, {"groups": []})], lambda cluster: cluster.get(WIDGET))

    assert type(error) is NotKubernetes
    assert str(error) == (
        f"can't ask for the kinds that the cluster serves: {server.url} gives no aggregated "
        "discovery; Kubernetes 1.30 or newer is needed, and no proxy that drops Accept headers"
    )


def test_a_deletion_names_the_very_object() -> None:
    done, server = talk([Reply(200, {})], lambda cluster: cluster.delete(REF, uid="u1"))

    assert done is True
    assert server.seen[0].body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u1"},
    }


@pytest.mark.parametrize(
    ("patch", "media"),
    [
        pytest.param({"metadata": {"labels": {"a": None}}}, "merge-patch", id="merge"),
        pytest.param([{"op": "remove", "path": "/data"}], "json-patch", id="json"),
    ],
)
def test_the_kind_of_patch_follows_its_shape(patch: Any, media: str) -> None:
    _, server = talk([Reply(200, {})], lambda cluster: cluster.patch(REF, patch))

    assert server.seen[0].headers["Content-Type"] == f"application/{media}+json"
    assert server.seen[0].body == patch


def test_a_status_is_replaced_at_its_own_path() -> None:
    _, server = talk(
        [Reply(200, {})], lambda cluster: cluster.replace(CONFIG, subresource="status")
    )

    assert server.seen[0].method == "PUT"
    assert server.seen[0].path.endswith("/configmaps/settings/status")


def live(uid: str = "u1", **more: Any) -> Reply:
    metadata = {"name": "blue-dev", "uid": uid, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    return Reply(200, {"kind": "Namespace", "metadata": metadata | more.pop("meta", {}), **more})


def test_waiting_ends_when_the_object_is_gone() -> None:
    _, server = talk(
        [live(), live(), refused(404, "NotFound")], lambda cluster: cluster.wait_gone(NAMESPACE)
    )

    assert len(server.seen) == 3
    assert server.pauses == [0.05, 0.05 * 1.5]


def test_waiting_ends_when_another_object_has_taken_the_name() -> None:
    _, server = talk([live("u2")], lambda cluster: cluster.wait_gone(NAMESPACE, uid="u1"))

    assert len(server.seen) == 1


def test_what_stays_says_what_holds_it() -> None:
    conditions = [
        {"type": "NamespaceContentRemaining", "status": "True", "message": "pods has 1 instance"},
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "all deleted"},
    ]
    stuck = live(meta={"finalizers": ["example.com/keep"]}, status={"conditions": conditions})

    error, _ = fail([stuck], lambda cluster: cluster.wait_gone(NAMESPACE, deadline=0.01))

    assert type(error) is StillThere
    assert str(error) == (
        "can't see the end of Namespace blue-dev: it is still there after 0.01 s, held by: pods "
        "has 1 instance; finalizer example.com/keep; remove what holds it, or wait longer"
    )
    assert error.held_by == ("pods has 1 instance", "finalizer example.com/keep")


def test_waiting_for_what_nobody_deletes_says_so() -> None:
    alive = Reply(200, {"kind": "Namespace", "metadata": {"name": "blue-dev", "uid": "u1"}})

    error, _ = fail([alive], lambda cluster: cluster.wait_gone(NAMESPACE, deadline=0.01))

    assert error.held_by == ("nothing, it is not being deleted",)
