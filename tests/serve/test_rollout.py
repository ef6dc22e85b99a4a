from __future__ import annotations

from mto.serve.rollout import Rollout

NAMES = tuple(f"t{number:02}" for number in range(30))


def test_the_first_goes_alone_and_then_so_many_at_a_time() -> None:
    rollout = Rollout(NAMES, at_a_time=4)
    assert rollout.release() == ("t00",)
    assert rollout.release() == ()
    rollout.ended("t00", ok=True)
    assert rollout.release() == NAMES[1:5]
    rollout.ended("t02", ok=True)
    assert rollout.release() == ("t05",)


def test_it_ends_when_everybody_had_their_turn() -> None:
    rollout = Rollout(NAMES, at_a_time=8)
    while released := rollout.release():
        for name in released:
            rollout.ended(name, ok=True)
    assert rollout.over
    assert str(rollout) == "30 of 30 tenants are up to date, 0 failed"


def test_a_few_failures_do_not_halt_it() -> None:
    rollout = Rollout(NAMES, at_a_time=8)
    for name in ("t00", "t01"):
        assert name in rollout.release()
        rollout.ended(name, ok=False)
    assert not rollout.halted
    assert rollout.release() == ("t02",)


def test_too_many_failures_halt_it_and_the_others_are_left_alone() -> None:
    rollout = Rollout(NAMES, at_a_time=8)
    for _ in range(3):
        (name,) = rollout.release()[:1]
        rollout.ended(name, ok=False)
    assert rollout.halted
    assert rollout.release() == ()
    assert rollout.waiting == NAMES[3:]
    assert str(rollout) == (
        "halted after 3 of 30 tenants failed: t00, t01, t02; 27 keep the settings from before"
    )


def test_it_goes_on_when_what_failed_succeeds_after_all() -> None:
    rollout = Rollout(NAMES, at_a_time=8)
    for _ in range(3):
        (name,) = rollout.release()
        rollout.ended(name, ok=False)
    rollout.ended("t01", ok=True)
    assert not rollout.halted
    assert rollout.failed == ("t00", "t02")
    assert rollout.release() == NAMES[3:11]


def test_a_fifth_may_fail_where_there_are_many() -> None:
    rollout = Rollout(NAMES, at_a_time=30)
    (first,) = rollout.release()
    rollout.ended(first, ok=True)
    released = rollout.release()[:14]
    for position, name in enumerate(released):
        rollout.ended(name, ok=position > 2)
    assert rollout.failed == NAMES[1:4]
    assert not rollout.halted


def test_a_tenant_that_is_declared_no_more_takes_no_part() -> None:
    rollout = Rollout(("blue", "red"))
    rollout.drop("blue")
    assert rollout.release() == ("red",)
    rollout.drop("red")
    assert rollout.over


def test_a_turn_of_somebody_who_was_not_released_does_not_count() -> None:
    rollout = Rollout(("blue", "red"))
    rollout.ended("red", ok=True)
    assert (rollout.succeeded, rollout.waiting) == (0, ("blue", "red"))
