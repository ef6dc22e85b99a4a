"""The engine's side of the program: it is asked to run, and its registrations are taken.

Loads the SDK's generated protocols without the SDK, which would take twice as long.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from typing_extensions import override

from tests.support.standin.update import Update


def _bare_packages() -> None:
    """Packages that hold modules and do nothing by themselves."""
    spec = PathFinder.find_spec("pulumi", sys.path)
    assert spec is not None
    assert spec.submodule_search_locations
    root = Path(spec.submodule_search_locations[0]).parent
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        module = types.ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[name] = module


_bare_packages()
_load = importlib.import_module
engine_grpc = _load("pulumi.runtime.proto.engine_pb2_grpc")
events = _load("pulumi.runtime.proto.events_pb2")
events_grpc = _load("pulumi.runtime.proto.events_pb2_grpc")
language = _load("pulumi.runtime.proto.language_pb2")
language_grpc = _load("pulumi.runtime.proto.language_pb2_grpc")
resource = _load("pulumi.runtime.proto.resource_pb2")
resource_grpc = _load("pulumi.runtime.proto.resource_pb2_grpc")
MonitorServicer: Any = resource_grpc.ResourceMonitorServicer
EngineServicer: Any = engine_grpc.EngineServicer
FEATURES = ("secrets", "resourceReferences", "deletedWith")
SEVERITIES = ("debug", "info", "warning", "error")


class Monitor(MonitorServicer):  # type: ignore[misc] # generated
    def __init__(self, update: Update) -> None:
        self._update = update

    @override
    def SupportsFeature(self, request: Any, _: Any) -> Any:
        return resource.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    @override
    def RegisterResource(self, request: Any, context: Any) -> Any:
        try:
            made = self._update.register(request, json_format.MessageToDict(request.object))
        except RuntimeError:
            context.abort(grpc.StatusCode.UNKNOWN, "the resource could not be made")
        outputs = struct_pb2.Struct()
        outputs.update(made["inputs"])
        return resource.RegisterResourceResponse(
            urn=made["urn"], id=made.get("id", ""), object=outputs
        )

    @override
    def RegisterResourceOutputs(self, *_: Any) -> Any:
        return empty_pb2.Empty()

    @override
    def SignalAndWaitForShutdown(self, *_: Any) -> Any:
        return empty_pb2.Empty()


class Engine(EngineServicer):  # type: ignore[misc] # generated
    def __init__(self, update: Update) -> None:
        self._update = update

    @override
    def Log(self, request: Any, _: Any) -> Any:
        said = {"severity": SEVERITIES[request.severity], "message": request.message}
        self._update.events.append({"diagnosticEvent": said})
        return empty_pb2.Empty()


def run(update: Update) -> str:
    """Run the program at ``--client`` to its end; the error that it ended with."""
    with ThreadPoolExecutor(16) as threads:
        server = grpc.server(threads)
        resource_grpc.add_ResourceMonitorServicer_to_server(Monitor(update), server)
        engine_grpc.add_EngineServicer_to_server(Engine(update), server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        request = language.RunRequest(
            project="mto",
            stack=update.state.stack,
            monitor_address=address,
            args=[address],
            dryRun=not update.writes,
            parallel=8,
            organization="organization",
        )
        with grpc.insecure_channel(update.options.client) as channel:
            answer = language_grpc.LanguageRuntimeStub(channel).Run(request)
        server.stop(0).wait()
    return str(answer.error)


def send(told: list[dict[str, Any]], target: str) -> None:
    """Every event to the caller's sink."""
    with grpc.insecure_channel(target.removeprefix("tcp://")) as channel:
        requests = (events.EventRequest(event=json.dumps(one)) for one in told)
        events_grpc.EventsStub(channel).StreamEvents(requests)
