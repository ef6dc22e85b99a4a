"""Runs one command and writes what it cost, as JSON.

A process of its own and a small one: Linux counts the memory of whoever starts a program as the
program's own, until it runs. Only the standard library, so that it can be started with ``-I -S``.

    python -I -S bench/measured.py RESULT.json OUTPUT.txt COMMAND…
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

UNIT = 1 if sys.platform == "darwin" else 1024
"""What ``ru_maxrss`` counts in, in bytes."""


def main(result: str, output: str, command: list[str]) -> None:
    into = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    actions = [(os.POSIX_SPAWN_DUP2, into, 1), (os.POSIX_SPAWN_DUP2, into, 2)]
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    cost = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * UNIT,
    }
    Path(result).write_text(json.dumps(cost))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
