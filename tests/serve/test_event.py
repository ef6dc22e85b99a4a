from __future__ import annotations

from mto.cluster.ref import Ref
from mto.engine.port import Change
from mto.serve.drift import Drift
from mto.serve.event import Event, manifest, restored

REF = Ref("rbac.authorization.k8s.io/v1", "RoleBinding", "mto-owner", "blue-dev")


def test_a_deletion_that_was_undone_says_so() -> None:
    event = restored(Drift(REF, "urn", gone=True))
    assert event.message == "RoleBinding was deleted; made again as declared"


def test_an_edit_that_was_undone_says_who_did_what() -> None:
    change = Change("spec.hard.pods", "5", "9")
    event = restored(Drift(REF, "urn", gone=False, changes=(change,), who="kubectl-edit (Update)"))
    assert event.message == (
        "changed by kubectl-edit (Update): ~ spec.hard.pods: 5 → 9; put back as declared"
    )


def test_an_event_lies_where_its_object_does() -> None:
    event = Event(REF, "DriftRestored", "it was", warning=True)
    made = manifest(event, count=2, first="2026-01-01T00:00:00Z", now="2026-01-02T00:00:00Z")
    assert made["metadata"] == {"name": f"mto-owner.{event.key}", "namespace": "blue-dev"}
    assert made["involvedObject"] == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "name": "mto-owner",
        "namespace": "blue-dev",
    }
    assert (made["type"], made["count"]) == ("Warning", 2)
    assert (made["firstTimestamp"], made["lastTimestamp"]) == (
        "2026-01-01T00:00:00Z",
        "2026-01-02T00:00:00Z",
    )


def test_an_event_about_an_object_of_the_whole_cluster_lies_in_default() -> None:
    made = manifest(Event(Ref("v1", "ClusterRole", "mto:x"), "A", "b"), count=1, first="", now="")
    assert made["metadata"]["namespace"] == "default"
    assert made["metadata"]["name"].startswith("mto-x.")


def test_repetitions_are_one_event_and_a_long_message_is_cut() -> None:
    assert Event(REF, "A", "b").key == Event(REF, "A", "b", uid="9").key
    assert Event(REF, "A", "b").key != Event(REF, "A", "c").key
    made = manifest(Event(REF, "A", "x" * 3000), count=1, first="", now="")
    assert len(made["message"]) == 1024
