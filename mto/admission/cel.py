"""Texts and lists as CEL writes them. Nothing that people declare enters an expression unquoted."""

from __future__ import annotations

import json
from collections.abc import Iterable


def quoted(text: str) -> str:
    r"""A string literal: ``"^a\\.b$"``."""
    return json.dumps(text, ensure_ascii=False)


def listed(texts: Iterable[str]) -> str:
    """A list of string literals."""
    return f"[{', '.join(quoted(text) for text in texts)}]"


def either(expressions: Iterable[str]) -> str:
    """True if one of them is; ``false`` for none."""
    found = [f"({one})" for one in expressions]
    return " || ".join(found) or "false"


def every(expressions: Iterable[str]) -> str:
    """True if all of them are; ``true`` for none."""
    found = [f"({one})" for one in expressions]
    return " && ".join(found) or "true"


def matches(subject: str, expressions: Iterable[str]) -> str:
    """Whether one of the RE2 ``expressions`` matches somewhere in ``subject``, itself CEL."""
    return either(f"{subject}.matches({quoted(one)})" for one in expressions)
