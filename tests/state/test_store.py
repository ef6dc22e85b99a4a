"""What both stores promise: a folder, and a table of a real PostgreSQL."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mto.state.database import reachable
from mto.state.folder import Folder
from mto.state.store import Store
from mto.state.table import Table

KEY = ".pulumi/stacks/mto/dev.blue.json"


@pytest.fixture(params=["folder", "table"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "folder":
        yield Folder(tmp_path, durable=False)
        return
    table = Table(reachable(request.getfixturevalue("database").url()))
    yield table
    table.close()


def test_what_is_written_is_read_and_listed_until_it_is_removed(store: Store) -> None:
    store.write(KEY, b"\x00old")
    store.write(KEY, b"\xffnew")

    assert store.read(KEY) == b"\xffnew"
    assert store.names(".pulumi/stacks/mto") == ["dev.blue.json"]
    assert [one.key for one in store.look([KEY, f"{KEY}.gz"])] == [KEY]

    store.remove(KEY)
    store.remove(KEY)

    assert store.read(KEY) is None
    assert store.look([KEY]) == []
    assert store.names(".pulumi/stacks/mto") == []


def test_of_an_empty_store_nothing_is_found_and_nothing_is_made(store: Store) -> None:
    assert store.read(KEY) is None
    assert store.look([KEY]) == []
    assert store.names(".pulumi") == []
    store.remove(KEY)
    store.sweep(".pulumi", older_than=0)
    assert store.names("") == []


def test_a_listing_holds_what_lies_right_below_and_nothing_that_merely_looks_like_it(
    store: Store,
) -> None:
    for key in ("a_b/one", "a_b/two", "a_b/deep/three", "axb/four", "a_b%/five"):
        store.write(key, b"")

    found = [name for name in store.names("a_b") if name != "deep"]  # which only a folder shows
    assert found == ["one", "two"]


def test_every_write_has_a_mark_of_its_own(store: Store) -> None:
    marks = set()
    for _ in range(20):
        store.write(KEY, b"the same")
        (entry,) = store.look([KEY])
        marks.add(entry.mark)

    assert len(marks) == 20


def test_what_is_written_later_is_the_newer(store: Store) -> None:
    store.write(f"{KEY}.gz", b"")
    store.write(KEY, b"")

    plain, packed = store.look([KEY, f"{KEY}.gz"])
    if plain.key != KEY:
        plain, packed = packed, plain
    assert plain.written >= packed.written


def test_a_reader_beside_many_writers_sees_one_of_their_values_whole(store: Store) -> None:
    values = {bytes([digit]) * 100_000 for digit in range(6)}
    store.write(KEY, bytes(100_000))
    done = threading.Event()

    def read() -> set[bytes | None]:
        seen: set[bytes | None] = set()
        while not done.is_set():
            seen.add(store.read(KEY))
        return seen

    with ThreadPoolExecutor(8) as pool:
        reading = pool.submit(read)
        for writing in [pool.submit(store.write, KEY, value) for value in [*values] * 5]:
            writing.result()
        done.set()
        assert reading.result() <= values


def test_many_at_once_may_begin_with_the_first_write(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        for writing in [pool.submit(store.write, f"{KEY}.{n}", b"") for n in range(8)]:
            writing.result()

    assert len(store.names(".pulumi/stacks/mto")) == 8


def test_a_place_names_the_key_and_no_secret(store: Store) -> None:
    assert KEY in store.place(KEY)
    assert "hunter2" not in store.place(KEY)
    assert os.linesep not in store.place(KEY)
