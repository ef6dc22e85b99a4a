"""Results as Markdown: means over the rounds, ratios between neighbours of one block."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

from contenders import Cost

RAW, KUBECTL = "raw", "kubectl"
COLUMNS = (
    "work",
    "who",
    "objects",
    "seconds",
    "objects/s",
    "CPU s",
    "peak MB",
    "× raw",
    "× kubectl",
)


@dataclass
class Row:
    """One piece of work: for each contender its cost in each block of each of the ``rounds``.

    ``creates``: all of the objects are made, so that a rate makes sense.
    """

    work: str
    objects: int
    rounds: int
    creates: bool
    costs: dict[str, list[Cost]] = field(default_factory=dict)

    def add(self, who: str, cost: Cost) -> None:
        self.costs.setdefault(who, []).append(cost)

    def cost(self, who: str) -> Cost:
        """Of all blocks together, in the mean over the rounds."""
        total = reduce(operator.add, self.costs[who])
        return Cost(total.seconds / self.rounds, total.cpu / self.rounds, total.memory)

    def ratio(self, who: str, to: str) -> float | None:
        """How many times as fast as the other; the median over the blocks."""
        if to not in self.costs or who not in self.costs:
            return None
        pairs = zip(self.costs[who], self.costs[to], strict=True)
        return statistics.median(other.seconds / one.seconds for one, other in pairs)

    def lines(self) -> Iterator[tuple[str, ...]]:
        for who in self.costs:
            cost = self.cost(who)
            seconds = cost.seconds
            yield (
                self.work,
                who,
                f"{self.objects:,}",
                f"{seconds:.3f}" if seconds < 1 else f"{seconds:.1f}",
                f"{self.objects / seconds:,.0f}" if self.creates else "–",
                f"{cost.cpu:.1f}",
                f"{cost.memory / 1e6:.0f}",
                _times(self.ratio(who, RAW) if self.creates else None),
                _times(self.ratio(who, KUBECTL) if who != RAW or self.creates else None),
            )


def _times(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"  # noqa: PLR2004 - digits worth showing


def markdown(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table whose columns line up, numbers to the right."""
    rows = [tuple(columns), *map(tuple, lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
    left = [at < len(columns) and not _number(rows[-1][at]) for at in range(len(columns))]
    marks = [
        "-" * width if is_left else "-" * (width - 1) + ":"
        for width, is_left in zip(widths, left, strict=True)
    ]
    return "\n".join(
        "| " + " | ".join(_padded(*one) for one in zip(row, widths, left, strict=True)) + " |"
        for row in (rows[0], marks, *rows[1:])
    )


def _number(text: str) -> bool:
    return text == "–" or text.replace(",", "").replace(".", "", 1).isdigit()


def _padded(text: str, width: int, is_left: bool) -> str:  # noqa: FBT001 - one of a zip
    return text.ljust(width) if is_left else text.rjust(width)
