"""Builds the programs of one Go module, in one `go build`, with progress."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mto.local.errors import BuildFailed, DiskFull, GoMissing, GoTooOld
from mto.local.progress import Progress, clock

_TAIL = 15
_GO_BUILD = ("go", "build", "-trimpath", "-buildvcs=false", "-ldflags")
Report = tuple[Progress, tuple[int, int]]
"""Where to report, with how many programs were built before and how many there are in all."""


def build(
    packages: Mapping[str, str], *, source: Path, target: Path, flags: str, report: Report
) -> None:
    """Build ``packages`` (program to Go package) of the module in ``source`` into ``target``.

    Each program is linked in a folder beside ``target`` and renamed into it, so that nobody ever
    sees half of one.

    Raises: GoMissing, GoTooOld, BuildFailed, DiskFull.
    """
    names = ", ".join(packages)
    _check_go(names, source)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _folder_beside(target) as scratch, tempfile.TemporaryFile() as output:
            for where, paths in _outputs(packages, scratch):
                started = subprocess.Popen(
                    [*_GO_BUILD, flags, "-o", where, *paths],
                    cwd=source,
                    env=_environment(),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
                if _watch(started, scratch=scratch, names=tuple(packages), report=report):
                    raise _failure(names, output, target)
            for program in packages:
                (scratch / program).rename(target / program)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(names, target.parent) from error
        raise


def _outputs(packages: Mapping[str, str], scratch: Path) -> Iterator[tuple[str, list[str]]]:
    """All at once where Go names the programs as we do; a module's root it would not."""
    alike = [path for name, path in packages.items() if path.rpartition("/")[2] == name]
    if alike:
        yield f"{scratch}/", alike
    for name, path in packages.items():
        if path not in alike:
            yield str(scratch / name), [path]


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """On the same file system, so that a rename is atomic."""
    scratch = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _watch(
    started: subprocess.Popen[bytes], *, scratch: Path, names: tuple[str, ...], report: Report
) -> int:
    """Wait for Go; say which programs it is at, how many are done, and how long it takes."""
    progress, (before, total) = report
    begin = time.monotonic()
    progress.say(f"building {', '.join(names)} ({before + 1} of {total}); minutes the first time")
    try:
        while (code := _ended(started, within=0.5)) is None:
            elapsed = time.monotonic() - begin
            left = [name for name in names if not (scratch / name).exists()] or [names[-1]]
            at = before + len(names) - len(left) + 1
            text = f"building {', '.join(left)} ({at} of {total}, {clock(elapsed)})"
            progress.tick(text, elapsed=elapsed)
    except BaseException:
        started.kill()
        started.wait()
        raise
    if code == 0:
        progress.say(f"built {', '.join(names)} in {clock(time.monotonic() - begin)}")
    return code


def _ended(started: subprocess.Popen[bytes], *, within: float) -> int | None:
    try:
        return started.wait(within)
    except subprocess.TimeoutExpired:
        return None


def _failure(names: str, output: IO[bytes], target: Path) -> BuildFailed:
    output.seek(0)
    text = output.read().decode(errors="replace")
    if "no space left on device" in text:
        return DiskFull(names, target.parent)
    return BuildFailed(names, "\n".join(text.splitlines()[-_TAIL:]))


def _check_go(names: str, source: Path) -> None:
    """Asked inside the module, where Go may fetch the toolchain that go.mod needs by itself."""
    need = _needed(source)
    if shutil.which("go") is None:
        raise GoMissing(names, need)
    answer = subprocess.run(
        ["go", "env", "GOVERSION"],
        cwd=source,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if refused := re.search(r"requires go >= \S+ \(running go ?(\S+?)[;)]", answer.stderr):
        raise GoTooOld(names, found=refused[1], need=need)
    if answer.returncode:
        raise BuildFailed(names, answer.stderr.strip())
    found = answer.stdout.strip().removeprefix("go")
    if _numbers(found) < _numbers(need):
        raise GoTooOld(names, found=found, need=need)


def _needed(source: Path) -> str:
    found = re.search(r"^go (\S+)$", (source / "go.mod").read_text(), re.MULTILINE)
    return found[1] if found else "1.21"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _environment() -> dict[str, str]:
    """For this machine, without cgo, and alone even inside somebody's go.work."""
    other = {"GOOS", "GOARCH"}
    kept = {key: value for key, value in os.environ.items() if key not in other}
    return kept | {"GOWORK": "off", "CGO_ENABLED": "0"}
