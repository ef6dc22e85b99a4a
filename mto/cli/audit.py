"""``mto audit``: which objects break the rules, in force or proposed."""

from __future__ import annotations

import enum
from dataclasses import asdict
from pathlib import Path
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
from mto.service.finding import Audit, Result


class AuditFormat(enum.StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    POLICYREPORT = "policyreport"


ProposedOption = Annotated[
    Path | None,
    typer.Option("--with", metavar="DIR", exists=True, help="Judge by these manifests instead."),
]
OwnedOption = Annotated[
    bool,
    typer.Option("--owned", help="Judge also what controllers made, as pods of a Deployment."),
]
ApplyOption = Annotated[
    bool, typer.Option("--apply", help="Write PolicyReports into the cluster as well.")
]
AuditTimeout = Annotated[float, typer.Option(min=1, help="Seconds that the audit may take.")]
AuditOutput = Annotated[AuditFormat, typer.Option("--output", "-o", help="How to print it.")]


def audit(
    tenants: TenantsArgument = None,
    proposed: ProposedOption = None,
    owned: OwnedOption = False,
    apply: ApplyOption = False,
    timeout: AuditTimeout = 1800,
    environment: EnvironmentOption = None,
    folder: TenantsFolderOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: AuditOutput = AuditFormat.TABLE,
) -> None:
    """Find objects that break the rules in force, or those of --with. Nothing is changed.

    Exit codes: 0 nothing found; 3 an object breaks a rule; 4 nothing found, but not all was judged.
    """
    from mto.service import audit as audits
    from mto.service import policyreport
    from mto.sources.files import read_world

    target = Target(environment, kubeconfig, context, folder, timeout=timeout)
    world = read_world(proposed) if proposed else None
    names = tuple(tenants or ())

    found = run(
        target,
        lambda workspace: audits.audit(
            workspace, names, proposed=world, owned=owned, publish=apply
        ),
    )
    if output is AuditFormat.POLICYREPORT:
        print_data_all(list(policyreport.reports(found, at=found.at)))
    elif output is AuditFormat.TABLE:
        _show(found)
    else:
        print_data(_data(found), Format(output.value))
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def print_data_all(manifests: list[dict[str, Any]]) -> None:
    import yaml

    typer.echo(yaml.safe_dump_all(manifests, sort_keys=False), nl=False)


def _show(found: Audit) -> None:
    if found.findings:
        rows = [
            (one.result.value, one.tenant, _where(one.subject), one.rule, one.message)
            for one in found.findings
        ]
        print_table(rows, ("RESULT", "TENANT", "OBJECT", "RULE", "MESSAGE"))
    for one in found.missing:
        say(f"not audited: {one}")
    for reason, count in found.skipped.items():
        say(f"left out: {count} {reason}")
    counts = found.counts
    say(
        f"{found.judged} objects judged by {len(found.rules)} rules: "
        f"{counts[Result.FAIL]} refused, {counts[Result.WARN]} warned about, "
        f"{counts[Result.ERROR]} not judged ({found.seconds:.1f} s)"
    )


def _where(subject: Any) -> str:
    place = f"{subject.namespace}/" if subject.namespace else ""
    return f"{subject.kind} {place}{subject.name}"


def _data(found: Audit) -> dict[str, Any]:
    return {
        "complete": found.complete,
        "judged": found.judged,
        "rules": list(found.rules),
        "missing": list(found.missing),
        "skipped": dict(found.skipped),
        "seconds": round(found.seconds, 3),
        "findings": [asdict(one) for one in found.findings],
    }
