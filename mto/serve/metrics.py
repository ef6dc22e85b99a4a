"""What Prometheus reads of the service."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

import mto
from mto.serve.phases import Phases

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

PHASES: Final = {
    "queued": "from the mark to the turn",
    "update": "a turn of a stack",
    "observe": "of which: quotas, listed afresh",
    "refresh": "of which: foreign changes, looked at",
    "apply": "of which: the engine, with the state",
    "read": "files",
    "combine": "files and custom resources, to the declared world",
}

LABELS: Final = {
    "mto_api_requests": ("verb", "code"),
    "mto_build_info": ("version",),
    "mto_drift": ("kind",),
    "mto_phase_seconds": ("phase",),
    "mto_steps": ("op",),
    "mto_tenants": ("state",),
    "mto_updates": ("result",),
    "mto_watch_errors": ("kind",),
}

Answers = Mapping[tuple[str, str], int]


class Metrics:
    """In a registry of its own, so that two services in one process do not meet."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.queue_depth = Gauge(
            "mto_queue_depth", "Stacks that are to be worked on.", registry=registry
        )
        self.working = Gauge(
            "mto_updates_running", "Stacks that are being worked on.", registry=registry
        )
        told = ", ".join(f"{name} ({what})" for name, what in PHASES.items())
        self.seconds = Histogram(
            "mto_phase_seconds",
            f"Duration by phase: {told}.",
            LABELS["mto_phase_seconds"],
            buckets=SECONDS,
            registry=registry,
        )
        self.turns = Counter(
            "mto_updates",
            "Turns of stacks by result: unchanged, changed, failed.",
            LABELS["mto_updates"],
            registry=registry,
        )
        self.steps = Counter(
            "mto_steps", "Objects changed, by operation.", LABELS["mto_steps"], registry=registry
        )
        self.drift = Counter(
            "mto_drift", "Foreign changes undone, by kind.", LABELS["mto_drift"], registry=registry
        )
        self.broken_watches = Counter(
            "mto_watch_errors",
            "Watches that broke and went on.",
            LABELS["mto_watch_errors"],
            registry=registry,
        )
        self.leader = Gauge(
            "mto_leader", "1 while this replica is the active one.", registry=registry
        )
        build = Gauge("mto_build_info", "Always 1.", LABELS["mto_build_info"], registry=registry)
        build.labels(mto.__version__).set(1)
        self.phases = Phases(self.seconds)
        self._seen = _Seen()
        registry.register(self._seen)

    def look(
        self, answers: Callable[[], Iterable[Answers]], states: Callable[[], Iterable[str]]
    ) -> None:
        """Where to look, when asked, for answers of the API server and states of tenants."""
        self._seen.answers, self._seen.states = answers, states

    @classmethod
    def told(cls) -> Iterator[tuple[str, str, str, str]]:
        """Name as it is asked for, type, labels, and meaning, of each."""
        for one in cls().registry.collect():
            total = "_total" if one.type == "counter" else ""
            labels = ", ".join(LABELS.get(one.name, ()))
            yield f"{one.name}{total}", one.type, labels, one.documentation

    def text(self) -> bytes:
        """In Prometheus' own format."""
        return generate_latest(self.registry)


class _Seen(Collector):
    """Numbers that others keep anyway."""

    def __init__(self) -> None:
        self.answers: Callable[[], Iterable[Answers]] = tuple
        self.states: Callable[[], Iterable[str]] = tuple

    @override
    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "mto_api_requests",
            "Requests to the API server by verb and status; none where nothing answered.",
            labels=LABELS["mto_api_requests"],
        )
        total: Counts[tuple[str, str]] = Counts()
        for one in self.answers():
            total.update(one)
        for (verb, code), count in sorted(total.items()):
            requests.add_metric([verb, code], count)
        yield requests
        tenants = GaugeMetricFamily(
            "mto_tenants",
            "Tenants in the cluster by state: Ready, or the reason of the condition.",
            labels=LABELS["mto_tenants"],
        )
        for state, count in sorted(Counts(self.states()).items()):
            tenants.add_metric([state], count)
        yield tenants
