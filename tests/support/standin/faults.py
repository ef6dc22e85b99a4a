"""What can go wrong with the stand-in."""

from __future__ import annotations

import enum


class Fault(enum.StrEnum):
    """What goes wrong; the empty text means nothing does."""

    NONE = ""
    OLD = "old"  # it is of a version that is too old
    HANG = "hang"  # it works on for ever and hears no signal
    SLOW = "slow"  # it works on for ever, and stops cleanly when asked to
    CRASH = "crash"  # it is killed in the middle, leaving lock and pending operations
    PANIC = "panic"  # it prints a Go panic
    GARBAGE = "garbage"  # it prints nonsense and says that all is well
    CONFLICT = "conflict"  # the backend says 409
    REFUSE = "refuse"  # it fails before it begins
    TAKEN = "taken"  # an object called "one" is there already
    FAIL = "fail"  # the first object can't be made
    NOISE = "noise"  # it prints without end
    ORPHAN = "orphan"  # it leaves a process behind that holds its output open
