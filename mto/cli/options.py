"""Options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mto.cli import completion
from mto.engine.port import EngineName

EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--environment",
        "-e",
        envvar="MTO_ENVIRONMENT",
        autocompletion=completion.environments,
        help="stacks/Pulumi.<environment>.yaml. Default: local, when `mto local` runs.",
    ),
]
KubeconfigOption = Annotated[
    Path | None, typer.Option(help="Use this kubeconfig instead of the environment's.")
]
ContextOption = Annotated[str | None, typer.Option(help="Context within the kubeconfig.")]
TenantsFolderOption = Annotated[
    Path | None,
    typer.Option(
        "--tenants", "-f", help="File or folder of manifests instead of the environment's."
    ),
]
TenantsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TENANT]...",
        help="Tenants; none means all.",
        autocompletion=completion.tenants,
    ),
]
EngineOption = Annotated[EngineName, typer.Option(help="Who carries the plan out.")]
ParallelOption = Annotated[int, typer.Option(min=1, max=64, help="Stacks worked on at a time.")]
TimeoutOption = Annotated[
    float, typer.Option(min=1, help="Seconds that one stack may take before it is given up.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DeleteNamespaceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--delete-namespace",
        metavar="NAMESPACE",
        autocompletion=completion.namespaces,
        help="Consent to delete this namespace with all that it holds; may be repeated.",
    ),
]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Look at the live objects first, and undo drift.")
]
PruneOption = Annotated[
    bool, typer.Option("--prune", help="Destroy tenants that are no longer declared.")
]
ExpectNoChangesOption = Annotated[
    bool, typer.Option("--expect-no-changes", help="Exit with 1 if anything changes.")
]
