from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from mto.local.build import build
from mto.local.errors import BuildFailed, DiskFull, GoMissing, GoTooOld
from mto.local.progress import Progress
from tests.support import fake

PACKAGES = {"one": "example.org/cmd/one", "two": "example.org/cmd/two"}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.org\n\ngo 1.26.0\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    return folder


def go(source: Path, body: str) -> None:
    fake.program(source.parent / "path" / "go", body)


def attempt(source: Path, packages: dict[str, str] | None = None) -> str:
    """What a person reads; the programs are 3 and 4 of 7."""
    stream = io.StringIO()
    build(
        packages or PACKAGES,
        source=source,
        target=source.parent / "target",
        flags="-s -w",
        report=(Progress(stream), (2, 7)),
    )
    return stream.getvalue()


def test_all_programs_of_a_module_are_built_in_one_go(source: Path) -> None:
    record = fake.go(source.parent / "path")
    said = attempt(source)
    (asked,) = record.read_text().splitlines()
    assert re.fullmatch(
        r"build -trimpath -buildvcs=false -ldflags -s -w -o \S+/ "
        r"example.org/cmd/one example.org/cmd/two",
        asked,
    )
    assert sorted(one.name for one in (source.parent / "target").iterdir()) == ["one", "two"]
    assert said == "building one, two (3 of 7); minutes the first time\nbuilt one, two in 0:00\n"


def test_a_package_named_otherwise_is_built_under_our_name(source: Path) -> None:
    fake.go(source.parent / "path")
    attempt(source, {"etcd": "go.etcd.io/etcd/server/v3"})
    assert [one.name for one in (source.parent / "target").iterdir()] == ["etcd"]


def test_without_go_the_person_learns_which_to_install(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(source))
    with pytest.raises(GoMissing) as refusal:
        attempt(source)
    assert str(refusal.value) == (
        "one, two must be built, and there is no `go` on the PATH; install Go 1.26.0 or newer, "
        "or put the programs into a folder and name it in MTO_BIN_DIR"
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("echo go1.20.14", "1.20.14", id="one that knows no toolchains"),
        pytest.param(
            "echo 'go: go.mod requires go >= 1.26.0 (running go 1.22.2; GOTOOLCHAIN=local)' >&2; "
            "exit 1",
            "1.22.2",
            id="one that may not fetch another",
        ),
    ],
)
def test_an_old_go_is_named_with_what_is_needed(source: Path, body: str, found: str) -> None:
    go(source, body)
    with pytest.raises(GoTooOld) as refusal:
        attempt(source)
    assert str(refusal.value) == (
        f"one, two must be built with Go 1.26.0 or newer; `go` on the PATH is {found}: "
        "upgrade it, or put the programs into a folder and name it in MTO_BIN_DIR"
    )


def test_a_go_that_fails_otherwise_is_quoted(source: Path) -> None:
    go(source, "echo 'go: cannot find GOROOT' >&2; exit 2")
    with pytest.raises(BuildFailed) as failure:
        attempt(source)
    assert str(failure.value) == (
        "building one, two failed; the end of Go's output:\ngo: cannot find GOROOT"
    )


def failing(output: str) -> str:
    return f'[ "$1" = env ] && echo go1.26.8 && exit\n{output}\nexit 1'


def test_a_failed_build_shows_the_end_of_its_output_and_leaves_nothing(source: Path) -> None:
    go(source, failing("for n in $(seq 1 40); do echo line $n; done"))
    with pytest.raises(BuildFailed) as failure:
        attempt(source)
    lines = "\n".join(f"line {number}" for number in range(26, 41))
    assert str(failure.value) == f"building one, two failed; the end of Go's output:\n{lines}"
    assert [one.name for one in source.parent.iterdir() if one.name.startswith("target.")] == []
    assert list((source.parent / "target").iterdir()) == []


def test_a_full_disk_is_called_one(source: Path) -> None:
    go(source, failing("echo 'link: write /tmp/x: no space left on device' >&2"))
    with pytest.raises(DiskFull) as failure:
        attempt(source)
    assert str(failure.value) == (
        "building one, two failed: no space left on device; about 6 GB are needed once, in Go's "
        f"build cache (`go env GOCACHE`) and in {source.parent}: make room and try again"
    )
