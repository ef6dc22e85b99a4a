"""Allow-lists in CEL: which values of an object are none of the allowed.

An update is judged only in values that it brings: what was there before may stay, so that an object
older than its rule can be scaled, finalised and deleted.
"""

from __future__ import annotations

from collections.abc import Mapping

from mto.admission.cel import quoted


def parameter(*path: str, default: str = "[]") -> str:
    """A field of the TenantPolicy's spec, or the default where it is absent."""
    return f"params.spec.?{'.?'.join(path)}.orValue({default})"


def compared(values: str, before: str, *, refuse: str) -> Mapping[str, str]:
    """Variables ``before`` and ``refused``: values that are new and must not be.

    ``values`` and ``before`` are lists, the latter of ``oldObject``; ``refuse`` is an expression
    over ``value``.
    """
    return {
        "before": f"oldObject == null ? [] : ({before})",
        "refused": f"({values}).filter(value, ({refuse}) && !(value in variables.before))",
    }


def changed(value: str, before: str, *, refuse: str) -> Mapping[str, str]:
    """The same for one value, where what was before is looked at only if it is refused."""
    same = f"oldObject != null && value == ({before})"
    return {"refused": f"[{value}].filter(value, ({refuse}) && !({same}))"}


def flat(lists: str, *, each: str) -> str:
    """One list of the texts in several: ``each`` is an expression over ``one`` of ``lists``.

    By joining and splitting, since older servers can't flatten; so no text may have a comma.
    """
    return f"{lists}.map(one, {each}.join(',')).join(',').split(',').filter(text, text != '')"


NONE_REFUSED = "variables.refused.size() == 0"


def present(*optionals: str) -> str:
    """A list of the optional values that are there."""
    return f"[{', '.join(optionals)}].filter(one, one.hasValue()).map(one, one.value())"


def annotation(of: str, key: str) -> str:
    """An annotation of an object, as an optional."""
    return f"{of}.?metadata.?annotations[?{quoted(key)}]"
