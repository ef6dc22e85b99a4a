"""``mto status --watch``: what the service does is seen as it happens."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.collector import attributes, collecting
from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.relay import relayed
from tests.support.service import Looks, serving, soon


@dataclass
class Watching:
    """A running ``mto status -w``; ``said`` are its lines so far."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        pairs = ((self.process.stdout, self.said), (self.process.stderr, self.remarks))
        self._readers = [threading.Thread(target=self._read, args=pair) for pair in pairs]
        for one in self._readers:
            one.start()

    @staticmethod
    def _read(stream: Any, lines: list[str]) -> None:
        with stream:
            lines.extend(iter(stream.readline, ""))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        for one in self._readers:
            one.join(30)
        return code

    def states(self) -> list[tuple[str, str, int]]:
        """Of JSON lines: what happened, the state, the number of namespaces."""
        found = [json.loads(one) for one in list(self.said)]
        return [
            (one["type"], one["tenant"]["state"], len(one["tenant"]["namespaces"])) for one in found
        ]


@contextmanager
def watching(project: Project, *arguments: str) -> Iterator[Watching]:
    process = project.begin("status", "--watch", *arguments)
    seen = Watching(process)
    try:
        yield seen
        assert seen.stop() == 0, seen.remarks
        assert "Traceback" not in "".join(seen.remarks)
    finally:
        process.kill()
        process.wait()


def test_an_edit_is_seen_as_it_takes_effect_and_so_is_the_end(served: Project, look: Looks) -> None:
    name = unique("blue")
    access = members(owners=["ann"])
    with (
        collecting() as collector,
        serving(served, OTEL_EXPORTER_OTLP_ENDPOINT=collector.address) as service,
    ):
        served.declare(quota(name), tenant(name, "dev", quota=name, accessControl=access))
        soon(lambda: look.condition("tenant", name)[0] == "True")
        with watching(served, name, "-o", "json") as seen, watching(served, name) as lines:
            soon(lambda: seen.states()[-1:] == [("ADDED", "Ready", 1)])
            soon(lambda: any(" Ready " in one for one in lines.said))
            served.declare(quota(name), tenant(name, "dev", "qa", quota=name, accessControl=access))
            soon(lambda: seen.states()[-1] == ("MODIFIED", "Ready", 2))
            wrong = tenant(name, "dev", "qa", quota="nobody", accessControl=access)
            served.declare(quota(name), wrong)
            soon(lambda: seen.states()[-1] == ("MODIFIED", "Invalid", 2))
            soon(lambda: "quota 'nobody' is not declared" in lines.said[-1])
            served.declare(quota(name))
            assert served("destroy", name, "--yes").code == 0
            soon(lambda: seen.states()[-1][0] == "DELETED")
        assert service.metric('mto_api_requests_total{code="201",verb="apply"}') > 0
        assert service.stop() == 0
        traces = {one.trace_id.hex(): attributes(one) for one in collector.named("update")}
        for line in (one for one in service.lines if one.get("stack") == name):
            assert traces[line["trace"]]["mto.update"] == line["update"]
        assert {one.trace_id.hex() for one in collector.named("apply")} <= traces.keys()
    assert lines.said[0].split() == [
        "TIME",
        "TENANT",
        "STATE",
        "QUOTA",
        "NAMESPACES",
        "USED",
        "MESSAGE",
    ]


def test_a_cluster_that_goes_away_is_waited_for(
    served: Project, look: Looks, tmp_path: Path
) -> None:
    name = unique("blue")
    served.declare(quota(name), tenant(name, "dev", quota=name))
    assert served("up", "--yes").code == 0
    with relayed(served.kubeconfig, tmp_path) as relay:
        through = ("--kubeconfig", str(relay.kubeconfig), name, "-o", "json")
        with watching(served, *through) as seen:
            soon(lambda: seen.states() == [("ADDED", "Unknown", 1)])
            relay.cut()
            soon(
                lambda: any(
                    "the cluster is not seen, and waited for" in one for one in seen.remarks
                )
            )
            answer = look.admin("create", "-f", "-", stdin=json.dumps(namespace(name)))
            assert answer.code == 0, answer.stderr
            relay.mend()
            soon(lambda: seen.states()[-1] == ("MODIFIED", "Unknown", 2))
            soon(lambda: "the cluster is seen again\n" in seen.remarks)
        assert seen.remarks[0].startswith("no `mto serve` is active")


def namespace(tenant: str) -> dict[str, Any]:
    metadata = {"name": f"{tenant}-own", "labels": {"stakater.com/tenant": tenant}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def test_what_is_wrong_at_the_beginning_ends_it(served: Project) -> None:
    answer = served("status", "-w", "--orphans")
    assert (answer.code, answer.stderr) == (
        2,
        "mto: --watch follows tenants: it goes with neither --orphans nor --hosts\n",
    )
