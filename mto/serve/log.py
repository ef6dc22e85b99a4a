"""Logs as lines of JSON; what belongs to one update carries its id."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson
from typing_extensions import override

UPDATE: ContextVar[str] = ContextVar("update", default="")
"""Id of the update that the running task carries out."""

TRACE: ContextVar[str] = ContextVar("trace", default="")
"""Id of the OpenTelemetry trace that the running task is part of, where there are traces."""

LOG = logging.getLogger("mto.serve")


class Lines(logging.Formatter):
    """One JSON object a line; ``extra={"fields": {…}}`` adds to it."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if update := UPDATE.get():
            line["update"] = update
        if trace := TRACE.get():
            line["trace"] = trace
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def say(message: str, *, level: int = logging.INFO, **fields: object) -> None:
    """One line; the fields go beside the message, not into it."""
    LOG.log(level, message, extra={"fields": fields})


def to_standard_error() -> None:
    """Let the service's log appear."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    LOG.handlers = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
