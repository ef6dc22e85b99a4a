"""``mto serve``: keep the cluster as declared, continuously."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from mto.cli.options import (
    ContextOption,
    EngineOption,
    EnvironmentOption,
    KubeconfigOption,
    ParallelOption,
    TenantsFolderOption,
)
from mto.cli.session import Target
from mto.engine.port import EngineName


def serve(
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    engine: EngineOption = EngineName.AUTO,
    parallel: ParallelOption = 8,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds that one update may take before it is given up.")
    ] = 120.0,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where health and metrics are to be had.")
    ] = "127.0.0.1:9464",
) -> None:
    """Watch manifests and cluster, and make whatever changes as declared, until stopped.

    Custom resources count like files; where both declare the same, the file wins.
    """
    target = Target(
        environment, kubeconfig, context, folder, engine, parallel=parallel, timeout=timeout
    )
    asyncio.run(_served(target, listen))


async def _served(target: Target, listen: str) -> None:
    from mto.serve.app import serve as served
    from mto.serve.log import to_standard_error
    from mto.service.workspace import Manner

    to_standard_error()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    manner = Manner(parallel=target.parallel, deadline=target.timeout, engine=target.engine)
    await served(target.load(), manner, listen=listen, stop=stop)
