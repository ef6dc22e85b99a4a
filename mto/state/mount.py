"""Whether the file system of a folder shows at once what another machine did there.

Locks are files that are listed, written and listed again (``mto.state.contest``); flock has no part
in it, so a server without a lock daemon is fine. What counts is that a folder that is opened shows
every file of which another machine was told that it is there. Local file systems do; so does NFS,
which asks the server whenever something is opened (close-to-open, see nfs(5)), unless it is mounted
with ``nocto``. Others answer from a memory of their own for a second up to minutes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_LATE = re.compile(r"cifs|smb3|smbfs|9p|fuse\..*|afs|coda|vboxsf")
_NFS = re.compile(r"nfs4?")
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """``options`` are those of the mount and of its file system."""

    point: str
    kind: str
    options: frozenset[str]


def remark(folder: Path) -> str | None:
    """What a person who keeps state there must know, if anything; None where it can't be told."""
    try:
        table = _MOUNTS.read_text()
    except OSError:  # no Linux
        return None
    mount = mount_of(folder.resolve(), table)
    if mount is None or not _late(mount):
        return None
    how = " with nocto" if _NFS.fullmatch(mount.kind) else ""
    return (
        f"the state lies on {mount.kind}, mounted at {mount.point}{how}, where one machine may see "
        "another's lock too late: let one machine at a time work with it, or keep the state in "
        "PostgreSQL"
    )


def mount_of(path: Path, table: str) -> Mount | None:
    """The mount that holds an absolute path, from the text of proc(5)'s ``mountinfo``."""
    found: Mount | None = None
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields, behind = before.split(" "), after.split(" ")
        point = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4])
        inside = path.is_relative_to(point)
        if inside and (found is None or len(point) >= len(found.point)):  # of equals the last
            options = frozenset([*fields[5].split(","), *behind[2].split(",")])
            found = Mount(point, behind[0], options)
    return found


def _late(mount: Mount) -> bool:
    if _NFS.fullmatch(mount.kind):
        return "nocto" in mount.options
    return bool(_LATE.fullmatch(mount.kind))
