from __future__ import annotations

from dataclasses import replace

from mto.cluster.ref import Ref
from mto.plan.build import Settings
from mto.serve.drift import Drift
from mto.serve.standing import Standing
from mto.serve.work import FLAPPING_SECONDS, FLAPS, PLATFORM, Work, may_prune
from mto.spec.world import World
from tests.support import manifests

TENANTS = "".join(
    manifests.TENANT.replace("{name: blue}", f"{{name: {name}}}") + "spec: {quota: small}\n---\n"
    for name in ("blue", "green", "red")
)
SMALL = manifests.QUOTA + "spec: {resourcequota: {hard: {pods: 10}}}\n"
CONFIG = "---\n" + manifests.CONFIG + "spec: {metadata: {namespaces: {labels: {a: b}}}}\n"
REF = Ref("v1", "ResourceQuota", "mto", "blue-dev")


def world(text: str) -> World:
    found, problems = manifests.world(text)
    assert problems == []
    return found


def working(*deployed: str) -> Work:
    work = Work(Settings("dev"), deployed=set(deployed))
    work.accept(Standing(world(TENANTS + SMALL)))
    return work


def drift(stack: str) -> Drift:
    urn = f"urn:pulumi:{stack}::mto::mto:tenancy:Tenant$kubernetes:core/v1:ResourceQuota::x/quota"
    return Drift(REF, urn, gone=True)


def test_a_urn_tells_whose_stack_it_is_of() -> None:
    work = Work(Settings("dev"))
    assert work.key(drift("dev.blue").urn) == "blue"
    assert work.key(drift("dev").urn) == PLATFORM


def test_new_settings_come_into_force_for_one_tenant_after_the_other() -> None:
    work = working("blue", "green", "red")
    before = work.standing.world.config
    changes = work.accept(Standing(world(TENANTS + SMALL + CONFIG)))
    after = work.standing.world.config
    assert changes.everybody
    assert work.world("blue").config is before
    assert work.release() == ("blue",)
    assert work.world("blue").config is after
    assert work.world("red").config is before
    work.rollout.ended("blue", ok=True)
    assert work.release() == ("green", "red")
    assert work.world("red").config is after


def test_who_waits_for_new_settings_still_gets_other_changes_under_the_old_ones() -> None:
    work = working("blue", "green", "red")
    before = work.standing.world.config
    work.accept(Standing(world(TENANTS + SMALL + CONFIG)))
    later = world(TENANTS.replace("{quota: small}", "{quota: small, desc: x}") + SMALL + CONFIG)
    assert work.accept(Standing(later)).tenants == {"blue", "green", "red"}
    assert work.world("red").config is before
    assert work.world("red").tenants["red"].value.spec.desc == "x"


def test_a_tenant_that_was_never_deployed_gets_new_settings_at_once() -> None:
    work = working("blue")
    work.accept(Standing(world(TENANTS + SMALL + CONFIG)))
    assert work.world("red").config is work.standing.world.config
    assert work.rollout.waiting == ("blue",)


def test_a_tenant_whose_problems_change_is_looked_at() -> None:
    work = working()
    said = {("Tenant", "blue"): ("wrong",), ("Quota", "small"): ("wrong",)}
    standing = replace(work.standing, said=said)
    assert work.accept(standing).tenants == {"blue"}
    assert work.accept(standing).tenants == frozenset()


def test_drift_is_kept_until_a_turn_that_succeeds() -> None:
    work = working()
    assert work.drifted(drift("dev.blue"), 0.0) == ("blue", 0.0)
    taken = work.take_drift("blue")
    assert list(taken) == [drift("dev.blue").urn]
    assert work.take_drift("blue") == {}
    work.put_back("blue", taken)
    assert work.take_drift("blue") == taken


def test_an_object_that_somebody_changes_again_and_again_has_to_wait() -> None:
    work = working()
    waits = [work.drifted(drift("dev.blue"), float(second))[1] for second in range(FLAPS + 1)]
    assert waits == [0.0] * FLAPS + [FLAPPING_SECONDS]
    assert work.drifted(drift("dev.blue"), 100.0 + FLAPPING_SECONDS)[1] == 0.0


def test_tenants_with_a_stack_that_are_declared_no_more_have_vanished() -> None:
    work = working()
    assert work.vanished({"blue", "old"}) == ("old",)
    work.accept(replace(work.standing, unsure=True))
    assert work.vanished({"blue", "old"}) == ()


def test_a_fifth_may_vanish_at_once_and_never_all() -> None:
    known = [f"t{number}" for number in range(10)]
    assert may_prune(known[:2], known)
    assert not may_prune(known[:3], known)
    assert not may_prune(["t0"], ["t0"])
