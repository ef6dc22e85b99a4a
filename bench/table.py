"""Results as Markdown: medians over the rounds, ratios between neighbours of one round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

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
    """One piece of work: for each contender its cost in each round."""

    work: str
    objects: int
    costs: dict[str, list[Cost]] = field(default_factory=dict)

    def add(self, who: str, cost: Cost) -> None:
        self.costs.setdefault(who, []).append(cost)

    def median(self, who: str, what: str) -> float:
        return statistics.median(getattr(one, what) for one in self.costs[who])

    def ratio(self, who: str, to: str) -> float | None:
        """How many times as fast as the other; the median over the rounds."""
        if to not in self.costs or who not in self.costs:
            return None
        pairs = zip(self.costs[who], self.costs[to], strict=True)
        return statistics.median(other.seconds / one.seconds for one, other in pairs)

    def lines(self) -> Iterator[tuple[str, ...]]:
        for who in self.costs:
            seconds = self.median(who, "seconds")
            yield (
                self.work,
                who,
                f"{self.objects:,}",
                f"{seconds:.3f}" if seconds < 1 else f"{seconds:.1f}",
                f"{self.objects / seconds:,.0f}",
                f"{self.median(who, 'cpu'):.1f}",
                f"{self.median(who, 'memory') / 1e6:.0f}",
                _times(self.ratio(who, RAW)),
                _times(self.ratio(who, KUBECTL)),
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
