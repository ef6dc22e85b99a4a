"""A process that stands ready to run the Pulumi program for the CLI, one stack at a time.

It is a process because the SDK is bound to one processor, keeps much of its state for a process,
and runs what users wrote: that may hang, crash or print, and must take nothing along. It serves two
ports: the program, which the CLI asks for, and the CLI's events, which go to the parent in order.
It ends when its parent does.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer  # the SDK's own, which it does not export
from pulumi.errors import RunError
from pulumi.runtime.proto import events_pb2_grpc, language_pb2_grpc
from typing_extensions import override

from mto.components.errors import ExtraFailed
from mto.components.extra import Extra, add
from mto.components.register import register
from mto.engine.pulumi.events import Event, read
from mto.engine.pulumi.look import added
from mto.engine.pulumi.wire import DONE, Broken, Job, Look, Looked, Ready, Wire
from mto.plan.resource import Plan, Resource
from mto.state.secret import Secret, holds_none

_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.so_reuseport", 0)]


class _Events(events_pb2_grpc.EventsServicer):
    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell

    @override
    def StreamEvents(self, request_iterator: Iterable[Any], context: Any) -> Any:
        try:
            for request in request_iterator:
                if (event := read(json.loads(request.event))) is not None:
                    self._tell(event)
        except grpc.RpcError:  # the CLI is gone, which the parent sees by itself
            context.cancel()
        return empty_pb2.Empty()


def serve(wire: Wire) -> None:
    """Do jobs until the parent hangs up."""
    while True:
        match wire.receive():
            case Job() as job:
                _do(job, wire)
                wire.send(DONE)
            case Look() as look:
                wire.send(_look(look))
            case unknown:
                raise TypeError(unknown)


def _look(look: Look) -> Looked:
    try:
        return Looked(added(look.plan, look.extra))
    except ExtraFailed as error:
        return Looked(problem=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a user's program may raise
        return Looked(problem=f"{look.extra.shown}: {type(error).__name__}: {error}")


def _do(job: Job, wire: Wire) -> None:
    with ThreadPoolExecutor(8) as threads:
        server = grpc.server(threads, options=_OPTIONS)
        events_pb2_grpc.add_EventsServicer_to_server(_Events(wire.send), server)
        if (plan := job.plan) is not None:
            program = LanguageServer(lambda: _program(plan, job.extra, wire))
            language_pb2_grpc.add_LanguageRuntimeServicer_to_server(program, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        address = f"127.0.0.1:{port}"
        wire.send(Ready(f"tcp://{address}", address if job.plan is not None else ""))
        _until_end(wire)
        server.stop(grace=0).wait()


def _until_end(wire: Wire) -> None:
    """Until the CLI has ended. Without a parent we end at once, threads and program included.

    The CLI then ends too: for want of its program, or of somebody to print to.
    """
    try:
        wire.receive()
    except (EOFError, ConnectionError):
        os._exit(0)


def _program(plan: Plan, extra: Extra | None, wire: Wire) -> None:
    made = register(unsealed(plan))
    if extra is None:
        return
    try:
        add(extra, plan, made)
    except ExtraFailed as error:
        wire.send(Broken(str(error)))
        raise RunError(str(error)) from error


def unsealed(plan: Plan) -> Plan:
    """The plan with its secrets as the SDK has them."""
    return replace(plan, resources=tuple(map(_unsealed, plan.resources)))


def _unsealed(resource: Resource) -> Resource:
    plain = holds_none(resource.inputs)
    return resource if plain else replace(resource, inputs=_outputs(resource.inputs))


def _outputs(value: Any) -> Any:
    if isinstance(value, Secret):
        return pulumi.Output.secret(value.value)
    if isinstance(value, Mapping):
        return {key: _outputs(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_outputs(one) for one in value]
    return value


def main() -> None:
    """Started by ``mto.engine.pulumi.pool`` with the number of the connected socket."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    try:
        serve(Wire(connection))
    except (EOFError, ConnectionError):
        os._exit(0)  # the parent is gone; threads of a hung program must not hold us


if __name__ == "__main__":
    main()
