"""The engine on a stand-in for the CLI: our side of the conversation, from plan to result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mto.engine.errors import PlanOutdated, Relabelled
from mto.engine.port import Basis, Op
from mto.plan.labels import marks
from mto.plan.resource import Key, Plan, Resource
from mto.state.errors import PassphraseMissing
from mto.state.secret import Secret
from tests.support.pulumi import STACK, StandIn, kubernetes
from tests.support.updates import BLUE, planned, thing

ONE, TWO = thing("one"), thing("two", "one")
NAMESPACE = Key("kubernetes:core/v1:Namespace", "blue-dev")


def space(*, retain: bool) -> Resource:
    metadata = {"name": "blue-dev", "labels": marks("blue")}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    return Resource(*NAMESPACE, manifest, BLUE.key, retain_on_delete=retain)


def live(labels: dict[str, str]) -> dict[str, Any]:
    return {"metadata": {"name": "blue-dev", "uid": "u", "labels": labels}}


def test_an_update_is_one_process_and_tells_what_the_direct_engine_would(
    standin: StandIn,
) -> None:
    plan = planned(ONE, replace(TWO, because="tenants/blue.yaml:3"))
    result = standin.up(plan)
    assert result.ok
    assert kubernetes(result) == {"ConfigMap/one": Op.CREATE, "ConfigMap/two": Op.CREATE}
    assert result.steps[-1].because == "tenants/blue.yaml:3"
    assert [one.object for one in result.steps] == [
        "kubernetes/cluster",
        "Tenant/blue",
        "ConfigMap/one",
        "ConfigMap/two",
    ]
    assert standin.calls == ["up"]
    assert standin.locks == []


def test_a_plan_that_rests_on_what_another_run_changed_is_not_begun(standin: StandIn) -> None:
    standin.up(planned(ONE))
    before = Basis(standin.backend.mark(STACK))
    standin.up(planned(ONE, TWO))
    calls = list(standin.calls)

    with pytest.raises(PlanOutdated):
        standin.run(
            lambda engine: engine.up(
                planned(ONE), deadline=60, watch=standin.watched.append, basis=before
            )
        )

    assert standin.calls == calls
    assert standin.locks == []


def test_progress_counts_objects(standin: StandIn) -> None:
    standin.up(planned(ONE, TWO))
    assert [(one.done, one.total, one.step.object) for one in standin.watched] == [
        (1, 2, "ConfigMap/one"),
        (2, 2, "ConfigMap/two"),
    ]


def test_a_second_update_changes_nothing(standin: StandIn) -> None:
    standin.up(planned(ONE, TWO))
    result = standin.up(planned(ONE, TWO))
    assert (result.ok, result.changes) == (True, ())
    assert len(result.steps) == 4


def test_a_changed_field_is_told_with_its_values(standin: StandIn) -> None:
    standin.up(planned(ONE, TWO))
    changed = replace(ONE, inputs={**ONE.inputs, "data": {"colour": "red"}})
    result = standin.preview(planned(changed))
    assert kubernetes(result) == {"ConfigMap/one": Op.UPDATE, "ConfigMap/two": Op.DELETE}
    (change,) = result.changes[0].changes
    assert str(change) == "+ data: {'colour': 'red'}"
    assert result.changes[1].because == "no longer declared"


def test_a_preview_of_a_new_stack_writes_nothing_and_takes_no_lock(standin: StandIn) -> None:
    result = standin.preview(planned(ONE))
    assert kubernetes(result) == {"ConfigMap/one": Op.CREATE}
    assert standin.backend.stacks() == []
    assert not (standin.root / "state").exists()


def test_a_preview_of_a_locked_stack_works(standin: StandIn) -> None:
    standin.up(planned(ONE))
    with standin.backend.lock(STACK):
        assert standin.preview(planned(ONE)).ok


def test_a_destroyed_stack_is_gone(standin: StandIn) -> None:
    standin.up(planned(ONE, TWO))
    dry = standin.destroy(dry_run=True)
    assert standin.backend.stacks() == [STACK]
    result = standin.destroy()
    assert [one.object for one in result.changes] == [one.object for one in dry.changes]
    assert kubernetes(result) == {"ConfigMap/two": Op.DELETE, "ConfigMap/one": Op.DELETE}
    assert standin.backend.stacks() == []


def test_what_does_not_exist_is_neither_refreshed_nor_destroyed(standin: StandIn) -> None:
    assert standin.refresh().steps == ()
    assert standin.destroy().steps == ()
    assert not standin.log.exists()


def test_a_refresh_tells_of_objects_only(standin: StandIn) -> None:
    standin.up(planned(ONE, TWO))
    result = standin.refresh()
    assert [one.object for one in result.steps] == ["ConfigMap/one", "ConfigMap/two"]


def test_a_retained_namespace_that_is_released_goes_in_one_update(standin: StandIn) -> None:
    standin.up(planned(space(retain=True), ONE))
    standin.cluster.live["Namespace blue-dev"] = live(marks("blue"))
    result = standin.up(replace(planned(ONE), releases=frozenset({NAMESPACE})))
    assert kubernetes(result) == {"Namespace/blue-dev": Op.DELETE}


def test_a_namespace_that_nobody_released_stays(standin: StandIn) -> None:
    standin.up(planned(space(retain=False), ONE))
    dry = standin.preview(planned(ONE))
    result = standin.up(planned(ONE))
    assert kubernetes(dry) == kubernetes(result) == {"Namespace/blue-dev": Op.FORGET}


def test_a_namespace_that_was_handed_on_is_not_deleted(standin: StandIn) -> None:
    standin.up(planned(space(retain=False), ONE))
    standin.cluster.live["Namespace blue-dev"] = live(marks("red"))
    before = standin.backend.load(STACK)
    with pytest.raises(Relabelled) as error:
        standin.up(replace(planned(ONE), releases=frozenset({NAMESPACE})))
    assert str(error.value).startswith("Namespace blue-dev was made with stakater.com/tenant=blue")
    assert standin.backend.load(STACK) == before
    assert standin.calls == ["up"]


def test_a_stack_without_secrets_needs_no_passphrase_and_one_with_them_does(
    standin: StandIn,
) -> None:
    hidden = replace(ONE, inputs={**ONE.inputs, "data": Secret({"token": "x"})})
    with pytest.raises(PassphraseMissing) as error:
        standin.up(planned(hidden))
    assert "set PULUMI_CONFIG_PASSPHRASE" in str(error.value)
    assert standin.up(planned(ONE)).ok


def test_the_environment_s_salt_is_the_stack_s(standin: StandIn) -> None:
    standin.config["encryptionsalt"] = "v1:c2FsdA==:v1:bm9uY2U=:c2VhbA=="
    standin.up(planned(ONE))
    checkpoint = standin.backend.load(STACK)
    assert checkpoint is not None
    assert checkpoint.secrets_provider == {
        "type": "passphrase",
        "state": {"salt": standin.config["encryptionsalt"]},
    }


def test_an_empty_plan_of_a_new_stack_is_no_error(standin: StandIn) -> None:
    assert standin.up(Plan("dev.blue", planned().resources)).ok
