"""A stand-in for Pulumi's CLI: its part of the conversation, and all that can go wrong with it.

It connects to the program that a caller serves, runs it, takes its registrations, compares them
with the checkpoint, tells events, keeps a lock and writes the checkpoint, as the real one does. It
has no providers: whatever is registered counts as made. What it proves is how MTO treats a CLI that
is slow, locked, broken or dead; it proves nothing about Pulumi.

``STANDIN`` says how it misbehaves (see ``Fault``), ``STANDIN_LOG`` names a file to which each call
appends its command line.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.standin.faults import Fault
from tests.support.standin.state import State, refuse
from tests.support.standin.update import Update

VERSION = "v3.999.0"


def work(options: argparse.Namespace, state: State, fault: Fault) -> int:
    update = Update(options, state, fault)
    if fault is Fault.HANG:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGINT, lambda *_: update.stopping.set())
    from tests.support.standin.program import run, send  # noqa: PLC0415 - `version` needs none

    error = ""
    if options.verb in ("preview", "up"):
        error = run(update)
        if not error and not update.stopping.is_set():
            update.rest()
    elif options.verb == "destroy":
        update.rest()
    else:
        update.look()
    stopped = update.stopping.is_set()
    if update.writes:
        kept = list(update.made.values()) if options.verb == "up" else state.resources
        if error or stopped:
            kept += [one for urn, one in update.known.items() if urn not in update.made]
        state.save([] if options.verb == "destroy" else kept, [])
    bad = bool(error) or update.failed or stopped
    summary: dict[str, Any] = {"resourceChanges": {}, "result": "failed" if bad else "succeeded"}
    send([*update.events, {"summaryEvent": summary}], options.event_log)
    if options.verb == "destroy" and options.remove:
        state.path.unlink()
    return 255 if bad else 0


def panic() -> None:
    sys.stderr.write("panic: runtime error: index out of range [3]\n\ngoroutine 1 [running]:\n")
    sys.exit(2)


def garbage() -> None:
    sys.stdout.write("<html>\x00\x1b[31mIt works!</html>\n")
    sys.exit(0)


def noise() -> None:
    while True:
        sys.stdout.write("noise " * 1000)


def orphan() -> None:
    if os.fork() == 0:
        time.sleep(600)
        os._exit(0)


EARLY: Mapping[Fault, Callable[[], None]] = {
    Fault.PANIC: panic,
    Fault.GARBAGE: garbage,
    Fault.NOISE: noise,
    Fault.ORPHAN: orphan,
    Fault.CONFLICT: lambda: refuse("[409] Conflict: Another update is currently in progress."),
    Fault.REFUSE: lambda: refuse("could not open the event log: the disk is on fire"),
}
TEXTS = ("stack", "client", "event-log", "config-file", "color", "exec-kind")
FLAGS = (
    *("non-interactive", "yes", "skip-preview", "preview-only", "continue-on-error"),
    *("refresh", "remove", "clear-pending-creates"),
)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb")
    for name in TEXTS:
        parser.add_argument(f"--{name}")
    for name in FLAGS:
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def operate(asked: argparse.Namespace, fault: Fault) -> int:
    state = State(asked.stack)
    if asked.verb == "cancel":
        state.cancel()
        return 0
    EARLY.get(fault, lambda: None)()
    if state.whole is None:
        refuse(f"no stack named '{asked.stack}' found", 6)
    if asked.verb != "preview" and not asked.preview_only:
        state.take()
    try:
        return work(asked, state, fault)
    finally:
        state.release()


def main() -> int:
    fault = Fault(os.environ.get("STANDIN", ""))
    if log := os.environ.get("STANDIN_LOG"):
        with Path(log).open("a") as file:
            file.write(json.dumps(sys.argv[1:]) + "\n")
    asked = options()
    if asked.verb == "version":
        sys.stdout.write("v3.100.0\n" if fault is Fault.OLD else f"{VERSION}\n")
        return 0
    return operate(asked, fault)


if __name__ == "__main__":
    sys.exit(main())
