from __future__ import annotations

import socket

from hypothesis import given
from hypothesis import strategies as st

from mto.local.ports import RANGE, allocate, free

NAMES = ["a", "b", "c", "d", "e", "f"]


@given(st.sets(st.sampled_from(RANGE), max_size=200))
def test_each_name_gets_a_port_of_its_own_that_nobody_has(taken: set[int]) -> None:
    ports = allocate(NAMES, taken=taken, wish={})
    assert list(ports) == NAMES
    assert len(set(ports.values())) == len(NAMES)
    assert not set(ports.values()) & taken
    assert set(ports.values()) <= set(RANGE)


def test_a_port_that_is_still_free_is_kept() -> None:
    before = allocate(NAMES, taken=(), wish={})
    assert allocate(NAMES, taken=(), wish=before) == before


def test_a_port_that_somebody_else_took_is_replaced_alone() -> None:
    before = allocate(NAMES, taken=(), wish={})
    with socket.socket() as other:
        other.bind(("127.0.0.1", before["c"]))
        other.listen()
        assert not free(before["c"])
        after = allocate(NAMES, taken=(), wish=before)
    assert {name for name in NAMES if after[name] != before[name]} == {"c"}
    assert after["c"] not in before.values()


def test_a_port_that_another_control_plane_wrote_down_is_not_kept() -> None:
    before = allocate(NAMES, taken=(), wish={})
    after = allocate(NAMES, taken=[before["a"]], wish=before)
    assert {name for name in NAMES if after[name] != before[name]} == {"a"}


def test_a_listener_on_all_interfaces_takes_the_port_too() -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))  # noqa: S104 - that is what the test is about
        other.listen()
        assert not free(other.getsockname()[1])
