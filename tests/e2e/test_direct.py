"""Updates, drift and deletion by the direct engine against a real API server."""

from __future__ import annotations

import json
from pathlib import Path

from mto.engine.port import Op
from tests.support.kubectl import Kubectl
from tests.support.stack import GreenStack, live, ops


def test_what_is_made_belongs_to_one_apply_manager_and_dropped_fields_go(
    bench: GreenStack, admin: Kubectl
) -> None:
    assert bench.up(bench.plan(bench.config_map("a", {"colour": "red"}, x="1", y="2"))).ok
    (entry,) = live(admin, bench, "a")["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("mto", "Apply")
    result = bench.up(bench.plan(bench.config_map("a", x="1")))
    assert ops(result) == {f"ConfigMap/{bench.namespace}/a": Op.UPDATE}
    after = live(admin, bench, "a")
    assert after["data"] == {"x": "1"}
    assert "colour" not in after["metadata"]["labels"]


def test_an_update_that_changes_nothing_writes_nothing(bench: GreenStack, admin: Kubectl) -> None:
    plan = bench.plan(bench.config_map("a", x="1"))
    bench.up(plan)
    state = next(Path(bench.backend.root).rglob("dev.green.json"))
    before = (state.read_bytes(), live(admin, bench, "a")["metadata"]["resourceVersion"])
    assert bench.up(plan).changes == ()
    assert (state.read_bytes(), live(admin, bench, "a")["metadata"]["resourceVersion"]) == before


def test_an_object_deleted_by_somebody_is_made_again_by_an_update(
    bench: GreenStack, admin: Kubectl
) -> None:
    bench.up(bench.plan(bench.config_map("a", x="1")))
    admin("-n", bench.namespace, "delete", "configmap", "a")
    assert bench.up(bench.plan(bench.config_map("a", x="2"))).ok
    assert live(admin, bench, "a")["data"] == {"x": "2"}


def test_drift_is_shown_by_a_refresh_and_undone_by_the_update_after_it(
    bench: GreenStack, admin: Kubectl
) -> None:
    plan = bench.plan(bench.config_map("a", x="1"), bench.config_map("b", x="1"))
    bench.up(plan)
    admin("-n", bench.namespace, "delete", "configmap", "a")
    patch = '{"data":{"x":"9","theirs":"1"}}'
    admin("-n", bench.namespace, "patch", "configmap", "b", "-p", patch)
    seen = bench.run(lambda engine: engine.refresh("dev.green", deadline=60, dry_run=False))
    assert ops(seen) == {
        f"ConfigMap/{bench.namespace}/a": Op.DELETE,
        f"ConfigMap/{bench.namespace}/b": Op.UPDATE,
    }
    (edited,) = (one for one in seen.changes if one.op is Op.UPDATE)
    assert [str(change) for change in edited.changes] == ["~ data.x: 1 → 9"]
    assert ops(bench.up(plan)) == {
        f"ConfigMap/{bench.namespace}/a": Op.CREATE,
        f"ConfigMap/{bench.namespace}/b": Op.UPDATE,
    }
    assert live(admin, bench, "a")["data"] == {"x": "1"}
    assert live(admin, bench, "b")["data"] == {"x": "1", "theirs": "1"}


def test_destroying_leaves_a_retained_namespace_and_nothing_else(
    bench: GreenStack, admin: Kubectl
) -> None:
    bench.up(bench.plan(bench.config_map("a", x="1"), retain=True))
    result = bench.destroy()
    assert result.ok
    assert ops(result)[f"Namespace/{bench.namespace}"] is Op.FORGET
    assert admin("get", "namespace", bench.namespace).code == 0
    assert admin("-n", bench.namespace, "get", "configmap", "a").code == 1
    assert bench.backend.stacks() == []


def test_a_stuck_namespace_is_reported_with_what_holds_it_and_finished_by_the_next_run(
    bench: GreenStack, admin: Kubectl
) -> None:
    bench.up(bench.plan())
    held = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "held",
            "namespace": bench.namespace,
            "finalizers": ["example.org/hold"],
        },
    }
    admin("create", "-f", "-", stdin=json.dumps(held))
    result = bench.destroy(gone_within=12)
    (failure,) = (one for one in result.failures if not one.skipped)
    assert "still there after 12 s" in failure.message
    assert "example.org/hold" in failure.message
    assert bench.backend.stacks() == ["dev.green"]
    release = '{"metadata":{"finalizers":null}}'
    admin("-n", bench.namespace, "patch", "configmap", "held", "--type=merge", "-p", release)
    assert bench.destroy().ok
    assert bench.backend.stacks() == []
