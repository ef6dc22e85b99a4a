"""A file is replaced whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mto.state import files
from mto.state.errors import StateUnwritable

OLD, NEW = b"old" * 100, b"new" * 1000
CALLS = ["open", "write", "fsync", "close", "replace"]


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs after it."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fail_at(monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException) -> None:
    """The named call of ``os`` fails; a write does so after it has written a part."""
    real = getattr(os, call)

    def broken(*args: Any, **kwargs: Any) -> Any:
        if call == "write":
            real(args[0], bytes(args[1])[:10])
        if call == "close":
            real(*args, **kwargs)
        if isinstance(error, Killed):  # after a kill no cleaning up happens either
            monkeypatch.setattr(os, "unlink", lambda *_: None)
        raise error

    monkeypatch.setattr(os, call, broken)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "dev.blue.json"
    target.write_bytes(OLD)
    return target


@pytest.mark.parametrize("call", CALLS)
def test_a_full_disk_leaves_the_old_file_and_no_other(
    call: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_at(patch, call, OSError(errno.ENOSPC, "full"))
        with pytest.raises(StateUnwritable) as caught:
            files.write(path, NEW, durable=True)

    assert str(caught.value) == (
        f"{path} can't be written: No space left on device; what is there is whole, nothing is "
        "half written. Mend the cause and run again: the next run goes on from there"
    )
    assert path.read_bytes() == OLD
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("call", CALLS)
def test_a_kill_leaves_the_old_file_and_what_it_leaves_beside_is_swept(
    call: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_at(patch, call, Killed())
        with pytest.raises(Killed):
            files.write(path, NEW, durable=True)

    assert path.read_bytes() == OLD
    files.sweep(path.parent, older_than=float("inf"))
    assert names(path.parent) == [path.name]

    files.write(path, NEW, durable=True)
    assert path.read_bytes() == NEW


def test_a_disk_that_takes_little_at_a_time_gets_it_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))

    files.write(path, NEW, durable=False)

    assert path.read_bytes() == NEW


def test_the_disk_is_asked_to_flush_only_when_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)

    files.write(path, NEW, durable=False)
    assert flushed == []
    files.write(path, NEW, durable=True)
    assert len(flushed) == 2, "the file, then its folder"
    files.write(path.parent / "new" / "deep" / "dev.json", NEW, durable=True)
    assert len(flushed) == 2 + 4, "and every folder in which one was made"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_can_t_flush_a_folder_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, "not here")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    files.write(path, NEW, durable=True)

    assert path.read_bytes() == NEW


def test_a_folder_that_fails_to_flush_is_said_although_the_new_file_is_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StateUnwritable, match="Input/output error"):
        files.write(path, NEW, durable=True)

    assert path.read_bytes() == NEW
    assert names(path.parent) == [path.name]


def test_only_the_owner_may_read_it(path: Path) -> None:
    files.write(path, NEW, durable=False)

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_can_t_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "sub" / "dev.json"

    with pytest.raises(StateUnwritable) as caught:
        files.write(path, NEW, durable=False)
    assert str(caught.value).startswith(f"{path} can't be written: Not a directory;")


def test_sweeping_takes_old_leftovers_only(tmp_path: Path) -> None:
    old, young, other = (
        tmp_path / name for name in (".dev.json.1.tmp", ".dev.json.2.tmp", ".prod.json.1.tmp")
    )
    for each in (old, young, other, tmp_path / "dev.json"):
        each.write_text("")
    os.utime(old, (100, 100))
    os.utime(other, (100, 100))

    files.sweep(tmp_path, older_than=200, prefix="dev.json")

    assert names(tmp_path) == [".dev.json.2.tmp", ".prod.json.1.tmp", "dev.json"]


def test_sweeping_a_folder_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    files.sweep(tmp_path / "none", older_than=0)

    assert names(tmp_path) == []


def test_removing_what_can_t_be_removed_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateUnwritable) as caught:
        files.remove(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path} can't be written: ")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small tmpfs is not permitted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True, capture_output=True)


def test_a_disk_that_is_really_full_leaves_the_old_file(small_disk: Path) -> None:
    path = small_disk / "dev.json"
    files.write(path, OLD, durable=True)

    with pytest.raises(StateUnwritable) as caught:
        files.write(path, bytes(100_000), durable=True)

    assert "No space left on device" in str(caught.value)
    assert path.read_bytes() == OLD
    assert names(small_disk) == ["dev.json"]
