"""Traces by OpenTelemetry's protocol. Imported only where a collector is named."""

from __future__ import annotations

import logging

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import mto
from mto.serve.log import LOG


def provider(service: str) -> TracerProvider:
    """Sends in batches, from a thread of its own; what it can't send is a line of our log."""
    logging.getLogger("opentelemetry").handlers = LOG.handlers
    resource = Resource.create({"service.name": service, "service.version": mto.__version__})
    found = TracerProvider(resource=resource, shutdown_on_exit=False)
    found.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return found
