from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from rich.console import Console
from rich.live import Live

from mto.cli.follow import Documents, Lines, Screen, fitting
from mto.cli.output import Format
from mto.serve.board import Change, LiveTenant, Type
from mto.serve.follow import News
from mto.service.status import NamespaceStatus

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
SPACE = NamespaceStatus("blue-dev", "by MTO", {"pods": "5"}, {"pods": "2"})
OTHER = NamespaceStatus("blue-dev", "by MTO", {"pods": "5", "services": "1"}, {"pods": "2"})
BLUE = LiveTenant("blue", "Ready", "small", "pods 2/5", (SPACE,))
LATE = LiveTenant("blue", "Failed", "small", "pods 2/5", (SPACE,), "no room\nleft")


def news(*changes: tuple[Type, LiveTenant], trouble: str = "", service: str = "a") -> News:
    return News(tuple(Change(*one) for one in changes), (), trouble, service)


def test_a_line_a_change_under_the_columns_of_the_first_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    lines.show(news((Type.ADDED, BLUE)), NOON)
    lines.show(news((Type.MODIFIED, LATE)), NOON)
    lines.show(news((Type.MODIFIED, replace(LATE, namespaces=(OTHER,)))), NOON)
    lines.show(news((Type.DELETED, LATE)), NOON)
    assert capsys.readouterr().out.splitlines() == [
        "TIME       TENANT   STATE      QUOTA   NAMESPACES   USED       MESSAGE",
        "12:00:00   blue     Ready      small   1            pods 2/5",
        "12:00:00   blue     Failed     small   1            pods 2/5   no room left",
        "12:00:00   blue     Deleted    small   1            pods 2/5",
    ]


def test_where_there_is_no_tenant_there_is_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().show(news(), NOON)
    assert capsys.readouterr().out == (
        "TIME   TENANT   STATE      QUOTA   NAMESPACES   USED   MESSAGE\n"
    )


def test_a_cluster_that_is_lost_and_found_is_said_once_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    for one in (news(), news(trouble="refused"), news(trouble="timed out"), news()):
        lines.show(one, NOON)
    assert capsys.readouterr().err.splitlines() == [
        "the cluster is not seen, and waited for: refused",
        "the cluster is seen again",
    ]


def test_whether_a_service_is_active_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for one in (news(service=""), news(service="host-1"), news(service="host-1"), news(service="")):
        lines.show(one, NOON)
    assert capsys.readouterr().err.splitlines() == [
        "no `mto serve` is active: what is shown is what the last one wrote, if any",
        "the service is active: host-1",
        "no `mto serve` is active: what is shown is what the last one wrote, if any",
    ]


def test_json_is_one_object_a_line_and_yaml_one_document_a_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Documents(Format.JSON).show(news((Type.ADDED, BLUE), (Type.ADDED, LATE)), NOON)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["time"] == "2026-03-01T12:00:00.000+00:00"
    assert first["type"] == "ADDED"
    assert first["tenant"]["namespaces"] == [
        {"name": "blue-dev", "made": "by MTO", "hard": {"pods": "5"}, "used": {"pods": "2"}}
    ]
    assert second["tenant"]["message"] == "no room\nleft"
    Documents(Format.YAML).show(news((Type.ADDED, BLUE)), NOON)
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == [first]


def drawn(width: int, *shown: News, tenants: tuple[LiveTenant, ...], spaces: bool = False) -> str:
    """The last picture on a terminal of this width."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=12)
    with Live(console=console, auto_refresh=False) as live:
        screen = Screen(live, spaces=spaces)
        for number, one in enumerate(shown):
            screen.show(replace(one, tenants=tenants), NOON + timedelta(seconds=number))
    plain = Console(file=io.StringIO(), width=width)
    plain.print(live.renderable)
    assert isinstance(plain.file, io.StringIO)
    return plain.file.getvalue()


def test_on_a_terminal_the_table_says_when_something_changed_and_what_is_wrong() -> None:
    text = drawn(80, news((Type.ADDED, BLUE)), news((Type.MODIFIED, LATE)), tenants=(LATE,))
    assert [line.rstrip() for line in text.splitlines()] == [
        "TENANT   STATE    QUOTA   NAMESPACES   USED       CHANGED",
        "blue     Failed   small   1            pods 2/5   12:00:01",
        "blue: no room",
        "left",
    ]


def test_a_narrow_terminal_gets_fewer_columns_and_nothing_is_cut_off() -> None:
    text = drawn(30, news((Type.ADDED, BLUE), service=""), tenants=(BLUE,), spaces=True)
    assert [line.rstrip() for line in text.splitlines()] == [
        "TENANT   STATE   USED",
        "blue     Ready   pods 2/5",
        "",
        "NAMESPACE   MADE     USED/HARD",
        "blue-dev    by MTO   pods 2/5",
        "no `mto serve` is active: what",
        "is shown is what the last one",
        "wrote, if any",
    ]


def test_where_there_is_no_room_for_all_those_in_trouble_and_the_latest_come_first() -> None:
    many = [LiveTenant(f"t{number}", "Ready", "small") for number in range(9)]
    many[7] = LiveTenant("t7", "Failed", "small")
    changed = {"t5": NOON, "t3": NOON + timedelta(seconds=1)}
    assert [one.name for one in fitting(many, changed, 9)] == [one.name for one in many]
    assert [one.name for one in fitting(many, changed, 4)] == ["t7", "t3", "t5", "t0"]
    text = drawn(80, news(), tenants=tuple(many))
    assert text.splitlines()[-1].rstrip() == "and 3 more"
