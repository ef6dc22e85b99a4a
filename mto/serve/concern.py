"""What others made or took away: the tenants whom that concerns are looked at in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mto.serve.implied import CLUSTER_ROLE, GROUP, Kind, by_kind, by_namespace, by_object
from mto.serve.turn import Turns
from mto.serve.work import Work


@dataclass
class Concern:
    """``concerned`` takes the tenants that are to have a turn."""

    work: Work
    turns: Turns
    concerned: Callable[[frozenset[str]], None]
    grouped: Callable[[], None] = lambda: None
    """Called where the members of groups are to be read again."""

    def object(self, kind: Kind, name: str) -> None:
        """A class or a cluster role appeared or went, or a group changed."""
        if kind == GROUP:
            self.grouped()
        elif kind == CLUSTER_ROLE:
            self.look(self.turns.bound(name))
        else:
            self.look(by_object(kind, name, self.work.standing.world))

    def kind(self, kind: Kind) -> None:
        """A kind that others define is served now and was not, or the other way round."""
        if kind == GROUP:
            self.grouped()
        self.look(by_kind(kind, self.work.standing.world))

    def namespace(self, name: str) -> None:
        """A namespace appeared or went, whosever it is."""
        self.look(by_namespace(name, self.work.standing.world))

    def look(self, tenants: frozenset[str]) -> None:
        """These in full, whatever is known of them."""
        for one in tenants:
            self.turns.forget(one)
        if tenants:
            self.concerned(tenants)
