"""Refusals as sentences: what, which tenant, what is allowed, whom to ask; written in CEL.

They are computed for every request that a rule judges, refused or not, and the API server drops
what is too long or has several lines: lists are cut.
"""

from __future__ import annotations

from typing import Final

from mto.admission.cel import quoted
from mto.admission.principals import USER

LONGEST: Final = 400
"""Characters of a list of names."""


class Cel(str):
    """A part of a sentence that is an expression; all other parts are text."""

    __slots__ = ()


TENANT: Final = Cel("params.spec.tenant")


def said(*parts: str) -> str:
    """The expression of a sentence."""
    return " + ".join(part if isinstance(part, Cel) else quoted(part) for part in parts)


def refused(*parts: str, field: str = "", everybody: str = "") -> str:
    """``tenant 'blue' …; ask an administrator to change spec.… of Tenant 'blue'``.

    ``field`` is the Tenant's, ``everybody`` that of the IntegrationConfig; one of them at least.
    """
    own = (f"{field} of Tenant '", TENANT, "'") if field else ()
    either = (" or ",) if field and everybody else ()
    common = (f"{everybody} of the IntegrationConfig",) if everybody else ()
    ask = "; ask an administrator to change "
    return said("tenant '", TENANT, "' ", *parts, ask, *own, *either, *common)


def cannot(why: str) -> str:
    """``Cannot DELETE quotas small: …. User: ann``."""
    return (
        "'Cannot ' + request.operation + ' ' + request.resource.resource + ' ' + request.name + "
        f"': {why}. User: ' + {USER}"
    )


def names(values: str, *, nothing: str = "none", unnamed: str = "''") -> Cel:
    """The texts of a list: ``'fast', 'slow'``.

    ``nothing`` stands for an empty list, ``unnamed`` for an empty text in it.
    """
    each = f"{values}.map(name, name == '' ? {quoted(unnamed)} : \"'\" + name + \"'\")"
    cut = f"all.size() > {LONGEST} ? all.substring(0, {LONGEST}) + '…' : all"
    text = f"[{each}.join(', ')].map(all, all == '' ? {quoted(nothing)} : {cut})[0]"
    return Cel(f"({text})")
