"""Who is in which group, as far as somebody says: data, filled elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Groups:
    """Members by group.

    A group that is not among ``known`` is one of which nobody says who is in it, which is not the
    same as an empty one. ``source`` says where it is known from; empty where there is no source.
    ``problem``: why it can't be read at present; ``known`` is then what it said before.
    """

    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""
    problem: str = ""


NOBODY: Final = Groups()
"""There is no source."""
