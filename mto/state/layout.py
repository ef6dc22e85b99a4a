"""What stands under which key: the layout of Pulumi's backends without Pulumi Cloud, version 1.

| key | what |
|---|---|
| ``.pulumi/meta.yaml`` | ``version: 1`` |
| ``.pulumi/stacks/mto/<stack>.json`` | the checkpoint; ``.json.gz`` and ``.json.zst`` compressed |
| ``.pulumi/backups/mto/<stack>/<stack>.<nanoseconds>.json`` | the CLI's copies, compressed or not |
| ``… .<nanoseconds>.mto.json`` | ours (``mto.state.backup``) |
| ``.pulumi/locks/organization/mto/<stack>/<uuid>.json`` | who is at work (``mto.state.shelf``) |

Of several forms of a checkpoint the one written last counts. The CLI's history, its ``.bak``
copies and ``.attrs`` side files are left alone.
"""

from __future__ import annotations

import gzip
import re
import zlib

import zstandard

from mto.plan.resource import PROJECT
from mto.state.checkpoint import ORGANIZATION
from mto.state.errors import InvalidStackName, StateUnreadable

VERSION = 1
ROOT = ".pulumi"
META = f"{ROOT}/meta.yaml"
ALL_STACKS = f"{ROOT}/stacks"
STACKS = f"{ALL_STACKS}/{PROJECT}"
LOCKS = f"{ROOT}/locks/{ORGANIZATION}/{PROJECT}"
BACKUPS = f"{ROOT}/backups/{PROJECT}"
FORMS = (".json", ".json.gz", ".json.zst")

_STACK = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_VERSION = re.compile(r"^version:\s*(\d+)", re.MULTILINE)


def checkpoint(stack: str, form: str = FORMS[0]) -> str:
    """The key of a stack's checkpoint; raises InvalidStackName before a name becomes a path."""
    check(stack)
    return f"{STACKS}/{stack}{form}"


def check(stack: str) -> None:
    if not _STACK.fullmatch(stack):
        raise InvalidStackName(stack)


def stack_of(name: str) -> str | None:
    """The stack whose checkpoint has this file name; None for everything else."""
    for form in FORMS:
        stack = name.removesuffix(form)
        if stack != name and _STACK.fullmatch(stack):
            return stack
    return None


def version_of(meta: bytes) -> int:
    """-1 where it can't be told."""
    found = _VERSION.search(meta.decode(errors="replace"))
    return int(found[1]) if found else -1


def packed(key: str, content: bytes) -> bytes:
    """As it is written under a key of that form."""
    if key.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    if key.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(content)
    return content


def unpacked(key: str, content: bytes, *, source: str) -> bytes:
    """Raises StateUnreadable, which calls it ``source``."""
    try:
        if key.endswith(".gz"):
            return gzip.decompress(content)
        if key.endswith(".zst"):
            return _inflated(content)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise StateUnreadable(source, str(error)) from error
    return content


def _inflated(content: bytes) -> bytes:
    """The CLI writes frames that do not say how long they are."""
    reader = zstandard.ZstdDecompressor().decompressobj()
    whole = reader.decompress(content)
    if not reader.eof:
        raise EOFError("it is cut off")
    return whole
