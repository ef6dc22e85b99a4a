from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mto.serve.queue import LONGEST_WAIT, Due, Queue


def taken(queue: Queue, now: float) -> list[str]:
    found = []
    while (due := queue.take(now)) is not None:
        found.append(due.key)
    return found


def test_many_marks_are_one_turn() -> None:
    queue = Queue()
    for _ in range(1000):
        queue.mark("blue", 0.0)
    assert taken(queue, 0.0) == ["blue"]


def test_whoever_was_marked_first_comes_first() -> None:
    queue = Queue()
    for name in ("red", "blue", "green", "red"):
        queue.mark(name, 0.0)
    assert taken(queue, 0.0) == ["red", "blue", "green"]


def test_a_key_at_work_is_not_handed_out_again_and_comes_behind_the_others_afterwards() -> None:
    queue = Queue()
    queue.mark("busy", 0.0)
    assert queue.take(0.0) == Due("busy", 0.0)
    queue.mark("blue", 1.0)
    queue.mark("busy", 0.5)
    assert taken(queue, 2.0) == ["blue"]
    assert queue.working == {"busy", "blue"}
    queue.succeeded("busy")
    assert taken(queue, 2.0) == ["busy"]


def test_a_delay_gathers_changes_and_an_earlier_time_wins() -> None:
    queue = Queue()
    queue.mark("blue", 0.0, delay=5.0)
    assert queue.take(1.0) is None
    assert queue.next_due() == 5.0
    queue.mark("blue", 1.0, delay=1.0)
    assert queue.next_due() == 2.0
    assert queue.take(2.5) == Due("blue", 0.5)
    assert queue.next_due() is None


def test_what_fails_waits_twice_as_long_each_time_up_to_a_limit() -> None:
    queue, now, waits = Queue(), 0.0, []
    queue.mark("blue", now)
    for _ in range(12):
        assert queue.take(now) is not None
        waits.append(queue.failed("blue", now))
        now += waits[-1]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST_WAIT
    assert queue.failures("blue") == 12
    assert queue.take(now) is not None
    queue.succeeded("blue")
    assert queue.failures("blue") == 0


def test_a_change_ends_the_wait_after_a_failure() -> None:
    queue = Queue()
    queue.mark("blue", 0.0)
    assert queue.take(0.0) is not None
    queue.failed("blue", 0.0)
    assert queue.take(0.1) is None
    queue.mark("blue", 0.2)
    assert taken(queue, 0.2) == ["blue"]


def test_what_failed_together_comes_apart() -> None:
    queue = Queue()
    assert [
        queue.failed(name, 0.0, spread=spread) for name, spread in (("a", 0.0), ("b", 1.0))
    ] == [
        1.0,
        0.75,
    ]


def test_looking_again_puts_nothing_off() -> None:
    queue = Queue()
    queue.mark("blue", 0.0)
    queue.again("blue", 0.0, delay=30.0)
    assert taken(queue, 0.0) == ["blue"]
    queue.succeeded("blue")
    queue.again("blue", 0.0, delay=30.0)
    assert queue.next_due() == 30.0


def test_a_forgotten_key_is_not_handed_out() -> None:
    queue = Queue()
    queue.mark("blue", 0.0)
    queue.forget("blue")
    assert (len(queue), queue.take(9.0)) == (0, None)


MOVES = st.lists(
    st.tuples(st.sampled_from("mtsf"), st.sampled_from(["a", "b", "c", "d"]), st.floats(0, 3)),
    max_size=60,
)


@given(MOVES)
def test_nothing_marked_is_ever_lost_and_nothing_runs_twice_at_once(
    moves: list[tuple[str, str, float]],
) -> None:
    queue, now = Queue(), 0.0
    owed: set[str] = set()
    for move, key, seconds in moves:
        now += seconds
        if move == "m":
            queue.mark(key, now)
            owed.add(key)
        elif move == "t" and (due := queue.take(now)) is not None:
            assert due.waited >= 0
            owed.discard(due.key)
        elif key in queue.working:
            queue.succeeded(key) if move == "s" else queue.failed(key, now)
    for key in queue.working:
        queue.succeeded(key)
    assert owed <= set(taken(queue, now))
