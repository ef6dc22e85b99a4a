"""What can go wrong with a stack's state, and what to do about each.

StateError
├── StateLocked          another program works on the stack
├── LockLost             our lock was removed while we worked
├── StateUnreadable      the file is damaged, foreign, or can't be opened
├── StateUnsupported     Pulumi can read it, MTO's own engine can't (exit 2)
├── StateUnwritable      full disk, read-only folder, no right; what was there stays whole
├── StateUnreachable     the database does not answer, or lets nobody in
├── StateInvalid         resources refer to what isn't there: never written
├── StateBroken          nor can that be mended
├── StateChanged         somebody wrote it between the question and the answer
├── BackupUnknown        (exit 2)
├── InvalidStackName     (exit 2)
├── BackendUnsupported   the state is kept where only the CLI can go (exit 2)
├── BackendMalformed     the URL of a database says something impossible (exit 2)
├── PassphraseMissing    (exit 2)
└── WrongPassphrase      (exit 2)

No message holds a secret: neither a value nor the user part of a backend's URL.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from typing_extensions import override

from mto.errors import StateError

PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105


class Holder(NamedTuple):
    """Who holds a lock, as its file says. ``expires`` is empty where the holder is Pulumi's CLI."""

    user: str
    host: str
    pid: int
    since: str
    expires: str = ""

    @property
    def cli(self) -> bool:
        return not self.expires

    @override
    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid}) since {self.since}"


class StateLocked(StateError):
    """Another program works on the stack, or was killed while it did."""

    def __init__(self, stack: str, holder: Holder) -> None:
        advice = (
            "it is a lock of the Pulumi CLI, which may still be running; if it is not, "
            f"remove the lock with `pulumi cancel --stack {stack}` and run again"
            if holder.cli
            else f"another mto is at work: wait until it is done, {holder.expires} at the latest"
        )
        super().__init__(f"stack {stack!r} is locked by {holder}; {advice}")
        self.stack = stack
        self.holder = holder


class LockLost(StateError):
    """Somebody removed the lock that we held; another may be at work by now."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the lock on stack {stack!r} was removed while mto held it (`pulumi cancel` does "
            "that, and the service's next leader): stopped, so as not to work beside another. "
            "Run again when nobody else does"
        )
        self.stack = stack


class StateUnreadable(StateError):
    """A file of the state is damaged, foreign, or can't be opened."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} can't be read: {reason}")
        self.what = what


class StateUnsupported(StateError):
    """Pulumi's CLI can read it, MTO's own engine can't."""

    exit_code = 2


class StateUnwritable(StateError):
    """The disk is full, the folder read-only, the file system gone, the right missing."""

    def __init__(self, path: str, error: OSError | str) -> None:
        errno = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(errno) if errno else str(error)
        super().__init__(
            f"{path} can't be written: {reason}; what is there is whole, nothing is half written. "
            "Mend the cause and run again: the next run goes on from there"
        )
        self.path = path


class StateUnreachable(StateError):
    """The database does not answer, or lets nobody in."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"the state at {place} can't be reached: {reason}. Check PULUMI_BACKEND_URL, and that "
            "the server runs; what is there is whole, and the next run goes on from it"
        )
        self.place = place


class StateInvalid(StateError):
    """Resources refer to what isn't there; the CLI would refuse such a state."""

    def __init__(self, stack: str, problems: Sequence[str]) -> None:
        super().__init__(
            f"the state of stack {stack!r} does not hold together: {'; '.join(problems)}; "
            "nothing was written. `mto state repair` mends such a state"
        )
        self.stack = stack
        self.problems = tuple(problems)


class StateBroken(StateError):
    """`mto state repair` is not enough."""

    def __init__(self, stack: str, problems: Sequence[str]) -> None:
        super().__init__(
            f"the state of stack {stack!r} can't be repaired: {'; '.join(problems)}; nothing was "
            "written. `mto state backups` lists what `mto state restore` can bring back; or delete "
            "the stack's record and run `mto up`, which finds again what is declared"
        )
        self.stack = stack


class StateChanged(StateError):
    """Somebody wrote it between the question and the answer."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the state of stack {stack!r} was changed since it was shown; nothing was written. "
            "Run again"
        )
        self.stack = stack


class BackupUnknown(StateError):
    """No backup of that name, or none at all."""

    exit_code = 2

    def __init__(self, stack: str, name: str | None, known: Sequence[str]) -> None:
        what = f"no backup {name!r}" if name else "no backup"
        there = f"; there are: {', '.join(known)}" if known else ""
        super().__init__(f"stack {stack!r} has {what}{there}")
        self.stack = stack


class InvalidStackName(StateError):
    exit_code = 2

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"{stack!r} can't name a stack: up to 100 letters, digits, '.', '_' and '-' are "
            "allowed, and no '.' in front"
        )
        self.stack = stack


class BackendUnsupported(StateError):
    """The state is kept where only the CLI can go."""

    exit_code = 2

    def __init__(self, place: str) -> None:
        super().__init__(
            f"state at {place!r} is out of mto's reach, which keeps state in files "
            "or in PostgreSQL: give PULUMI_BACKEND_URL a file:// or postgres:// URL, or run "
            "`pulumi up` instead of mto"
        )
        self.place = place


class BackendMalformed(StateError):
    """The URL of a database says something impossible.

    Its text may hold a password, so it stays out of the message.
    """

    exit_code = 2

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the postgres:// URL in PULUMI_BACKEND_URL can't be used: {reason}. Its form is "
            "postgres://user@host:5432/database?sslmode=require&table=pulumi_state; a password "
            "with special characters is percent-encoded, or given in PGPASSWORD"
        )


class PassphraseMissing(StateError):
    """A secret was met, and nobody said how to open it."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "the state holds secrets: set "
            f"{PASSPHRASE}, or {PASSPHRASE_FILE} to a file that holds the passphrase"
        )


class WrongPassphrase(StateError):
    """The passphrase does not open the salt's own check."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "the passphrase does not open the state's secrets: "
            f"check {PASSPHRASE} (it wins) and {PASSPHRASE_FILE}"
        )
