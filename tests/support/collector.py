"""A collector of OpenTelemetry traces: its own service, over real gRPC, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from typing_extensions import override


@dataclass
class Collector(service.TraceServiceServicer):
    """``spans`` are those that arrived, ``resource`` what their sender said of itself."""

    address: str = ""
    spans: list[Span] = field(default_factory=list)
    resource: dict[str, str] = field(default_factory=dict)

    @override
    def Export(
        self, request: ExportTraceServiceRequest, context: Any
    ) -> ExportTraceServiceResponse:
        del context
        for one in request.resource_spans:
            self.resource |= {kv.key: kv.value.string_value for kv in one.resource.attributes}
            for scope in one.scope_spans:
                self.spans.extend(scope.spans)
        return ExportTraceServiceResponse()

    def named(self, name: str) -> list[Span]:
        return [one for one in self.spans if one.name == name]


def attributes(span: Span) -> dict[str, str]:
    return {kv.key: kv.value.string_value for kv in span.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """On a loopback port of its own."""
    server = grpc.server(ThreadPoolExecutor(1))
    collector = Collector()
    service.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    collector.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()
