"""What can go wrong with the local control plane.

LocalError
├── BadName           a cluster's or user's name can't be used (exit 2)
├── ProgramMissing    a program is neither installed nor buildable here
│   ├── GoMissing     there is no Go to build it with
│   └── GoTooOld      there is one, and it is too old
├── BuildFailed       Go said no
│   └── DiskFull      there is no room left to build in
├── StartFailed       the programs are there, the control plane did not come up
├── StopFailed        a process outlived its kill
├── OtherOptions      it runs already, with other options than asked for
├── NotRunning        the command needs a running control plane
├── ServedElsewhere   the service in the background runs for another project
├── ServiceEnded      the service in the background ended by itself
└── UserFailed        the control plane did not sign a user's certificate
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mto.errors import LocalError


class BadName(LocalError):
    exit_code = 2

    def __init__(self, what: str, name: str, allowed: str) -> None:
        super().__init__(f"{what} {name!r} can't be used; allowed: {allowed}")


class ProgramMissing(LocalError):
    pass


class GoMissing(ProgramMissing):
    def __init__(self, programs: str, need: str) -> None:
        super().__init__(
            f"{programs} must be built, and there is no `go` on the PATH; install Go {need} or "
            "newer, or put the programs into a folder and name it in MTO_BIN_DIR"
        )


class GoTooOld(ProgramMissing):
    def __init__(self, programs: str, *, found: str, need: str) -> None:
        super().__init__(
            f"{programs} must be built with Go {need} or newer; `go` on the PATH is {found}: "
            "upgrade it, or put the programs into a folder and name it in MTO_BIN_DIR"
        )


class NoTools(ProgramMissing):
    def __init__(self, programs: str) -> None:
        super().__init__(
            f"{programs} not found, and this installation of mto holds no tools/ to build from; "
            "run mto from a checkout, or put the programs into a folder and name it in MTO_BIN_DIR"
        )


class BadBinDir(ProgramMissing):
    exit_code = 2

    def __init__(self, folder: str) -> None:
        super().__init__(f"MTO_BIN_DIR names {folder}, which is not a folder; correct or unset it")


class BuildFailed(LocalError):
    def __init__(self, programs: str, output: str) -> None:
        super().__init__(f"building {programs} failed; the end of Go's output:\n{output}")


class DiskFull(BuildFailed):
    def __init__(self, programs: str, folder: Path) -> None:
        super(BuildFailed, self).__init__(
            f"building {programs} failed: no space left on device; about 6 GB are needed once, in "
            f"Go's build cache (`go env GOCACHE`) and in {folder}: make room and try again",
        )


class StartFailed(LocalError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"local control plane {name!r} did not start: {reason}")


class StopFailed(LocalError):
    def __init__(self, name: str, left: str) -> None:
        super().__init__(f"local control plane {name!r}: still running after being killed: {left}")


class OtherOptions(LocalError):
    exit_code = 2

    def __init__(self, name: str) -> None:
        super().__init__(
            f"local control plane {name!r} exists with other options; "
            f"remove it first: mto local down --name {name}"
        )


class NotRunning(LocalError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"local control plane {name!r} is not running; start it: mto local up --name {name}"
        )


class ServedElsewhere(LocalError):
    exit_code = 2

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(
            f"the service of local control plane {name!r} runs for {folder}; end it first: "
            f"mto local serve --stop --name {name}"
        )


class ServiceEnded(LocalError):
    def __init__(self, log: Path, words: Iterable[str]) -> None:
        said = "\n".join(words) or "(it is empty)"
        super().__init__(f"the service has ended; the end of its log, {log}:\n{said}")


class UserFailed(LocalError):
    def __init__(self, user: str, *, cluster: str, reason: str) -> None:
        super().__init__(
            f"no certificate for user {user!r} of local control plane {cluster!r}: {reason}"
        )
