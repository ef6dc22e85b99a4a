"""The protocol of the lock, in every order of steps that hypothesis can think of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from mto.state.contest import contend
from mto.state.errors import Holder
from mto.state.folder import Folder
from mto.state.lock import LIFETIME
from mto.state.process import Process
from mto.state.shelf import Found, Shelf

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Table(Shelf):
    """A shelf in memory that several contenders share."""

    def __init__(self, shared: dict[str, Found], *, name: str) -> None:
        super().__init__(Folder(Path("nowhere")), stack="dev.blue", clock=lambda: NOW)
        self.shared = shared
        self.id = name

    @override
    def others(self) -> list[Found]:
        return [one for name, one in sorted(self.shared.items()) if name != self.id]

    @override
    def put(self, lifetime: timedelta) -> None:
        self.shared[self.id] = entry(self.id, expires=NOW + lifetime)

    @override
    def drop(self, which: str) -> None:
        self.shared.pop(which, None)


def entry(name: str, *, expires: datetime | None) -> Found:
    holder = Holder(name, "h", 1, "t", str(expires or ""))
    return Found(name, holder, Process(1, "elsewhere") if expires else None, expires)


def mto_run(table: Table, holders: set[str]) -> Iterator[None]:
    for _ in contend(table, LIFETIME):
        yield
    holders.add(table.id)
    yield
    holders.remove(table.id)
    table.drop(table.id)


def cli_run(table: Table, holders: set[str]) -> Iterator[None]:
    """As the CLI does it: it gives up at the first sight of another."""
    if table.others():
        return
    yield
    table.shared[table.id] = entry(table.id, expires=None)
    yield
    if not table.others():
        holders.add(table.id)
        yield
        holders.remove(table.id)
    table.drop(table.id)


@settings(max_examples=300, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["mto", "cli"]), min_size=2, max_size=5),
    order=st.lists(st.integers(0, 4), max_size=60),
    dead=st.booleans(),
)
def test_in_any_order_of_steps_one_holds_it_at_a_time_and_every_mto_once(
    *, kinds: list[str], order: list[int], dead: bool
) -> None:
    shared = {"dead": entry("dead", expires=NOW - LIFETIME)} if dead else {}
    holders: set[str] = set()
    served: set[str] = set()
    runs: dict[str, Iterator[None]] = {}
    for index, kind in enumerate(kinds):
        table = Table(shared, name=f"{index}-{kind}")
        run = mto_run if kind == "mto" else cli_run
        if not (dead and kind == "cli"):  # a dead lock keeps the CLI out until an mto has been
            runs[table.id] = run(table, holders)

    # First as the example says, then each in its turn, which is what pauses amount to.
    turns = [f"{index}-{kinds[index]}" for index in order if index < len(kinds)] + [*runs] * 100
    for name in turns:
        if name in runs and next(runs[name], runs) is runs:
            del runs[name]
        assert len(holders) <= 1
        served |= holders

    assert runs == {}
    assert {name for name in served if "mto" in name} == {
        f"{index}-{kind}" for index, kind in enumerate(kinds) if kind == "mto"
    }
