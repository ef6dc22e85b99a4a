"""A tenant's budget under load, beside one plain ResourceQuota of that size under the same load.

    python -m tests.trials.budget [--seconds 600] [--clients 100] [--seed N]

Creators, deleters, makers of namespaces and editors of the Quota, all at once, on a control plane
of its own that is always removed. Every state that there was is looked at (tests.support.history).
Not a measurement of speed: it may run beside other work.
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
from tests.support.budget import Findings
from tests.support.load import KEYS, Load, run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    name = f"test-{os.getpid()}-budget"
    try:
        with tempfile.TemporaryDirectory() as folder:
            plane = planes.up(name)
            load = Load(seconds=chosen.seconds, clients=chosen.clients, seed=chosen.seed)
            found = run(load, plane, Path(folder))
    finally:
        planes.down(name)
    tell(load, found)
    return int(any(one.times for one in found.handed_out.values()))


def tell(load: Load, found: Findings) -> None:
    say = sys.stdout.write
    say(f"seed {load.seed}, {load.clients} clients, {load.seconds:g} s\n")
    say(f"requests: {dict(sorted(load.done.items()))}\n")
    for what, last in sorted(load.said.items()):
        say(f"  {what}, the last: {last[:300]}\n")
    say(f"{found.moments} states looked at\n")
    for key in KEYS:
        for what, one in (
            ("handed out", found.handed_out[key]),
            ("used", found.used[key]),
            ("used, plain quota", found.plain[key]),
        ):
            say(
                f"{key:16} {what:18} above: {one.times:4} times, {one.seconds:6.1f} s, "
                f"by {float(one.most):g} at most\n"
            )
    say(f"a controller was refused while others held slack: {found.starved:.1f} s at most\n")
    say(f"at rest, the whole budget was used after {load.filled:.1f} s\n")
    say(f"a quarter of it was given to bare pods elsewhere after {load.granted:.1f} s\n")
    for line in found.told[:40]:
        say(f"{line}\n")
    say(f"at the end: {found.last}\n")


if __name__ == "__main__":
    sys.exit(main())
