"""Settings that changed while no service ran reach everybody as if one had run."""

from __future__ import annotations

from typing import Any

import pytest

from mto.serve.rollout import Rollout
from mto.serve.settings import Config, recall, remembered
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Origin

TENANTS = ("a", "b", "c", "d")


def config(*admins: str) -> Config:
    roles = {"default": {"owner": {"clusterRoles": list(admins)}}} if admins else {}
    spec = {"accessControl": {"rbac": {"tenantRoles": roles}}}
    return Declared(IntegrationConfig.model_validate({"spec": spec}), Origin("config.yaml"))


OLD, NEW, NEWEST = config("old"), config("new"), config("newest")


def after_restart(
    now: Config, told: dict[str, Any], *, names: tuple[str, ...] = TENANTS
) -> tuple[Rollout, dict[str, str]]:
    """What goes on, and which settings each of those has that are not on the newest."""
    found = recall({"rollout": told})
    assert found is not None
    rollout, held = found.rollout(now, names)
    return rollout, {name: _owner(one) for name, one in held.items()}


def _owner(one: Config) -> str:
    roles = one.value.spec.access_control.rbac.tenant_roles
    return roles.default.owner.cluster_roles[0]


def test_where_nothing_changed_nothing_is_rolled_out() -> None:
    rollout, held = after_restart(NEW, remembered(NEW, Rollout(()), {}))
    assert (rollout.waiting, held) == ((), {})


def test_what_changed_meanwhile_reaches_one_first_and_the_others_stay_as_they_were() -> None:
    rollout, held = after_restart(NEW, remembered(OLD, Rollout(()), {}))
    assert held == dict.fromkeys(TENANTS, "old")
    assert rollout.release() == ("a",)


def test_a_roll_out_goes_on_with_those_that_have_not_had_their_turn() -> None:
    before = Rollout(TENANTS)
    assert before.release() == ("a",)
    before.ended("a", ok=True)
    told = remembered(NEW, before, dict.fromkeys(("b", "c", "d"), OLD))
    rollout, held = after_restart(NEW, told)
    assert held == dict.fromkeys(("b", "c", "d"), "old")
    assert rollout.release() == ("b", "c", "d")


def test_settings_that_changed_again_find_everybody_on_what_they_had() -> None:
    before = Rollout(TENANTS)
    before.release()
    told = remembered(NEW, before, dict.fromkeys(("b", "c", "d"), OLD))
    rollout, held = after_restart(NEWEST, told)
    assert held == {"a": "new", "b": "old", "c": "old", "d": "old"}
    assert rollout.waiting == TENANTS


def test_a_halted_roll_out_stays_halted() -> None:
    many = tuple("abcdefgh")
    before = Rollout(many[4:], succeeded=1, failed=("b", "c", "d"))
    assert before.halted
    told = remembered(NEW, before, dict.fromkeys(many[4:], OLD))
    rollout, _ = after_restart(NEW, told, names=many)
    assert rollout.halted
    assert rollout.release() == ()
    assert rollout.ended("b", ok=True)
    assert rollout.release() == tuple("efgh")


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"rollout": {"settings": {"colour": "red"}}}, id="a field of another version"),
        pytest.param({"rollout": {"settings": {}, "waiting": 3}}, id="another form"),
    ],
)
def test_what_can_t_be_recalled_is_nothing(status: dict[str, Any]) -> None:
    assert recall(status) is None
