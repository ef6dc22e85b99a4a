"""``mto serve`` as a process of its own: started, waited for, stopped, and its log read."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.kubectl import Kubectl
from tests.support.mto import Project, until

PATIENCE = 90.0
"""Seconds: other work may keep the machine busy."""


@dataclass
class Service:
    """A running service. ``lines`` are those of its log so far."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            try:
                self.lines.append(json.loads(line))
            except json.JSONDecodeError:
                self.rest.append(line)

    def said(self, message: str) -> list[dict[str, Any]]:
        """Lines of the log that begin with ``message``."""
        return [one for one in list(self.lines) if one["message"].startswith(message)]

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer; 0 while there is none."""
        found = self.said("listening")
        if not found:
            return 0, ""
        try:
            with urllib.request.urlopen(
                f"http://{found[0]['address']}{path}", timeout=10
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, line: str) -> float:
        """The value of one time series; 0 where there is none yet."""
        _, text = self.get("/metrics")
        found = [one for one in text.splitlines() if one.startswith(f"{line} ")]
        return float(found[0].rsplit(" ", 1)[1]) if found else 0.0

    def ready(self) -> None:
        """Until it is; fails at once where the process has ended."""

        ends = time.monotonic() + PATIENCE
        while (answer := self.get("/readyz"))[0] != 200:
            assert self.process.poll() is None, "".join(self.rest)[-3000:]
            assert time.monotonic() < ends, (answer, self.lines[-5:], self.rest[-5:])
            time.sleep(0.05)

    def quiet(self, seconds: float = 1.0) -> None:
        """Until there is nothing to do, and for some time nothing was done."""
        ends = time.monotonic() + PATIENCE
        since, before = time.monotonic(), -1.0
        while time.monotonic() - since < seconds:
            turns = sum(
                self.metric(f'mto_updates_total{{result="{one}"}}') for one in ("changed", "failed")
            )
            busy = self.metric("mto_queue_depth") + self.metric("mto_updates_running")
            if busy or turns != before:
                since, before = time.monotonic(), turns
            assert time.monotonic() < ends, self.lines[-5:]
            time.sleep(0.1)

    def stop(self) -> int:
        """As Kubernetes stops a pod; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """The exit code, once it has ended and its last words are read."""
        code = self.process.wait(timeout=PATIENCE)
        self._reader.join(timeout=10)
        return code


@contextmanager
def serving(project: Project, *arguments: str, **environ: str) -> Iterator[Service]:
    """A service that is ready; it ends cleanly and without a bug, unless the test ended it."""
    process = project.begin("serve", "--listen", "127.0.0.1:0", *arguments, **environ)
    service = Service(process)
    try:
        service.ready()
        yield service
        if process.poll() is None:
            assert service.stop() == 0, "".join(service.rest)[-3000:]
        assert "Traceback" not in "".join(service.rest), "".join(service.rest)[-3000:]
        assert service.said("a turn ended with a bug") == []
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None and not stream.closed and process.poll() is not None:
                service._reader.join(timeout=10)  # noqa: SLF001 - it reads from the stream
                stream.close()


def soon(true: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    """Wait for what the service does."""
    until(true, seconds=seconds)


@dataclass(frozen=True)
class Looks:
    """What tests ask the cluster, as its administrator."""

    admin: Kubectl

    def names(self, kind: str, namespace: str) -> set[str]:
        answer = self.admin("-n", namespace, "get", kind, "-o", "json")
        return (
            {one["metadata"]["name"] for one in answer.json["items"]} if not answer.code else set()
        )

    def subjects(self, namespace: str, binding: str) -> set[str]:
        answer = self.admin("-n", namespace, "get", "rolebinding", binding, "-o", "json")
        return {one["name"] for one in answer.json["subjects"]} if not answer.code else set()

    def status(self, kind: str, name: str) -> dict[str, Any]:
        answer = self.admin("get", kind, name, "-o", "json")
        found: dict[str, Any] = answer.json.get("status", {}) if not answer.code else {}
        return found

    def condition(self, kind: str, name: str, which: str = "Ready") -> tuple[str, str, str]:
        """Status, reason and message; empty ones where there is none."""
        for one in self.status(kind, name).get("conditions", ()):
            if one["type"] == which:
                return one["status"], one["reason"], one["message"]
        return "", "", ""

    def labels(self, namespace: str) -> dict[str, str]:
        answer = self.admin("get", "namespace", namespace, "-o", "json")
        found: dict[str, str] = answer.json["metadata"].get("labels", {}) if not answer.code else {}
        return found

    def events(self, namespace: str, reason: str) -> set[str]:
        answer = self.admin("-n", namespace, "get", "events", "-o", "json")
        return {one["message"] for one in answer.json["items"] if one["reason"] == reason}


def folder_of(project: Project) -> Path:
    return project.root / "tenants"
