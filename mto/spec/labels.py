"""What Kubernetes allows as labels and annotations, and which of them are not for authors."""

from __future__ import annotations

import re
from typing import Final

TENANT_LABEL: Final = "stakater.com/tenant"
"""On a namespace: the tenant that it belongs to."""

MANAGED_LABEL: Final = "mto.stakater.com/managed"
"""``"true"`` on everything that MTO made; only its engine may set it or take it off."""

KIND_LABEL: Final = "stakater.com/kind"
"""The namespace's name without the tenant's prefix, or ``sandbox``."""

USED_BY: Final = "mto.stakater.com/used-by"
"""Annotation of a Quota: the tenants whose budget it is, separated by commas."""

_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)
_PREFIX: Final = re.compile(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII
)
_MAX_NAME: Final = 63
_MAX_PREFIX: Final = 253
MAX_ANNOTATIONS: Final = 256 * 1024
"""Bytes of all keys and values of an object's annotations."""

_RESERVED: Final = frozenset(
    {"app.kubernetes.io/managed-by", "kubernetes.io/metadata.name", TENANT_LABEL}
)
_OURS: Final = "mto.stakater.com/"


def key_problem(key: str) -> str | None:
    """Why ``key`` can't be a label's or an annotation's; ``None`` if it can."""
    prefix, slash, name = key.rpartition("/")
    if slash and not (_PREFIX.fullmatch(prefix) and len(prefix) <= _MAX_PREFIX):
        return (
            f"key {key!r} is not allowed: before the '/' stands a DNS name in lower case, of at "
            f"most {_MAX_PREFIX} characters"
        )
    if not (_NAME.fullmatch(name) and len(name) <= _MAX_NAME):
        return (
            f"key {key!r} is not allowed: at most {_MAX_NAME} letters, digits, '-', '_' and '.', "
            "with a letter or digit at both ends"
        )
    return None


def value_problem(value: str) -> str | None:
    """Why ``value`` can't be a label's; ``None`` if it can."""
    if not value or (_NAME.fullmatch(value) and len(value) <= _MAX_NAME):
        return None
    return (
        f"value {value!r} is not allowed for a label: at most {_MAX_NAME} letters, digits, '-', "
        "'_' and '.', with a letter or digit at both ends"
    )


def is_reserved(key: str) -> bool:
    """Whether MTO or the API server alone sets this key on a tenant's namespaces."""
    return key in _RESERVED or key.startswith(_OURS)
