"""Regular expressions in RE2, the dialect of Go and of the API server; Python's own is not asked.

RE2 knows no look-ahead and no back-reference, and matches in linear time.
"""

from __future__ import annotations

from functools import lru_cache

import re2

from mto.errors import SpecError

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class RegexError(SpecError, ValueError):
    """The text is no RE2 expression; the message says where it fails."""


def check(expression: str) -> None:
    """Raise ``RegexError`` unless RE2 accepts ``expression``."""
    _compile(expression)


def search(expression: str, text: str) -> bool:
    """Whether ``expression`` matches somewhere in ``text``: unanchored, as MTO documents it."""
    return _compile(expression).search(text) is not None


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
