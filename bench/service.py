"""``mto serve`` as a process that is measured: started, asked for its metrics, weighed, stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from world import ENVIRONMENT

PATIENCE = 1800.0
_SAMPLE = re.compile(r"^(\w+)(\{[^}]*\})? ([-+.\w]+)$", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")
_TURNS = 'mto_updates_total{{result="{}"}}'


@dataclass(frozen=True)
class Weight:
    """Bytes of memory, in all processes together: resident, proportional, and resident at most."""

    rss: float
    pss: float
    peak: float


class Service:
    """One process, its log in a file. Linux only, for what it weighs."""

    def __init__(self, folder: Path, manifests: Path, state: Path) -> None:
        self._log = folder / "serve.log"
        self._started = time.perf_counter()
        program = Path(sys.executable).with_name("mto")
        command = (program, "serve", "-e", ENVIRONMENT, "-f", manifests, "--listen", "127.0.0.1:0")
        with self._log.open("ab") as log:
            self._from = log.tell()
            self._process = subprocess.Popen(
                list(map(str, command)),
                cwd=folder,
                env={**os.environ, "PULUMI_BACKEND_URL": f"file://{state}"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self._address = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.perf_counter() - self._started

    def lines(self) -> list[Mapping[str, object]]:
        """The log so far."""
        with self._log.open("rb") as log:
            log.seek(self._from)
            return [json.loads(line) for line in log if line.startswith(b"{")]

    def get(self, path: str) -> tuple[int, str]:
        """Status and text; 0 while nobody answers."""
        if not self._address:
            found = [one for one in self.lines() if one["message"] == "listening"]
            self._address = str(found[0]["address"]) if found else ""
        try:
            with urllib.request.urlopen(f"http://{self._address}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""
        except OSError:
            return 0, ""

    def metrics(self) -> dict[str, float]:
        """Every sample by name and labels; none while nobody answers."""
        _, text = self.get("/metrics")
        return {f"{one[1]}{one[2] or ''}": float(one[3]) for one in _SAMPLE.finditer(text)}

    def ready(self) -> float:
        """Seconds from the start until it says that it is."""
        self._until(lambda: self.get("/readyz")[0] == 200)  # noqa: PLR2004
        return self.seconds

    def quiet(self, turns: float = 0.0, *, lasting: float = 0.5) -> float:
        """Wait until so many turns are over and nothing was to be done for a while.

        The answer is the seconds from the start until then, without that while.
        """
        since: float | None = None

        def over() -> bool:
            nonlocal since
            now = self.metrics()
            busy = now.get("mto_queue_depth", 1.0) + now.get("mto_updates_running", 1.0)
            if busy or turns_of(now) < turns:
                since = None
            elif since is None:
                since = self.seconds
            return since is not None and self.seconds - since > lasting

        self._until(over)
        return since or 0.0

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def weight(self) -> Weight:
        pids = [self._process.pid, *_children(self._process.pid)]
        smaps = [_kilobytes(Path(f"/proc/{pid}/smaps_rollup")) for pid in pids]
        status = [_kilobytes(Path(f"/proc/{pid}/status")) for pid in pids]
        return Weight(
            sum(one["Rss"] for one in smaps),
            sum(one["Pss"] for one in smaps),
            sum(one["VmHWM"] for one in status),
        )

    def stop(self) -> None:
        """As Kubernetes stops a pod."""
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(timeout=60):
            raise SystemExit(f"the service ended badly; its log is {self._log}")

    def _until(self, true: Callable[[], bool]) -> None:
        ends = time.perf_counter() + PATIENCE
        while not true():
            if self._process.poll() is not None or time.perf_counter() > ends:
                raise SystemExit(f"the service ended, or never came to rest: {self._log}")
            time.sleep(0.02)


def turns_of(metrics: Mapping[str, float]) -> float:
    """Turns that an update was begun in, and those that a fingerprint ended at once."""
    return metrics.get('mto_phase_seconds_count{phase="update"}', 0.0)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    found = [int(one) for task in tasks for one in (task / "children").read_text().split()]
    return [*found, *(below for one in found for below in _children(one))]


def _kilobytes(path: Path) -> dict[str, float]:
    """Lines ``Rss:  1234 kB`` in bytes."""
    return {
        name: float(size) * 1024
        for name, size in re.findall(r"^(\w+):\s+(\d+) kB", path.read_text(), re.MULTILINE)
    }
