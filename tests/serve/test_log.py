from __future__ import annotations

import json
import logging
import sys

from mto.serve.log import UPDATE, Lines


def line(message: str, **fields: object) -> dict[str, object]:
    record = logging.LogRecord("mto.serve", logging.INFO, "", 0, message, None, None)
    record.fields = fields
    found: dict[str, object] = json.loads(Lines().format(record))
    return found


def test_a_line_is_json_with_its_fields_beside_the_message() -> None:
    found = line("3 changed", stack="blue", seconds=0.5)
    assert found.pop("time")
    assert found == {"level": "info", "message": "3 changed", "stack": "blue", "seconds": 0.5}


def test_what_belongs_to_an_update_carries_its_id() -> None:
    token = UPDATE.set("abc")
    assert line("x")["update"] == "abc"
    UPDATE.reset(token)
    assert "update" not in line("x")


def test_a_bug_is_logged_with_where_it_happened() -> None:
    try:
        int("no")
    except ValueError:
        record = logging.LogRecord("mto", logging.ERROR, "", 0, "bug", None, sys.exc_info())
    assert "ValueError: invalid literal" in json.loads(Lines().format(record))["traceback"]
