"""Reports of previews and updates, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import typer

from mto.cli.output import Format, print_data
from mto.engine.port import Op, Step
from mto.service.report import Report, StackReport

SIGNS = {
    Op.CREATE: ("+", "green"),
    Op.UPDATE: ("~", "yellow"),
    Op.REPLACE: ("±", "magenta"),
    Op.DELETE: ("-", "red"),
    Op.FORGET: ("○", "blue"),
}
"""``○``: the object stays, the state forgets it."""

FUTURE = {
    Op.CREATE: "to create",
    Op.UPDATE: "to update",
    Op.REPLACE: "to replace",
    Op.DELETE: "to delete",
    Op.FORGET: "to leave behind",
}
PAST = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.REPLACE: "replaced",
    Op.DELETE: "deleted",
    Op.FORGET: "left behind",
}

DRIFT = {Op.UPDATE: "edited in the cluster", Op.DELETE: "deleted in the cluster"}


def show(report: Report, output: Format, *, words: Mapping[Op, str], details: bool = True) -> None:
    """``words`` tell a report of what happened from one of what would."""
    if output is not Format.TABLE:
        print_data(as_data(report), output)
        return
    for one in report.stacks:
        if details and one.changes:
            typer.secho(one.name, bold=True)
            for step in one.changes:
                _show_step(step)
        for deletion in one.deletions:
            if deletion.allowed:
                typer.secho(
                    f"  ! namespace {deletion.namespace} goes with all that it holds: "
                    f"{deletion.held}",
                    fg="red",
                )
    show_problems(report)
    typer.echo(summary(report, words=words))


def show_problems(report: Report) -> None:
    """On standard error: what failed, what was left, what nobody declares any more."""
    for one in report.stacks:
        if one.result.chosen:
            typer.secho(
                f"{one.name}: engine {one.result.engine}, {one.result.chosen}", dim=True, err=True
            )
        for text in (*one.warnings, *one.unsettled, *one.result.diagnostics):
            typer.secho(f"warning: {text}", fg="yellow", err=True)
        for problem in one.problems:
            typer.secho(f"{one.name}: {problem}", fg="red", err=True)
    for name in report.vanished:
        typer.secho(
            f"warning: tenant {name!r} is no longer declared and stays as it is: "
            f"`mto destroy {name}`, or `mto up --prune`",
            fg="yellow",
            err=True,
        )


def summary(report: Report, *, words: Mapping[Op, str]) -> str:
    """``12 created, 3 updated, 480 unchanged in 5 stacks (1.2 s)``."""
    counts = report.counts
    parts = [f"{counts[op]} {word}" for op, word in words.items() if counts.get(op)]
    unchanged = f"{counts.get(Op.SAME, 0)} unchanged"
    told = ", ".join([*(parts or ["nothing changes"]), unchanged])
    stacks = "1 stack" if len(report.stacks) == 1 else f"{len(report.stacks)} stacks"
    text = f"{told} in {stacks} ({report.seconds:.1f} s)"
    return f"{text}; failed: {', '.join(report.failed)}" if report.failed else text


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON has it."""
    return {
        "ok": report.ok,
        "changed": report.changed,
        "seconds": round(report.seconds, 3),
        "vanished": list(report.vanished),
        "stacks": [_stack(one) for one in report.stacks],
    }


def _stack(one: StackReport) -> dict[str, Any]:
    return {
        "name": one.name,
        "stack": one.result.stack,
        "ok": one.ok,
        "engine": one.result.engine,
        "chosen": one.result.chosen,
        "unchanged": len(one.result.steps) - len(one.result.changes),
        "steps": [_step(step) for step in one.changes],
        "deletions": [{**asdict(two), "allowed": two.allowed} for two in one.deletions],
        "warnings": [*one.warnings, *one.unsettled, *one.result.diagnostics],
        "problems": list(one.problems),
    }


def _step(step: Step) -> dict[str, Any]:
    changes = [
        {"path": one.path, "before": _plain(one.before), "after": _plain(one.after)}
        for one in step.changes
    ]
    return {
        "op": step.op.value,
        "object": step.object,
        "urn": step.urn,
        "because": step.because,
        "changes": changes,
        **({"deletedWith": step.deleted_with} if step.deleted_with else {}),
    }


def _plain(value: Any) -> Any:
    """Secrets show as what they say of themselves."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _show_step(step: Step) -> None:
    sign, colour = SIGNS[step.op]
    typer.secho(f"  {sign} {step.object}", fg=colour, nl=False)
    typer.secho(f"  ({step.because})", dim=True)
    for line in _lines(step):
        typer.echo(f"      {line}")


def _lines(step: Step) -> Iterator[str]:
    yield from map(str, step.changes)
    if step.deleted_with:
        yield "goes with its namespace"
