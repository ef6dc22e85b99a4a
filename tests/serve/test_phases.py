from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from mto.errors import UsageError
from mto.serve.log import Lines
from mto.serve.metrics import PHASES, Metrics
from mto.serve.phases import provider
from tests.support.collector import attributes, collecting


def logged() -> dict[str, str]:
    record = logging.LogRecord("mto.serve", logging.INFO, "", 0, "x", None, None)
    found: dict[str, str] = json.loads(Lines().format(record))
    return found


def test_a_phase_is_counted_and_without_a_collector_that_is_all() -> None:
    metrics = Metrics()
    metrics.phases.trace(provider({}))
    with metrics.phases.during("update", stack="blue"):
        assert "trace" not in logged()
    assert b'mto_phase_seconds_count{phase="update"} 1.0' in metrics.text()
    metrics.phases.close()


def test_with_a_collector_a_phase_is_a_span_and_the_log_names_its_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with collecting() as collector:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_SERVICE_NAME": "mine"}
        for key, value in environ.items():
            monkeypatch.setenv(key, value)
        metrics = Metrics()
        found = provider(environ)
        assert found is not None
        metrics.phases.trace(found)
        with (
            metrics.phases.during("update", stack="blue", update="abc"),
            metrics.phases.during("apply"),
        ):
            line = logged()
        assert "trace" not in logged()
        metrics.phases.close()
        found.shutdown()
    (update,), (apply,) = collector.named("update"), collector.named("apply")
    assert attributes(update) == {"mto.stack": "blue", "mto.update": "abc"}
    assert (apply.parent_span_id, apply.trace_id) == (update.span_id, update.trace_id)
    assert line["trace"] == update.trace_id.hex()
    assert collector.resource["service.name"] == "mine"


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="nobody asked"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, id="empty"),
        pytest.param(
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, id="disabled"
        ),
        pytest.param(
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"},
            id="no traces",
        ),
    ],
)
def test_there_are_no_traces_unless_a_collector_is_named(environ: dict[str, str]) -> None:
    assert provider(environ) is None


def test_another_protocol_is_refused() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    with pytest.raises(UsageError) as caught:
        provider(environ)
    assert str(caught.value) == (
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf: traces go out by grpc only"
    )


def test_where_the_packages_are_missing_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mto.serve.exporter", None)
    with pytest.raises(UsageError) as caught:
        provider({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"})
    assert str(caught.value) == (
        "traces are asked for (OTEL_EXPORTER_OTLP_ENDPOINT), and mto.serve.exporter is not "
        "installed: pip install 'mto[traces]', or unset the variable"
    )


def test_who_asks_for_no_traces_does_not_load_them() -> None:
    code = (
        "import mto.serve.app, sys; from mto.serve.phases import provider; provider({}); "
        "print([one for one in sys.modules if 'telemetry' in one or 'grpc' in one])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_phases_of_the_code_are_those_that_are_told() -> None:
    assert set(PHASES) == {"queued", "update", "observe", "refresh", "apply", "read", "combine"}
