"""Speed, side by side in one run: the raw floor, kubectl and ``mto up`` on the same work.

Every round has a control plane of its own, which is always removed. The contenders take turns in
it, in another order each time, and wait for Kubernetes' controllers in between. Tenants are made in
blocks (A B C B C A …), so that what else goes on on the machine hits all alike. Markdown goes to
standard output, progress to standard error.

    python bench [--quick] [--tenants 200] [--namespaces 3] [--large 200] [--rounds 2] [--blocks 2]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import breakdown
from contenders import Contender, Cost, Kubectl, Mto, Raw, Site
from plane import calm, control_plane
from table import COLUMNS, KUBECTL, RAW, Row, markdown
from world import Size

from mto.local.binaries import locate

CONNECTIONS = (32, 64)
WARM_UP = Size(20, 3)
COLD, AGAIN, EDITED = "cold", "nothing changed", "one change"
GOALS = {RAW: 0.7, KUBECTL: 2.5}


class Bench:
    """The rows of all rounds, and where mto's time goes in the last."""

    def __init__(self, sizes: tuple[Size, ...], *, rounds: int, blocks: int) -> None:
        self.sizes = sizes
        self.rounds = rounds
        self.blocks = blocks
        self.rows: dict[tuple[Size, str], Row] = {}
        self.phases: dict[tuple[Size, str], dict[str, float]] = {}
        self.connections = 0
        self.told = ""

    def round(self, number: int, folder: Path) -> None:
        with control_plane() as plane:
            say(f"round {number + 1}: control plane {plane.name} is up")
            site = Site(folder, plane.kubeconfig, locate(["kubectl"])["kubectl"])
            Mto.set_up(site)
            self._warm_up(site)
            for size in self.sizes:
                self._measure(site, size, number)

    def _warm_up(self, site: Site) -> None:
        """The API server is slow at first. Meanwhile: is the floor better over more connections?"""
        best = dict.fromkeys(CONNECTIONS, 0.0)
        for turn in range(3):
            for connections in CONNECTIONS:
                raw = Raw(site, connections)
                count = raw.prepare(WARM_UP, f"w{turn}x{connections}")
                best[connections] = max(
                    best[connections], count / raw.cold(range(WARM_UP.tenants)).seconds
                )
        if not self.connections:
            self.connections = max(best, key=lambda one: best[one])
            rates = ", ".join(f"{rate:,.0f} objects/s over {one}" for one, rate in best.items())
            self.told = f"{rates} connections while warming up; measured over {self.connections}"
            say(f"raw: {self.told}")
        calm(site.kubeconfig)

    def _measure(self, site: Site, size: Size, number: int) -> None:
        mto = Mto(site)
        everybody: list[Contender] = [Raw(site, self.connections), Kubectl(site), mto]
        for one in everybody:
            prefix = f"{one.name[0]}{size.tenants}x{size.namespaces}"
            objects = one.prepare(size, prefix)
        rows = {
            kind: self.rows.setdefault(
                (size, kind), Row(f"{size}, {kind}", objects, self.rounds, kind == COLD)
            )
            for kind in (COLD, AGAIN, EDITED)
        }
        blocks = min(self.blocks, size.tenants)
        for block in range(blocks):
            for one in _rotated(everybody, number + block):
                _take(rows[COLD], one, one.cold(range(size.tenants)[block::blocks]))
                calm(site.kubeconfig)
        for one in _rotated(everybody, number):
            _take(rows[AGAIN], one, one.again())
            _take(rows[EDITED], one, one.edited())
        scratch = site.folder / f"{size.tenants}-scratch"
        self.phases[size, COLD] = breakdown.cold(mto, scratch, runs=blocks)
        self.phases[size, AGAIN] = breakdown.unchanged(mto)

    def report(self) -> Iterator[str]:
        rows = sorted(self.rows.items(), key=lambda one: self.sizes.index(one[0][0]))
        yield markdown(COLUMNS, (line for _, row in rows for line in row.lines()))
        yield f"\nRaw: {self.told}."
        for (size, kind), seconds in self.phases.items():
            row = self.rows[size, kind]
            total = row.cost(Mto.name).seconds
            lines = breakdown.lines(seconds, total)
            yield f"\n{row.work}: {total:.2f} s\n"
            yield markdown(("where mto's time goes", "seconds", "share"), lines)
        for size in self.sizes:
            yield from _verdict(self.rows[size, COLD])


def _verdict(row: Row) -> Iterator[str]:
    for other, goal in GOALS.items():
        ratio = row.ratio(Mto.name, other) or 0.0
        word = "reached" if ratio >= goal else "missed"
        yield f"\n{row.work}: {ratio:.2f} × {other}; goal {goal}: {word}"


def _take(row: Row, one: Contender, cost: Cost | None) -> None:
    if cost is not None:
        row.add(one.name, cost)
        say(f"  {row.work}: {one.name} {cost.seconds:.2f} s")


def _rotated(everybody: list[Contender], turn: int) -> list[Contender]:
    start = turn % len(everybody)
    return [*everybody[start:], *everybody[:start]]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--namespaces", type=int, default=3, help="of each tenant")
    parser.add_argument("--large", type=int, default=200, help="namespaces of one large tenant")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--blocks", type=int, default=2, help="in which tenants are made")
    parser.add_argument("--quick", action="store_true", help="20 tenants, 20 namespaces, 1 round")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.tenants, chosen.large, chosen.rounds = 20, 20, 1
    return chosen


def main() -> None:
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the control plane is removed
    sizes = (
        Size(chosen.tenants, chosen.namespaces),
        *([Size(1, chosen.large)] * (chosen.large > 0)),
    )
    bench = Bench(sizes, rounds=chosen.rounds, blocks=chosen.blocks)
    for number in range(chosen.rounds):
        with tempfile.TemporaryDirectory(prefix="mto-bench-") as folder:
            bench.round(number, Path(folder))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {chosen.rounds} rounds\n")
    print("\n".join(bench.report()))


if __name__ == "__main__":
    main()
