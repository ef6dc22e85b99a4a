from __future__ import annotations

from mto.spec.metadata import ObjectMeta


def test_what_the_server_sets_is_dropped_so_that_its_output_can_be_used_again() -> None:
    meta = ObjectMeta.model_validate(
        {
            "name": "blue",
            "uid": "1",
            "resourceVersion": "5",
            "generation": 2,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}],
            "ownerReferences": [{}],
            "finalizers": ["tenants/finalizers"],
            "labels": {"team": "a"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "b": "c"},
        }
    )
    assert meta == ObjectMeta(name="blue", labels={"team": "a"}, annotations={"b": "c"})
