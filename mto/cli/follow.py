"""``mto status --watch``: a table that is drawn again on a terminal, elsewhere a line a change."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import typer
import yaml

from mto.cli.output import Format, say, table, use
from mto.cli.session import Target
from mto.serve.board import Change, LiveTenant, Type

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from mto.cluster.client import Cluster
    from mto.serve.follow import News

COLUMNS = ("TENANT", "STATE", "QUOTA", "NAMESPACES", "USED")
NARROW = ("TENANT", "STATE", "USED")
WIDE = 72
"""Characters below which a terminal gets the narrow table."""
ROOM = 6
"""Lines of a terminal that are kept for headings and messages."""


class Display(Protocol):
    """How to show it. ``now`` is the time of the news."""

    def show(self, news: News, now: datetime) -> None: ...


def watch(target: Target, names: Sequence[str], output: Format) -> None:
    """Follow until Ctrl-C, which is how it is meant to end."""
    if output is Format.TABLE and sys.stdout.isatty():
        from rich.live import Live

        with Live(auto_refresh=False, vertical_overflow="ellipsis") as live:
            asyncio.run(_followed(target, names, Screen(live, spaces=bool(names))))
        return
    display = Lines() if output is Format.TABLE else Documents(output)
    asyncio.run(_followed(target, names, display))


async def _followed(target: Target, names: Sequence[str], display: Display) -> None:
    from mto.cluster.client import Cluster
    from mto.service.workspace import connect

    loop = asyncio.get_running_loop()
    async with Cluster(connect(target.load())) as cluster:
        showing = asyncio.ensure_future(_shown(cluster, names, display))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, showing.cancel)
        try:
            await showing
        except asyncio.CancelledError:
            return


async def _shown(cluster: Cluster, names: Sequence[str], display: Display) -> None:
    from mto.serve.follow import follow

    async for news in follow(cluster, names):
        display.show(news, datetime.now().astimezone())


@dataclass
class Remarks:
    """What is said about the following itself: each thing once, when it begins and when it ends."""

    trouble: str = ""
    service: str | None = None

    def new(self, news: News) -> list[str]:
        """Sentences about what is different from before."""
        said = []
        if bool(news.trouble) != bool(self.trouble):
            said.append(lost(news) or "the cluster is seen again")
        if news.known and news.service != self.service and not news.trouble:
            if not news.service:
                said.append(absent(news))
            elif self.service is not None:
                said.append(f"the service is active: {news.service}")
            self.service = news.service
        self.trouble = news.trouble
        return said


def lost(news: News) -> str:
    """Empty while the cluster is seen."""
    return f"the cluster is not seen, and waited for: {news.trouble}" if news.trouble else ""


def absent(news: News) -> str:
    """Empty while the service runs, or where that can't be known."""
    if news.service or not news.known:
        return ""
    return "no `mto serve` is active: what is shown is what the last one wrote, if any"


@dataclass
class Lines:
    """Columns keep the widths of the first table, as kubectl's do."""

    remarks: Remarks = field(default_factory=Remarks)
    _widths: list[int] = field(default_factory=list)
    _last: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def show(self, news: News, now: datetime) -> None:
        """The first time a heading and all tenants."""
        for remark in self.remarks.new(news):
            say(remark)
        rows = [(_clock(now), *line) for line in map(_line, news.changes) if self._new(line)]
        if not self._widths:
            heading = ("TIME", *COLUMNS, "MESSAGE")
            self._widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
            self._widths[2] = max(self._widths[2], len("Warnings"))  # what a state may yet become
            rows.insert(0, heading)
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, self._widths, strict=True))
            typer.echo("   ".join(cells).rstrip())

    def _new(self, line: tuple[str, ...]) -> bool:
        """What changed may be nothing that a line shows."""
        before, self._last[line[0]] = self._last.get(line[0]), line
        return line != before


@dataclass
class Documents:
    """One JSON object a line, or one YAML document, for each change."""

    output: Format
    remarks: Remarks = field(default_factory=Remarks)

    def show(self, news: News, now: datetime) -> None:
        for remark in self.remarks.new(news):
            say(remark)
        for change in news.changes:
            time = now.isoformat(timespec="milliseconds")
            data = {"time": time, "type": change.type.value, "tenant": asdict(change.tenant)}
            if self.output is Format.JSON:
                typer.echo(json.dumps(data))
            else:
                typer.echo(f"---\n{yaml.safe_dump(data, sort_keys=False)}", nl=False)


@dataclass
class Screen:
    """The whole, drawn again; what changed last is bold, and when it changed stands beside it."""

    live: Live
    spaces: bool = False
    _changed: dict[str, datetime] = field(default_factory=dict)
    _begun: bool = False

    def show(self, news: News, now: datetime) -> None:
        if self._begun:
            self._changed |= {change.tenant.name: now for change in news.changes}
        self._begun = True
        self.live.update(self._drawn(news), refresh=True)

    def _drawn(self, news: News) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        shown = fitting(news.tenants, self._changed, self.live.console.height - ROOM)
        parts: list[RenderableType] = [self._table(shown)]
        if hidden := len(news.tenants) - len(shown):
            parts.append(Text(f"and {hidden} more", style="dim"))
        if self.spaces:
            parts += [Text(), table(_spaces(shown), ("NAMESPACE", "MADE", "USED/HARD"))]
        parts += [Text(f"{one.name}: {one.message}", "yellow") for one in shown if one.message]
        parts += [Text(one, style="yellow") for one in (lost(news), absent(news)) if one]
        return Group(*parts)

    def _table(self, shown: Sequence[LiveTenant]) -> RenderableType:
        latest = max(self._changed.values(), default=None)
        times = [self._changed.get(one.name) for one in shown]
        bold = {at for at, time in enumerate(times) if time and time == latest}
        if self.live.console.width < WIDE:
            rows = [(one.name, one.state, one.used) for one in shown]
            return table(rows, NARROW, bold=bold)
        wide = [(*row(one), _clock(time)) for one, time in zip(shown, times, strict=True)]
        return table(wide, (*COLUMNS, "CHANGED"), bold=bold)


def fitting(
    tenants: Sequence[LiveTenant], changed: dict[str, datetime], room: int
) -> tuple[LiveTenant, ...]:
    """All by name; where they are too many, those not ready and those that changed last."""
    if len(tenants) <= room:
        return tuple(tenants)

    def rank(one: LiveTenant) -> tuple[bool, float, str]:
        since = changed.get(one.name)
        return one.state == "Ready", -since.timestamp() if since else 0.0, one.name

    return tuple(sorted(tenants, key=rank)[: max(1, room)])


def _spaces(tenants: Iterable[LiveTenant]) -> list[tuple[str, ...]]:
    return [(space.name, space.made, use(space)) for one in tenants for space in one.namespaces]


def row(one: LiveTenant) -> tuple[str, ...]:
    """What ``COLUMNS`` head."""
    return one.name, one.state, one.quota, str(len(one.namespaces)), one.used


def _line(change: Change) -> tuple[str, ...]:
    one = change.tenant
    name, state, *rest = row(one)
    gone = change.type is Type.DELETED
    return (
        name,
        "Deleted" if gone else state,
        *rest,
        "" if gone else " ".join(one.message.split()),
    )


def _clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M:%S}" if moment else ""
