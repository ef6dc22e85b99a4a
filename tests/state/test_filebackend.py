"""The layout of Pulumi's file backend, and what is refused in it."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from mto.state.checkpoint import Checkpoint, Manifest, parse, serialise
from mto.state.errors import (
    InvalidStackName,
    StateInvalid,
    StateUnreadable,
    StateUnsupported,
    StateUnwritable,
)
from mto.state.filebackend import FileBackend

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIXTURE = Path(__file__).parents[1] / "fixtures" / "checkpoints" / "checkpoint-2-updated.json"
BLUE = parse(FIXTURE.read_bytes(), source="fixture")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def backend(tmp_path: Path) -> FileBackend:
    return FileBackend(f"file://{tmp_path}", clock=lambda: NOON, durable=False)


@pytest.fixture
def stacks(backend: FileBackend) -> Path:
    folder = backend.root / ".pulumi" / "stacks" / "mto"
    folder.mkdir(parents=True)
    return folder


def test_what_is_saved_is_loaded_with_our_stamp(backend: FileBackend) -> None:
    backend.save(BLUE)

    assert backend.load("dev.blue") == replace(
        BLUE, manifest=Manifest("2026-11-21T12:00:00.000000Z")
    )


def test_the_layout_is_pulumi_s(backend: FileBackend) -> None:
    backend.save(BLUE)

    files = {str(path.relative_to(backend.root)) for path in backend.root.rglob("*.*")}
    assert files == {".pulumi", ".pulumi/meta.yaml", ".pulumi/stacks/mto/dev.blue.json"}
    assert (backend.root / ".pulumi/meta.yaml").read_text() == "version: 1\n"


def test_reading_makes_nothing(backend: FileBackend) -> None:
    assert backend.load("dev.blue") is None
    assert backend.stacks() == []
    backend.remove("dev.blue")
    assert names(backend.root) == []


def test_what_the_cli_wrote_is_loaded(backend: FileBackend, stacks: Path) -> None:
    (stacks / "dev.blue.json").write_bytes(FIXTURE.read_bytes())

    assert backend.load("dev.blue") == BLUE


def streamed(content: bytes) -> bytes:
    """As the CLI compresses: without the length in front."""
    writer = zstandard.ZstdCompressor().compressobj()
    return writer.compress(content) + writer.flush()


@pytest.mark.parametrize(
    ("form", "compress"), [("gz", gzip.compress), ("zst", streamed)], ids=["gzip", "zstd"]
)
def test_a_compressed_state_stays_compressed(
    backend: FileBackend, stacks: Path, *, form: str, compress: Callable[[bytes], bytes]
) -> None:
    path = stacks / f"dev.blue.json.{form}"
    path.write_bytes(compress(FIXTURE.read_bytes()))

    loaded = backend.load("dev.blue")
    assert loaded == BLUE
    backend.save(replace(BLUE, resources=()))

    assert names(stacks) == [path.name]
    again = backend.load("dev.blue")
    assert again is not None
    assert again.resources == ()


@pytest.mark.parametrize("newer", [".json", ".json.gz"])
def test_of_two_forms_the_newer_counts(backend: FileBackend, stacks: Path, newer: str) -> None:
    for form in (".json", ".json.gz"):
        content = serialise(Checkpoint("dev.blue", metadata={"form": form}))
        path = stacks / f"dev.blue{form}"
        path.write_bytes(gzip.compress(content) if form.endswith("gz") else content)
        when = 200 if form == newer else 100
        os.utime(path, (when, when))

    loaded = backend.load("dev.blue")

    assert loaded is not None
    assert loaded.metadata == {"form": newer}


def test_stacks_are_listed_without_what_is_none(backend: FileBackend, stacks: Path) -> None:
    for name in (
        *("prod.json", "dev.blue.json", "dev.json.gz", "dev.blue.json.bak"),
        *("dev.json.gz.attrs", ".dev.json.12.tmp", "what else.json", ".json"),
    ):
        (stacks / name).write_text("{}")

    assert backend.stacks() == ["dev", "dev.blue", "prod"]


def test_a_removed_stack_is_gone_but_for_the_cli_s_backups(
    backend: FileBackend, stacks: Path
) -> None:
    backend.save(BLUE)
    for name in ("dev.blue.json.attrs", "dev.blue.json.gz", "dev.blue.json.bak", "dev.json"):
        (stacks / name).write_text("{}")

    backend.remove("dev.blue")

    assert names(stacks) == ["dev.blue.json.bak", "dev.json"]
    assert backend.load("dev.blue") is None


def test_a_state_that_does_not_hold_together_is_not_written(backend: FileBackend) -> None:
    backend.save(BLUE)
    broken = replace(BLUE, resources=BLUE.resources[1:])

    with pytest.raises(StateInvalid, match="names the parent"):
        backend.save(broken)

    loaded = backend.load("dev.blue")
    assert loaded is not None
    assert loaded.resources == BLUE.resources


def test_another_stack_s_state_under_this_name_is_refused(
    backend: FileBackend, stacks: Path
) -> None:
    (stacks / "dev.green.json").write_bytes(FIXTURE.read_bytes())

    with pytest.raises(StateUnreadable) as caught:
        backend.load("dev.green")
    assert str(caught.value) == (
        f"{stacks}/dev.green.json can't be read: it is the state of stack 'dev.blue'"
    )


@pytest.mark.parametrize(
    ("form", "content", "reason"),
    [
        pytest.param("gz", b"text", "Not a gzipped file (b'te')", id="no gzip"),
        pytest.param(
            "gz",
            gzip.compress(FIXTURE.read_bytes())[:200],
            "Compressed file ended before the end-of-stream marker was reached",
            id="gzip cut off",
        ),
        pytest.param(
            "zst", b"text", "zstd decompressor error: Unknown frame descriptor", id="no zstd"
        ),
        pytest.param(
            "zst", streamed(FIXTURE.read_bytes())[:200], "it is cut off", id="zstd cut off"
        ),
    ],
)
def test_a_damaged_archive_is_unreadable(
    backend: FileBackend, stacks: Path, *, form: str, content: bytes, reason: str
) -> None:
    path = stacks / f"dev.blue.json.{form}"
    path.write_bytes(content)

    with pytest.raises(StateUnreadable) as caught:
        backend.load("dev.blue")
    assert str(caught.value) == f"{path} can't be read: {reason}"


def test_a_folder_in_the_place_of_a_state_is_unreadable(backend: FileBackend, stacks: Path) -> None:
    (stacks / "dev.json").mkdir()

    with pytest.raises(StateUnreadable, match=r"can't be read: .*Is a directory"):
        backend.load("dev")


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda one: one.load("dev"), id="load"),
        pytest.param(lambda one: one.stacks(), id="stacks"),
        pytest.param(lambda one: one.save(BLUE), id="save"),
    ],
)
def test_a_file_in_the_place_of_the_folder_is_said(
    tmp_path: Path, use: Callable[[FileBackend], object]
) -> None:
    (tmp_path / "state").write_text("")

    with pytest.raises((StateUnreadable, StateUnwritable), match="Not a directory"):
        use(FileBackend(f"file://{tmp_path}/state"))


def test_a_folder_that_can_t_be_made_is_unwritable(tmp_path: Path) -> None:
    root = tmp_path / "state"
    root.symlink_to(tmp_path / "nowhere" / "deep")

    with pytest.raises(StateUnwritable, match=r"meta\.yaml can't be written"):
        FileBackend(f"file://{root}").save(BLUE)


def test_a_newer_layout_is_refused(backend: FileBackend, stacks: Path) -> None:
    (stacks.parents[1] / "meta.yaml").write_text("version: 2\n")

    with pytest.raises(StateUnsupported) as caught:
        backend.save(BLUE)
    assert str(caught.value) == (
        f"{backend.root}/.pulumi/meta.yaml names layout 2, MTO knows layout 1: "
        "a newer Pulumi wrote it. Use --engine pulumi, or a newer MTO"
    )


@pytest.mark.parametrize(
    ("name", "content"), [("meta.yaml", "version: 0\n"), ("stacks/dev.json", "{}")]
)
def test_the_old_layout_is_refused_with_what_to_do(
    backend: FileBackend, stacks: Path, *, name: str, content: str
) -> None:
    evidence = stacks.parents[1] / name
    evidence.write_text(content)

    with pytest.raises(StateUnsupported) as caught:
        backend.load("dev.blue")
    assert str(caught.value) == (
        f"{evidence} is of Pulumi's old layout without projects: run `pulumi state upgrade`"
    )


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a b", "x" * 101, "ü"])
def test_a_stack_s_name_is_checked_before_it_becomes_a_path(
    backend: FileBackend, name: str
) -> None:
    for use in (backend.load, backend.remove, lambda stack: backend.save(Checkpoint(stack))):
        with pytest.raises(InvalidStackName) as caught:
            use(name)
        assert str(caught.value) == (
            f"{name!r} can't name a stack: up to 100 letters, digits, '.', '_' and '-' are "
            "allowed, and no '.' in front"
        )
    with pytest.raises(InvalidStackName), backend.lock(name):
        pass
    assert names(backend.root) == []


def test_the_first_write_sweeps_what_killed_runs_left_long_ago(
    backend: FileBackend, stacks: Path
) -> None:
    locks = backend.root / ".pulumi/locks/organization/mto"
    locks.mkdir(parents=True)
    for folder in (stacks, locks):
        for name, age in ((".old.json.1.tmp", 700), (".young.json.1.tmp", 60)):
            (folder / name).write_text("{")
            when = NOON.timestamp() - age
            os.utime(folder / name, (when, when))

    backend.save(BLUE)

    assert names(stacks) == [".young.json.1.tmp", "dev.blue.json"]
    assert names(locks) == [".young.json.1.tmp"]


def test_a_broken_lock_s_half_written_state_is_swept_at_once(
    backend: FileBackend, stacks: Path
) -> None:
    locks = backend.root / ".pulumi/locks/organization/mto/dev.blue"
    locks.mkdir(parents=True)
    (locks / "1.json").write_text(
        '{"pid":1,"username":"anna","hostname":"elsewhere","timestamp":"2026-11-21T11:00:00Z",'
        '"mto":{"startTime":1,"pidSpace":"elsewhere","expires":"2026-11-21T11:15:00Z"}}'
    )
    (stacks / ".dev.blue.json.ab.tmp").write_text("{")
    (stacks / ".dev.green.json.ab.tmp").write_text("{")

    with backend.lock("dev.blue") as lock:
        assert [one.host for one in lock.broken] == ["elsewhere"]

    assert names(stacks) == [".dev.green.json.ab.tmp"]
