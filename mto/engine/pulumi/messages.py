"""What a provider says of one resource, as a sentence that a person can act on."""

from __future__ import annotations

import re

LONGEST = 400
"""Characters of foreign text that are passed on: enough to search for, too few for a payload."""

_EXISTS = (
    "{object} exists and is not this stack's: choose another name, delete it, or hand it over by "
    'annotating it with mto.stakater.com/adopt: "true" and run once with --engine direct'
)
EXISTS = re.compile(r"already exists", re.IGNORECASE)
_EXPLAINED = (
    (EXISTS, _EXISTS),
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
