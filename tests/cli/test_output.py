from __future__ import annotations

import json
import sys

import pytest
import yaml

from mto.cli.output import Format, print_data, print_table, say

ROWS = [("blue", 3), ("a-longer-name", 12)]


def test_off_a_terminal_a_table_is_plain_aligned_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(ROWS, ("TENANT", "NAMESPACES"))
    assert capsys.readouterr().out == (
        "TENANT          NAMESPACES\nblue            3\na-longer-name   12\n"
    )


def test_a_table_without_rows_is_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([], ("TENANT", "NAMESPACES"))
    assert capsys.readouterr().out == "TENANT   NAMESPACES\n"


def test_on_a_terminal_markup_in_a_cell_stays_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table([("[red]blue", 3)], ("TENANT", "NAMESPACES"))
    assert "[red]blue" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("output", "read"), [(Format.JSON, json.loads), (Format.YAML, yaml.safe_load)]
)
def test_data_is_alone_on_stdout_and_messages_on_stderr(
    capsys: pytest.CaptureFixture[str], output: Format, read: type
) -> None:
    data = {"name": "blue", "namespaces": ["blue-dev"], "quota": None}
    say("a message")
    print_data(data, output)
    captured = capsys.readouterr()
    assert read(captured.out) == data
    assert captured.err == "a message\n"
