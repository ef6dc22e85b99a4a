"""All bad days in one run, at random, on a service under load; and what is left of it in the end.

    make chaos SEED=7 DURATION=3600
    python -m tests.trials.chaos [--seed N] [--seconds 3600]

In the end everything must be as a fresh provisioning of the same manifests makes it, object by
object, on a second control plane. Both are always removed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from mto.local import cluster as planes
from tests.support.aftermath import Ending, run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    name = f"test-{os.getpid()}-chaos"
    try:
        with tempfile.TemporaryDirectory() as folder:
            ending = run(name, Path(folder), seed=chosen.seed, seconds=chosen.seconds)
    finally:
        for one in (name, f"{name}-fresh"):
            planes.down(one)
    tell(ending, chosen.seed, chosen.seconds)
    return int(bool(ending.differences or ending.handed_out))


def tell(ending: Ending, seed: int, seconds: float) -> None:
    say = sys.stdout.write
    say(f"seed {seed}, {seconds:g} s\n")
    say(f"bad days: {dict(sorted(ending.days.items()))}\n")
    for words, count in sorted(ending.ended.items()):
        say(f"the service ended {count} times with: {words}\n")
    say(f"{ending.states} states of the budget looked at; above it: {ending.handed_out}\n")
    say(f"{ending.objects} objects compared with a fresh provisioning; ")
    say(f"differences: {len(ending.differences)}\n")
    for one in ending.differences[:50]:
        say(f"  {one}\n")


if __name__ == "__main__":
    sys.exit(main())
