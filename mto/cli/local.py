"""``mto local``: a real control plane on this machine, to try things on."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from mto.cli.options import EnvironmentOption
from mto.cli.output import Format, OutputOption, print_data, print_table, say
from mto.errors import UsageError
from mto.local import cluster
from mto.local.background import Background
from mto.local.errors import NotRunning
from mto.local.settings import COMPONENTS, Options
from mto.service.environment import LOCAL

app = typer.Typer(
    help="A real control plane on this machine, to try things on.", no_args_is_help=True
)

NameOption = Annotated[
    str,
    typer.Option(
        "--name", envvar="MTO_LOCAL_NAME", help="Which one; several can live side by side."
    ),
]


@app.command()
def up(
    *,
    name: NameOption = "mto",
    nodes: Annotated[
        int | None, typer.Option(help="Simulated nodes; 3 unless told.", min=1, max=1000)
    ] = None,
    audit: Annotated[
        bool | None, typer.Option(help="Log who wrote what; on unless told.", show_default=False)
    ] = None,
    arg: Annotated[
        list[str] | None,
        typer.Option(help="A flag for a component: kube-apiserver=feature-gates=X=true."),
    ] = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """Start it, unless it runs. Builds its programs the first time."""
    begin = time.monotonic()
    found = cluster.up(name, options=_options(nodes, audit, args=arg))
    if found.started:
        say(f"local control plane {name!r} started in {time.monotonic() - begin:.1f} s")
    else:
        say(f"local control plane {name!r} is already running")
    _print(found, output)
    if output is Format.TABLE:
        say(f"try: kubectl --kubeconfig {found.kubeconfig} get nodes")


@app.command()
def down(name: NameOption = "mto") -> None:
    """Stop it and remove everything it held."""
    if cluster.down(name):
        say(f"local control plane {name!r} removed")
    else:
        say(f"there is no local control plane {name!r}; nothing to remove")


@app.command()
def serve(
    name: NameOption = "mto",
    environment: EnvironmentOption = None,
    stop: Annotated[bool, typer.Option("--stop", help="End it instead.")] = False,
) -> None:
    """Run `mto serve` for this project in the background, until `mto local down`."""
    from mto.cli import background

    if stop:
        background.stop(name)
    elif not cluster.status(name).running:
        raise NotRunning(name)
    else:
        background.serve(name, environment or LOCAL)


@app.command()
def status(name: NameOption = "mto", output: OutputOption = Format.TABLE) -> None:
    """Say whether it runs, and with which processes."""
    found = cluster.status(name)
    _print(found, output)
    if output is Format.TABLE and found.processes:
        typer.echo()
        rows = [(one.program, one.pid, f"{one.memory >> 20} MiB") for one in found.processes]
        print_table(rows, ("PROGRAM", "PID", "MEMORY"))
    if output is Format.TABLE and found.service:
        _say_service(found.service)


@app.command()
def kubeconfig(
    name: NameOption = "mto",
    path: Annotated[
        bool, typer.Option("--path", help="Print the file's path instead of its content.")
    ] = False,
) -> None:
    """Print the administrator's kubeconfig."""
    found = cluster.status(name)
    if not found.running:
        raise NotRunning(name)
    typer.echo(found.kubeconfig if path else found.kubeconfig.read_text().rstrip())


@app.command()
def user(
    user_name: Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")],
    group: Annotated[list[str] | None, typer.Option(help="A group of the user's.")] = None,
    name: NameOption = "mto",
) -> None:
    """Print a kubeconfig of a real user, with a certificate that this control plane signs."""
    from mto.local.user import kubeconfig_for

    typer.echo(kubeconfig_for(name, user_name, group or ()).rstrip())


def _say_service(service: Background) -> None:
    if service.running:
        say(f"service: pid {service.pid}, for {service.folder}, log {service.log}")
    else:
        say(f"service: it has ended; its log is {service.log}; again: mto local serve")


def _options(nodes: int | None, audit: bool | None, *, args: list[str] | None) -> Options | None:
    """None when nothing was asked for: then a running one is taken as it is."""
    if nodes is None and audit is None and not args:
        return None
    default = Options()
    return Options(
        nodes=default.nodes if nodes is None else nodes,
        audit=default.audit if audit is None else audit,
        args=_component_args(args or []),
    )


def _component_args(texts: list[str]) -> dict[str, dict[str, str]]:
    args: dict[str, dict[str, str]] = {}
    for text in texts:
        component, _, flag = text.partition("=")
        key, equals, value = flag.partition("=")
        if component not in COMPONENTS or not key or not equals:
            raise UsageError(
                f"--arg {text!r} is not COMPONENT=FLAG=VALUE; components: {', '.join(COMPONENTS)}"
            )
        args.setdefault(component, {})[key.removeprefix("--")] = value
    return args


def _print(found: cluster.Cluster, output: Format) -> None:
    if output is Format.TABLE:
        row = (found.name, found.state, found.server or "-", found.kubeconfig)
        print_table([row], ("NAME", "STATE", "SERVER", "KUBECONFIG"))
    else:
        print_data(_as_data(found), output)


def _as_data(found: cluster.Cluster) -> dict[str, Any]:
    return {
        "name": found.name,
        "state": found.state,
        "server": found.server or None,
        "kubeconfig": str(found.kubeconfig),
        "auditLog": str(found.audit_log) if found.audit_log else None,
        "processes": [
            {"program": one.program, "pid": one.pid, "memoryBytes": one.memory}
            for one in found.processes
        ],
        "service": found.service
        and {
            "pid": found.service.pid,
            "running": found.service.running,
            "folder": str(found.service.folder),
            "log": str(found.service.log),
        },
    }
