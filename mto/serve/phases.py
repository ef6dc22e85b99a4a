"""How long each phase of the work takes: a histogram, and a span where traces are asked for.

Traces go out by OpenTelemetry's protocol where its own variables name a collector. Its packages
are not even imported where they do not, so that nobody pays who does not ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from prometheus_client import Histogram

import mto
from mto.errors import UsageError
from mto.serve.log import TRACE

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
LAST_WORDS: Final = 3000
"""Milliseconds that the last spans get to go out when the service ends."""


class Phases:
    """Phases lie within one another: what begins in a span is its child."""

    def __init__(self, seconds: Histogram) -> None:
        self._seconds = seconds
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def trace(self, provider: TracerProvider | None) -> None:
        """From here on with spans."""
        self._provider = provider
        self._tracer = provider.get_tracer("mto.serve", mto.__version__) if provider else None

    @contextmanager
    def during(self, name: str, **attributes: str) -> Iterator[None]:
        """The block is that phase; attributes are for the span only, as ``mto.<name>``."""
        with self._seconds.labels(name).time(), self._span(name, attributes):
            yield

    def _span(self, name: str, attributes: Mapping[str, str]) -> AbstractContextManager[object]:
        if self._tracer is None:
            return nullcontext()
        named = {f"mto.{key}": value for key, value in attributes.items()}
        return self._traced(self._tracer, name, named)

    @staticmethod
    @contextmanager
    def _traced(tracer: Tracer, name: str, attributes: Mapping[str, str]) -> Iterator[None]:
        with tracer.start_as_current_span(name, attributes=attributes) as span:
            token = TRACE.set(f"{span.get_span_context().trace_id:032x}")
            try:
                yield
            finally:
                TRACE.reset(token)

    def close(self) -> None:
        """Send what is left, if that is possible soon."""
        if self._provider is not None:
            self._provider.force_flush(LAST_WORDS)


def provider(environ: Mapping[str, str]) -> TracerProvider | None:
    """None unless the environment names a collector.

    Raises UsageError where it asks for a protocol other than gRPC, or the packages are missing.
    """
    endpoint = next((environ[key] for key in ENDPOINTS if environ.get(key)), "")
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if not endpoint or off or environ.get("OTEL_TRACES_EXPORTER", "otlp") == "none":
        return None
    for key in PROTOCOLS:
        if environ.get(key, "grpc") != "grpc":
            raise UsageError(f"{key}={environ[key]}: traces go out by grpc only")
    try:
        from mto.serve.exporter import provider as made  # noqa: PLC0415 - only who asks pays
    except ImportError as error:
        raise UsageError(
            f"traces are asked for ({ENDPOINTS[1]}), and {error.name} is not installed: "
            "pip install 'mto[traces]', or unset the variable"
        ) from error
    return made(environ.get("OTEL_SERVICE_NAME", "mto"))
