"""JSON Schemas of pydantic as Kubernetes takes them: structural, without references and unions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

AMOUNT: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
_KEPT: Final = (
    "description",
    "type",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
    "x-kubernetes-validations",
)
"""What is taken over as it is. Titles are noise, and defaults would change what people declared."""


def structural(schema: Mapping[str, Any]) -> Schema:
    """``schema``, a whole one with ``$defs``, as the schema of a CRD."""
    return _part(schema, schema.get("$defs", {}))


def _part(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Schema:
    found = resolved(schema, defs)
    made: Schema = {key: found[key] for key in _KEPT if key in found}
    if "const" in found:
        made["enum"] = [found["const"]]
    if found.get("x-kubernetes-int-or-string"):
        return {**made, "x-kubernetes-int-or-string": True, "pattern": AMOUNT}
    if "items" in found:
        made["items"] = _part(found["items"], defs)
    if "properties" in found:
        properties = found["properties"].items()
        made["properties"] = {name: _part(one, defs) for name, one in properties}
    elif found.get("type") == "object":
        made |= _values(found.get("additionalProperties", True), defs)
    return made


def _values(values: Any, defs: Mapping[str, Any]) -> Schema:
    """Of a mapping with any keys: the schema of its values, or none at all."""
    if isinstance(values, Mapping) and values:
        return {"additionalProperties": _part(values, defs)}
    return {"x-kubernetes-preserve-unknown-fields": True}


def resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the reference or the ``… or null`` around it; the outer description counts."""
    found = dict(schema)
    while "$ref" in found or "anyOf" in found:
        if "$ref" in found:
            inner = defs[found.pop("$ref").rsplit("/")[-1]]
        else:
            (inner,) = (one for one in found.pop("anyOf") if one.get("type") != "null")
        found = {**inner, **found}
    return found
