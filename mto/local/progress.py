"""Progress for a person: one line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """``say`` is for what stays; ``tick`` for what the next line replaces.

    Off a terminal a tick becomes a plain line, at most one every ``every`` seconds of ``elapsed``.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    every: float = 30.0
    _last: float = field(default=0.0, init=False)
    _open: bool = field(default=False, init=False)

    def say(self, text: str) -> None:
        self._last = 0.0
        start = "\r\x1b[K" if self._open else ""
        self._open = False
        self.stream.write(f"{start}{text}\n")
        self.stream.flush()

    def tick(self, text: str, *, elapsed: float) -> None:
        if self.stream.isatty():
            self._open = True
            self.stream.write(f"\r\x1b[K{text}")
            self.stream.flush()
        elif elapsed - self._last >= self.every:
            self.stream.write(f"{text}\n")
            self.stream.flush()
            self._last = elapsed


def clock(seconds: float) -> str:
    """``4:07``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
