"""Regular expressions in RE2, the dialect of Go and of the API server; Python's own is not asked.

RE2 knows no look-ahead and no back-reference, and matches in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import re2

from mto.errors import SpecError

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_MANY = re2.Options()
_MANY.log_errors = False
_MANY.max_mem = 256 << 20  # of one automaton for the expressions of a thousand tenants
_REPEATS: Final = ("*", "+", "?", "{")
_FLAGS: Final = re.compile(r"^\(\?[imsU]+\)")
_ANYTHING: Final = (".*", ".+")
_END: Final = re.compile(r"(^|[^\\])(\\\\)*(\$|\\z)$")
_ESCAPED: Final = re.compile(r"\\([\W_])")
_UNREAD: Final = re.compile(r"\\[^dDwWsSbB\W_]")
"""Escapes that stand for more than a class or a character: quotations, code points, scripts."""


class RegexError(SpecError, ValueError):
    """The text is no RE2 expression; the message says where it fails."""


def check(expression: str) -> None:
    """Raise ``RegexError`` unless RE2 accepts ``expression``."""
    _compile(expression)


def search(expression: str, text: str) -> bool:
    """Whether ``expression`` matches somewhere in ``text``: unanchored, as MTO documents it."""
    return _compile(expression).search(text) is not None


class Together:
    """Many expressions asked at once, in one pass over the text whatever their number."""

    def __init__(self, expressions: Iterable[str]) -> None:
        self._set = re2.Set.SearchSet(_MANY)
        self._count = 0
        for expression in expressions:
            check(expression)
            self._set.Add(expression)
            self._count += 1
        self._set.Compile()

    def matching(self, text: str) -> tuple[int, ...]:
        """Places, from 0, of the expressions that match somewhere in ``text``."""
        return tuple(sorted(self._set.Match(text) or ())) if self._count else ()


def is_anchored(expression: str) -> bool:
    """Whether it says what a text begins and ends with; alternatives are not looked into."""
    return expression.startswith("^") and expression.endswith("$")


def open_ends(expression: str) -> tuple[bool, bool]:
    """Whether it leaves open what stands before and after what it names, without saying so.

    ``.*`` at an end says so. Each alternative must be closed by itself; a group is one piece.
    """
    bare = _FLAGS.sub("", expression)
    parts = [_FLAGS.sub("", one) for one in _alternatives(bare)]
    before = any(not one.startswith(("^", r"\A", *_ANYTHING)) for one in parts)
    after = any(not (_END.search(one) or one.endswith(_ANYTHING)) for one in parts)
    return before, after


def example(expression: str) -> str:
    """A text that it matches, where it is little more than that text; empty where it is not."""
    for one in _alternatives(_FLAGS.sub("", expression)):
        text = one
        for end in ("^", r"\A", *_ANYTHING):
            text = text.removeprefix(end)
        for end in ("$", r"\z", *_ANYTHING):
            text = text.removesuffix(end)
        text = _ESCAPED.sub(r"\1", text)
        if text and search(expression, text):
            return text
    return ""


def _alternatives(expression: str) -> list[str]:
    """Parts between the bars that stand in no group."""
    parts, depth, rest = [""], 0, expression
    while rest:
        size = 1 if rest[0] in "()" else _token(rest)[0]
        piece, rest = rest[:size], rest[size:]
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def literal_end(expression: str) -> str:
    r"""The plain text that everything ends with that ``expression`` matches; empty if unknown.

    ``^[a-z]+\.weather\.example\.org$`` ends with ``.weather.example.org``. Two expressions of
    which neither's end is the end of the other's can't match the same text.
    """
    if "|" in expression or "(?" in expression or _UNREAD.search(expression):
        return ""
    found, last, rest = "", "", expression
    while rest:
        size, literal = _token(rest)
        last, rest = rest[:size], rest[size:]
        plain = literal and not rest.startswith(_REPEATS)
        if rest or last != "$":
            found = found + last[-1] if plain else ""
    return found if last == "$" else ""


def _token(expression: str) -> tuple[int, bool]:
    """Length of what the expression begins with, and whether it stands for one character."""
    first = expression[0]
    if first == "\\":
        return 2, not expression[1:2].isalnum()
    if first == "[":
        return expression.find("]", 2) + 1 or len(expression), False
    return 1, first.isalnum() or first == "-"


@lru_cache(maxsize=1024)
def _compile(expression: str) -> re2._Regexp:
    try:
        return re2.compile(expression, _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise RegexError(
            f"{expression!r} is no regular expression that Kubernetes understands ({reason}); "
            "write RE2, which has no look-ahead and no back-references"
        ) from error
