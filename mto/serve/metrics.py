"""What Prometheus reads of the service."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

import mto

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """In a registry of its own, so that two services in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.queue_depth = Gauge(
            "mto_queue_depth", "Stacks that are to be worked on.", registry=self.registry
        )
        self.working = Gauge(
            "mto_updates_running", "Stacks that are being worked on.", registry=self.registry
        )
        self.seconds = Histogram(
            "mto_phase_seconds",
            "Duration by phase: queued, update, read (files), combine (the declared world).",
            ["phase"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.turns = Counter(
            "mto_updates_total",
            "Turns of stacks by result: unchanged, changed, failed.",
            ["result"],
            registry=self.registry,
        )
        self.steps = Counter(
            "mto_steps_total", "Objects changed, by operation.", ["op"], registry=self.registry
        )
        self.drift = Counter(
            "mto_drift_total", "Foreign changes undone, by kind.", ["kind"], registry=self.registry
        )
        self.broken_watches = Counter(
            "mto_watch_errors_total",
            "Watches that broke and went on.",
            ["kind"],
            registry=self.registry,
        )
        self.tenants = Gauge("mto_tenants", "Tenants by state.", ["state"], registry=self.registry)
        self.leader = Gauge(
            "mto_leader", "1 while this replica is the active one.", registry=self.registry
        )
        Gauge("mto_build_info", "Always 1.", ["version"], registry=self.registry).labels(
            mto.__version__
        ).set(1)

    def text(self) -> bytes:
        """In Prometheus' own format."""
        return generate_latest(self.registry)
