from __future__ import annotations

from mto.spec.structural import AMOUNT, structural


def test_references_and_optional_parts_are_written_out() -> None:
    schema = {
        "$defs": {"Inner": {"type": "object", "title": "Inner", "description": "a part"}},
        "type": "object",
        "properties": {
            "one": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}], "default": None},
            "two": {"$ref": "#/$defs/Inner", "description": "said of this one"},
            "three": {"const": "x", "type": "string", "title": "Three"},
        },
    }
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert structural(schema) == {
        "type": "object",
        "properties": {
            "one": {**free, "description": "a part"},
            "two": {**free, "description": "said of this one"},
            "three": {"type": "string", "enum": ["x"]},
        },
    }


def test_an_amount_keeps_its_pattern_and_a_map_its_values() -> None:
    amounts = {
        "type": "object",
        "additionalProperties": {"x-kubernetes-int-or-string": True},
    }
    assert structural(amounts) == {
        "type": "object",
        "additionalProperties": {"x-kubernetes-int-or-string": True, "pattern": AMOUNT},
    }
