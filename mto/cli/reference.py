"""Reference pages of the command line and its settings, in Markdown, generated from the code."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterator
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from mto.service.environment import KEYS, PREFIX
from mto.spec.kinds import MODELS
from mto.spec.reference import NOTICE, cell, table

VARIABLES: Final = {
    "MTO_ENVIRONMENT": "the environment, where `-e` does not name one",
    "PULUMI_BACKEND_URL": "where the state is kept, as a `file://` or `postgres://` URL (default: "
    "the ignored folder `.state` in the project)",
    "PULUMI_CONFIG_PASSPHRASE": "opens the secrets of the state; asked for only where there are "
    "any",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "a file that holds the passphrase instead",
    "MTO_LOCAL_NAME": "which local control plane is meant (default: `mto`)",
    "MTO_CACHE_DIR": "where local control planes and their programs are kept",
    "MTO_BIN_DIR": "a folder with the local control plane's programs, instead of building them",
}
"""Environment variables that MTO reads."""

_WORDS: Final = {str: "TEXT", int: "NUMBER", float: "NUMBER"}


def pages(app: typer.Typer) -> dict[str, str]:
    """Pages by the name of the file under ``docs/reference``."""
    return {
        "README.md": _index(),
        "cli.md": _cli(app),
        "metrics.md": _metrics(),
        "settings.md": _settings(),
    }


def _index() -> str:
    kinds = [model.model_fields["kind"].default for model in MODELS]
    links = "\n".join(f"  - [{kind}](kinds/{kind.lower()}.md)" for kind in kinds)
    return (
        f"# Reference\n\n{NOTICE}\n\n"
        "- [Command line](cli.md)\n"
        "- [Settings of an environment](settings.md)\n"
        "- [Metrics of the service](metrics.md)\n"
        f"- Kinds, field by field:\n{links}\n\n"
        "For editors there are JSON Schemas under [docs/schemas](../schemas/manifest.json), for "
        "the cluster custom resource definitions under `deploy/crds`.\n"
    )


def _settings() -> str:
    keys = ((f"`{PREFIX}{key}`", cell(said)) for key, said in KEYS.items())
    variables = ((f"`{name}`", said) for name, said in VARIABLES.items())
    return (
        f"# Settings of an environment\n\n{NOTICE}\n\n"
        "They stand in `stacks/Pulumi.<environment>.yaml` under `config:`, where the Pulumi CLI "
        "reads them too; an example is `stacks/Pulumi.example.yaml`. The environment's name "
        "holds no dot. An unknown key is an error.\n\n"
        f"{table(('Key', 'Meaning'), keys)}\n\n"
        "The cluster must be named by one of `mto:kubeconfig`, `mto:inCluster` and "
        "`mto:localCluster`, or by `--kubeconfig`.\n\n"
        "## Environment variables\n\n"
        f"{table(('Variable', 'Meaning'), variables)}\n"
    )


def _metrics() -> str:
    from mto.serve.metrics import Metrics

    rows = ((f"`{name}`", kind, labels, cell(said)) for name, kind, labels, said in Metrics.told())
    return (
        f"# Metrics of the service\n\n{NOTICE}\n\n"
        "`mto serve` answers `/metrics` in Prometheus' format, at `--listen`. A dashboard and "
        "alert rules are in `deploy/monitoring`.\n\n"
        f"{table(('Metric', 'Type', 'Labels', 'Meaning'), rows)}\n"
    )


def _cli(app: typer.Typer) -> str:
    sections = "\n\n".join(_sections(app, "mto"))
    return f"# Command line\n\n{NOTICE}\n\n{_CODES}\n\n{_COMPLETION}\n\n{sections}\n"


_CODES: Final = (
    "Data goes to standard output, everything meant for a person to standard error. Exit code 0: "
    "done; 1: something failed, or changed under `--expect-no-changes`; 2: a manifest, the command "
    "or a setting is wrong, and nothing was done."
)

_COMPLETION: Final = (
    "`mto --install-completion` teaches the shell that it is called from (bash, zsh, fish) to "
    "complete commands, options and names: tenants, users and groups from the manifests, "
    "environments from `stacks/`, namespaces for `--delete-namespace` from state in files. "
    "`mto --show-completion` prints the script instead. No cluster and no database is asked, and "
    "what is wrong with the project is left to the command to tell."
)


def _sections(app: typer.Typer, above: str) -> Iterator[str]:
    """The group's own command, its commands, its groups."""
    group = app.registered_callback
    if group is not None and group.callback is not None and group.invoke_without_command:
        yield _section(above, group.callback)
    for info in app.registered_commands:
        if info.callback is not None:
            name = info.name or info.callback.__name__.replace("_", "-")
            yield _section(f"{above} {name}", info.callback)
    for inner in app.registered_groups:
        if inner.typer_instance is not None:
            yield from _sections(inner.typer_instance, f"{above} {inner.name}")


def _section(name: str, command: Callable[..., Any]) -> str:
    parameters = tuple(_parameters(command))
    arguments = [one for info, one in parameters if isinstance(info, ArgumentInfo)]
    options = [one for info, one in parameters if isinstance(info, OptionInfo)]
    usage = " ".join((name, *(one[0] for one in arguments), *(["[OPTIONS]"] if options else [])))
    rows = ((f"`{one[0]}`", one[1], one[2]) for one in (*arguments, *options))
    parts = [f"## {name}", f"```\n{usage}\n```", inspect.cleandoc(command.__doc__ or "")]
    if parameters:
        parts.append(table(("Option", "Default", "Meaning"), rows))
    return "\n\n".join(parts)


Row = tuple[str, str, str]


def _parameters(command: Callable[..., Any]) -> Iterator[tuple[OptionInfo | ArgumentInfo, Row]]:
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        if get_origin(hints[name]) is not Annotated:
            continue  # typer's own context
        kind, info = get_args(hints[name])
        kind = next((one for one in get_args(kind) if one is not NoneType), kind)
        default = _default(parameter.default)
        if isinstance(info, ArgumentInfo):
            shown = info.metavar or (name.upper() if default == "required" else f"[{name.upper()}]")
            yield info, (shown, default, cell(info.help or ""))
        elif isinstance(info, OptionInfo):
            told = f"{info.help or ''}{f' Variable: `{info.envvar}`.' if info.envvar else ''}"
            yield info, (_option(name, info, kind), default, cell(told))


def _option(name: str, info: OptionInfo, kind: Any) -> str:
    flag = f"--{name.replace('_', '-')}"
    # Within Annotated there is no default: typer takes the first argument for a name as well.
    first = (info.default,) if isinstance(info.default, str) else ()
    names = (*first, *(info.param_decls or ()))
    if kind is bool:
        return ", ".join(names or (flag, f"--no{flag[1:]}"))
    return f"{', '.join(names or (flag,))} {info.metavar or _word(kind)}"


def _word(kind: Any) -> str:
    item = next(iter(get_args(kind)), kind)
    if isinstance(item, type) and issubclass(item, enum.Enum):
        return "/".join(str(one) for one in item)
    return _WORDS.get(item, "PATH")


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    if value is None or value is False:
        return "–"
    return f"`{value}`"
