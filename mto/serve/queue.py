"""What is to be worked on next: dirty keys, each once, the longest waiting first. Pure.

Times are seconds of one monotonic clock and come as arguments. A key that is being worked on is
never handed out a second time; what happens to it meanwhile makes it due again afterwards. A key
that fails waits twice as long each time; what somebody changes ends that wait, so a mended file is
tried at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
SLOW = 5.0
"""Seconds after which a turn no longer takes a place: a namespace that does not go, say."""
MOST_TURNS = 8
"""So many times the places there are may turns be under way, slow ones included."""


@dataclass
class _Entry:
    due: float
    since: float


@dataclass(frozen=True)
class Due:
    """A key whose turn it is; ``waited`` are the seconds since it became due."""

    key: str
    waited: float


class Queue:
    """The dirty keys. ``mark`` says that something happened, ``again`` that time must pass first.

    The order among due keys is that of their marks, so a key that is always dirty goes behind
    whatever became dirty during its last turn.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, _Entry] = {}
        self._working: set[str] = set()
        self._failures: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def working(self) -> frozenset[str]:
        return frozenset(self._working)

    def failures(self, key: str) -> int:
        """How many times in a row the key has failed."""
        return self._failures.get(key, 0)

    def mark(self, key: str, now: float, *, delay: float = 0.0) -> None:
        """Something happened: due after ``delay``, or earlier if it was due earlier."""
        self._put(key, now, now + delay)

    def again(self, key: str, now: float, *, delay: float) -> None:
        """Nothing happened, but look again after ``delay`` unless something brings it up before."""
        if key not in self._waiting:
            self._put(key, now, now + delay)

    def take(self, now: float) -> Due | None:
        """The due key that was marked first; None where nothing is due."""
        for key, entry in self._waiting.items():
            if entry.due <= now and key not in self._working:
                del self._waiting[key]
                self._working.add(key)
                return Due(key, now - max(entry.since, entry.due))
        return None

    def next_due(self) -> float | None:
        """When the next key may be taken; keys at work do not count."""
        waiting = (one.due for key, one in self._waiting.items() if key not in self._working)
        return min(waiting, default=None)

    def succeeded(self, key: str) -> None:
        """The turn is over."""
        self._working.discard(key)
        self._failures.pop(key, None)

    def failed(self, key: str, now: float, *, spread: float = 0.0) -> float:
        """The turn is over and is to be repeated; answers with the seconds until then.

        ``spread`` (0 to 1) takes up to a quarter off, so that what failed together comes apart.
        """
        self._working.discard(key)
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        longest = min(LONGEST_WAIT, FIRST_WAIT * float(2 ** min(count, 16)))
        wait = longest * (1 - spread / 4)
        self.again(key, now, delay=wait)
        return wait

    def forget(self, key: str) -> None:
        """The key is nobody's any more; a turn under way is left to end."""
        self._waiting.pop(key, None)
        self._failures.pop(key, None)

    def _put(self, key: str, now: float, due: float) -> None:
        known = self._waiting.get(key)
        if known is None:
            self._waiting[key] = _Entry(due, now)
        elif due < known.due:
            known.due = due


def places(begun: Collection[float], now: float, *, parallel: int) -> tuple[int, float | None]:
    """How many turns may begin, and when a place gets free should none of ``begun`` end.

    A slow turn waits for something and takes next to nothing, so it must not hold up the others.
    """
    young = [one for one in begun if now - one < SLOW]
    most = parallel * MOST_TURNS - len(begun)
    freed = min(young) + SLOW if young and most > 0 else None
    return min(parallel - len(young), most), freed
