from __future__ import annotations

import threading
from pathlib import Path

from mto.local.lock import exclusive


def test_the_second_waits_until_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "it.lock"
    order: list[str] = []
    told = threading.Event()

    def second() -> None:
        with exclusive(path, waiting=told.set):
            order.append("second")

    with exclusive(path):
        other = threading.Thread(target=second)
        other.start()
        assert told.wait(10)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_nobody_is_told_to_wait_for_a_free_one(tmp_path: Path) -> None:
    told: list[str] = []
    with exclusive(tmp_path / "it.lock", waiting=lambda: told.append("wait")):
        assert told == []


def test_who_waited_on_a_removed_lock_takes_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "it.lock"
    told, held, done = threading.Event(), threading.Event(), threading.Event()

    def second() -> None:
        with exclusive(path, waiting=told.set):
            held.set()
            done.wait(10)

    other = threading.Thread(target=second)
    with exclusive(path):
        other.start()
        assert told.wait(10)
        path.unlink()
    assert held.wait(10)
    with exclusive(path, waiting=done.set):  # only told to wait if the second holds this very file
        assert done.is_set()
    other.join()
