"""What a provider says of one resource, as a sentence that a person can act on."""

from __future__ import annotations

import re

LONGEST = 400
"""Characters of foreign text that are passed on: enough to search for, too few for a payload."""

_EXISTS = (
    "{object} exists and is not in this stack's record, and the CLI takes nothing over: if it is "
    "MTO's own, run once with --engine direct, which recognises it; else choose another name or "
    "delete it"
)
_EXPLAINED = (
    (
        re.compile(r"already exists", re.IGNORECASE),
        _EXISTS,
    ),
    (
        re.compile(r"because it is protected|is protected and cannot be deleted"),
        "{object} is protected from deletion; take the protection off first",
    ),
    (
        re.compile(r"field conflict|conflict with \"", re.IGNORECASE),
        "fields of {object} are held by another field manager: {text}",
    ),
    (
        re.compile(r"configured Kubernetes cluster is unreachable"),
        "the cluster does not answer the Kubernetes provider: {text}",
    ),
)


def explained(text: str, target: str) -> str:
    """``target`` is the object's address: KIND/NAMESPACE/NAME."""
    for pattern, sentence in _EXPLAINED:
        if pattern.search(text):
            return sentence.format(object=target, text=shortened(text))
    return shortened(text)


def shortened(text: str) -> str:
    """On one line, cut where it gets long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 1]}…"
