"""A change for everybody, carried out on a few at a time and stopped when it does harm. Pure.

The IntegrationConfig means something to every tenant. Whoever has not had its turn yet lives on
under the settings from before, whatever else changes about it, so that a halted roll-out leaves
the others alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import override

AT_A_TIME = 8
TOLERATED = 2
"""Failures that never halt a roll-out: one tenant may be broken for reasons of its own."""
TOLERATED_SHARE = 5
"""Beyond them one in so many of those that ended may fail."""


class Rollout:
    """Names are released at most ``at_a_time`` at once, the first one alone.

    ``succeeded`` and ``failed`` are what became of others before, where it goes on after a restart.
    """

    def __init__(
        self,
        names: Iterable[str],
        *,
        at_a_time: int = AT_A_TIME,
        succeeded: int = 0,
        failed: Iterable[str] = (),
    ) -> None:
        self._waiting = list(dict.fromkeys(names))
        self._under_way: set[str] = set()
        self._failed: set[str] = set(failed)
        self._at_a_time = at_a_time
        self.succeeded = succeeded

    @property
    def waiting(self) -> tuple[str, ...]:
        return tuple(self._waiting)

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(sorted(self._failed))

    @property
    def halted(self) -> bool:
        """Too many of those that ended have failed, and some are still to come."""
        ended = self.succeeded + len(self._failed)
        tolerated = max(TOLERATED, ended // TOLERATED_SHARE)
        return bool(self._waiting) and len(self._failed) > tolerated

    @property
    def over(self) -> bool:
        return not self._waiting and not self._under_way

    def release(self) -> tuple[str, ...]:
        """Names whose turn it is now."""
        if self.halted:
            return ()
        most = self._at_a_time if self.succeeded else 1
        count = max(0, most - len(self._under_way))
        chosen, self._waiting = self._waiting[:count], self._waiting[count:]
        self._under_way.update(chosen)
        return tuple(chosen)

    def ended(self, name: str, *, ok: bool) -> bool:
        """One that was released has been tried; a later try of a failed one counts as well.

        False where the name has no part in this.
        """
        if name in self._under_way:
            self._under_way.discard(name)
        elif name not in self._failed:
            return False
        self._failed.discard(name)
        if ok:
            self.succeeded += 1
        else:
            self._failed.add(name)
        return True

    def drop(self, name: str) -> None:
        """It is declared no more."""
        self._waiting = [one for one in self._waiting if one != name]
        self._under_way.discard(name)
        self._failed.discard(name)

    @override
    def __str__(self) -> str:
        """``halted after 3 of 12 tenants failed: a, b, c; 9 keep the settings from before``."""
        failed = len(self._failed)
        total = self.succeeded + failed + len(self._under_way) + len(self._waiting)
        if self.halted:
            return (
                f"halted after {failed} of {total} tenants failed: {', '.join(self.failed)}; "
                f"{len(self._waiting)} keep the settings from before"
            )
        return f"{self.succeeded} of {total} tenants are up to date, {failed} failed"
