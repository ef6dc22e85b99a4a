"""``mto verify``: is isolation real?"""

from __future__ import annotations

import enum
from dataclasses import asdict
from typing import Annotated, Any

import typer

from mto.cli.options import (
    ContextOption,
    EnvironmentOption,
    KubeconfigOption,
    TenantsArgument,
    TenantsFolderOption,
)
from mto.cli.output import Format, print_data, print_table, say
from mto.cli.session import Target, run
from mto.errors import UsageError
from mto.service.isolation import Line, Report, Status


class VerifyFormat(enum.StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    JUNIT = "junit"


MARKS = {Status.FAIL: "red", Status.OPEN: "yellow", Status.UNKNOWN: "magenta"}


CheckOption = Annotated[
    list[str] | None, typer.Option("--check", help="Only the check of this id; repeatable.")
]
RealOption = Annotated[
    bool,
    typer.Option("--real", help="With credentials of ten minutes, not impersonated."),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="What settings leave open counts as a failure.")
]
VerifyOutput = Annotated[VerifyFormat, typer.Option("--output", "-o", help="How to print it.")]


def verify(
    tenants: TenantsArgument = None,
    check: CheckOption = None,
    real: RealOption = False,
    strict: StrictOption = False,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: VerifyOutput = VerifyFormat.TABLE,
) -> None:
    """Try to break isolation, as members of the tenants. Nothing that is tried is kept.

    Exit codes: 0 isolated; 3 something was possible that must not be; 4 something is not proven.
    """
    from mto.service import junit
    from mto.service import verify as verification

    only = frozenset(check or ())
    _known(only)
    target = Target(environment, kubeconfig, context, folder)
    names = tuple(tenants or ())
    found = run(
        target, lambda workspace: verification.verify(workspace, names, only=only, real=real)
    )
    if output is VerifyFormat.JUNIT:
        typer.echo(junit.document(found, strict=strict))
    elif output is VerifyFormat.TABLE:
        _show(found)
    else:
        print_data(_data(found, strict=strict), Format(output.value))
    if code := found.exit_code(strict=strict):
        raise typer.Exit(code)


def _known(only: frozenset[str]) -> None:
    from mto.service.checks.all import CHECKS

    ids = [one.id for one in CHECKS]
    for name in sorted(only):
        if name not in ids:
            raise UsageError(f"no check {name!r}; checks: {', '.join(ids)}")


def _show(found: Report) -> None:
    rows = [(one.status.value, one.tenant, one.id, one.title, _by(one)) for one in found.lines]
    print_table(rows, ("RESULT", "TENANT", "CHECK", "TITLE", "REFUSED BY"))
    for one in found.lines:
        if one.status in MARKS:
            typer.secho(f"\n{one.status.value}: {one.tenant}: {one.id} {one.title}", bold=True)
            if one.reason:
                typer.echo(f"  left open: {one.reason}")
            for sentence in (*one.possible, *(f"not proven: {said}" for said in one.unproven)):
                typer.secho(f"  {sentence}", fg=MARKS[one.status])
    for gap in found.missing:
        say(f"not verified: {gap}")
    counts = ", ".join(f"{found.counts[status]} {status.value}" for status in Status)
    many = f"{len(found.lines)} checks with {found.requests} requests"
    say(f"{many}: {counts} ({found.seconds:.1f} s)")


def _by(one: Line) -> str:
    if one.status is Status.SKIP:
        return one.reason
    return ", ".join(f"{who} ({count})" for who, count in one.refused_by.items())


def _data(found: Report, *, strict: bool) -> dict[str, Any]:
    return {
        "ok": not found.exit_code(strict=strict),
        "real": found.real,
        "requests": found.requests,
        "seconds": round(found.seconds, 3),
        "missing": list(found.missing),
        "counts": {status.value: found.counts[status] for status in Status},
        "checks": [asdict(one) for one in found.lines],
    }
