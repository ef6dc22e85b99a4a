"""What goes wrong with Pulumi's CLI, told from what it prints and how it ends.

EngineError
├── CliMissing      no `pulumi` on the PATH (exit 2)
├── CliUnfit        it can't be run, or is too old (exit 2)
├── PluginMissing   the CLI is there, a provider's plug-in is not (exit 2)
├── CliBusy         a backend says that another update of the stack is under way
├── ProgramFailed   the program that the CLI ran for us raised something
├── CliFailed       it says what is wrong, and is about no single resource
├── CliCrashed      it died, or was killed by somebody
├── CliSilent       it ended as if all was well, and told nothing of what it did
└── WorkerLost      the process that runs the program for it died

The CLI has no codes for most of this: ``told`` recognises its texts, each of which stands in a
test. What belongs to the state (locked, passphrase) is told by the state's own errors.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

from mto.engine.pulumi.messages import shortened
from mto.errors import EngineError, MtoError
from mto.state.errors import Holder, PassphraseMissing, StateLocked, WrongPassphrase

OLDEST = (3, 206, 0)
"""The first CLI that sends its events over a connection instead of writing them to a file."""


class CliMissing(EngineError):
    exit_code = 2

    def __init__(self, path: str) -> None:
        super().__init__(
            "--engine pulumi needs Pulumi's CLI, and there is no program `pulumi` in any folder of "
            f"PATH ({path or 'which is empty'}): install it, or use --engine direct"
        )


class CliUnfit(EngineError):
    exit_code = 2

    def __init__(self, program: str, problem: str) -> None:
        oldest = ".".join(map(str, OLDEST))
        super().__init__(f"{program} can't be used: {problem}; MTO needs Pulumi {oldest} or newer")


class PluginMissing(EngineError):
    """``searched`` are the places that were looked into."""

    exit_code = 2

    def __init__(self, name: str, version: str, searched: Sequence[str] = ()) -> None:
        where = f"; looked for in {', '.join(searched)}" if searched else ""
        wanted = f" {version}" if version else ""
        super().__init__(
            f"Pulumi's plug-in for {name}{wanted} is missing{where}: install it with "
            f"`pulumi plugin install resource {name}{wanted}`"
        )


class CliBusy(EngineError):
    def __init__(self, stack: str) -> None:
        super().__init__(
            f"stack {stack!r} is being updated by somebody else, the backend says: wait until "
            "that is done and run again"
        )


class ProgramFailed(EngineError):
    def __init__(self, stack: str, text: str) -> None:
        super().__init__(f"stack {stack!r}: the Pulumi program failed: {shortened(text)}")


class CliFailed(EngineError):
    def __init__(self, stack: str, code: int, text: str) -> None:
        said = shortened(text) or "nothing that explains it"
        super().__init__(f"stack {stack!r}: pulumi ended with code {code} and said: {said}")


class CliCrashed(EngineError):
    def __init__(self, stack: str, how: str, text: str) -> None:
        said = f" and said: {shortened(text)}" if text else ""
        super().__init__(
            f"stack {stack!r}: pulumi {how}{said}; run again, the next run finds what was under way"
        )


class CliSilent(EngineError):
    def __init__(self, stack: str, text: str) -> None:
        said = shortened(text) or "nothing at all"
        super().__init__(
            f"stack {stack!r}: pulumi ended without telling what it did; it printed: {said}. Is it "
            "Pulumi's own CLI? Run `mto preview` to see how things stand"
        )


class WorkerLost(EngineError):
    def __init__(self, stack: str, code: int | None) -> None:
        how = f"with code {code}" if code is not None and code >= 0 else _signal(code)
        super().__init__(
            f"stack {stack!r}: the process that runs the Pulumi program ended {how} before its "
            "work was done; run again, the next run finds what was under way"
        )


def _signal(code: int | None) -> str:
    return f"by {signal.Signals(-code).name}" if code else "without a word"


_LOCK = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_PLUGIN = re.compile(
    r"no resource plugin 'pulumi-resource-(?P<name>[^']+)' found(?: in the workspace)?"
    r"(?: at version v(?P<version>[0-9][^\s,]*))?"
)
_PASSPHRASE = re.compile(r"passphrase must be set with PULUMI_CONFIG_PASSPHRASE")
_WRONG = re.compile(r"incorrect passphrase|failed to decrypt: incorrect passphrase")
_CONFLICT = "[409] Conflict: Another update is currently in progress."
_LOCKED = "the stack is currently locked by"
_PROGRAM = re.compile(r"python inline source runtime error: (.+)")
_PANIC = re.compile(r"^(panic|fatal error|SIG[A-Z]+): ?.*", re.MULTILINE)
_ERROR = re.compile(r"^\s*error: (.+)", re.MULTILINE)
_ECHOES = ("preview failed", "update failed", "destroy failed", "refresh failed")
"""What the CLI adds to whatever went wrong."""


def told(stack: str, code: int, text: str) -> MtoError:
    """What an end that is no success means; ``text`` is what was printed, errors included."""
    for recognise in (_locked, _secrets, _plugin, _program, _crashed):
        if (error := recognise(stack, text)) is not None:
            return error
    if code < 0:
        return CliCrashed(stack, f"was killed by {signal.Signals(-code).name}", said(text))
    return CliFailed(stack, code, said(text))


def said(text: str) -> str:
    """The CLI's own errors, else the last of what it printed."""
    found = (one.strip() for one in _ERROR.findall(text))
    errors = [one for one in found if one not in _ECHOES]
    return "; ".join(dict.fromkeys(errors)) or " ".join(text.split())[-300:]


def _locked(stack: str, text: str) -> MtoError | None:
    if _CONFLICT in text:
        return CliBusy(stack)
    if _LOCKED not in text:
        return None
    if (found := _LOCK.search(text)) is None:
        return CliBusy(stack)
    holder = Holder(found["user"], found["host"], int(found["pid"]), found["since"])
    return StateLocked(stack, holder)


def _secrets(_: str, text: str) -> MtoError | None:
    if _WRONG.search(text):
        return WrongPassphrase()
    return PassphraseMissing() if _PASSPHRASE.search(text) else None


def _plugin(_: str, text: str) -> MtoError | None:
    found = _PLUGIN.search(text)
    return PluginMissing(found["name"], found["version"] or "") if found else None


def _program(stack: str, text: str) -> MtoError | None:
    found = _PROGRAM.search(text)
    return ProgramFailed(stack, found[1]) if found else None


def _crashed(stack: str, text: str) -> MtoError | None:
    found = _PANIC.search(text)
    return CliCrashed(stack, "crashed", found[0]) if found else None
