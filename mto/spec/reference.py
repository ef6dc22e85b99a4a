"""Reference pages of the kinds, in Markdown, generated from the models: every field, once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mto.spec.base import DNS_LABEL, DNS_NAME, NAMESPACE, SAID, Spec
from mto.spec.kinds import KINDS
from mto.spec.later import LATER_FIELDS, LaterField
from mto.spec.schema import crds
from mto.spec.structural import resolved

Schema = Mapping[str, Any]

NOTICE: Final = "<!-- Generated from the code by `mto schema`; edit it there. -->"
_NAMES: Final[Mapping[str, str]] = {
    DNS_LABEL: "DNS label",
    DNS_NAME: "DNS name",
    NAMESPACE: "namespace name",
}
_SIMPLE: Final[Mapping[str, str]] = {
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
}
AMOUNT: Final = "amount"
_AMOUNT_SAID: Final = "a Kubernetes quantity: 500m, 8Gi, 40"
_SPECIAL: Final = re.compile(r"[\\|*_<>]")
_FIXED: Final = ("apiVersion", "kind")


@dataclass(frozen=True)
class _Row:
    """One field; ``path`` as in `mto explain` and in messages, with [] for each entry of a list."""

    path: str
    type: str
    default: str
    meaning: str


def kind_pages() -> dict[str, str]:
    """Pages by the name of the file under ``docs/reference/kinds``."""
    served = {crd["spec"]["names"]["kind"]: crd["spec"] for crd in crds()}
    return {
        f"{kind.lower()}.md": _page(version, kind, model=model, served=served[kind])
        for (version, kind), model in KINDS.items()
    }


def cell(text: str) -> str:
    """Text that means itself within a table's cell; what stands in backticks is code."""
    parts = " ".join(text.replace("``", "`").split()).split("`")
    return "`".join(
        part if position % 2 else _SPECIAL.sub(r"\\\g<0>", part)
        for position, part in enumerate(parts)
    )


def table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table; cells are Markdown already."""
    lines = (header, ("---",) * len(header), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(version: str, kind: str, *, model: type[Spec], served: Schema) -> str:
    schema = model.model_json_schema(by_alias=True)
    every = _rows(schema, schema["$defs"], kind=kind)
    rows = [one for one in every if one.path not in _FIXED]
    cells = ((f"`{one.path}`", one.type, one.default, one.meaning) for one in rows)
    scope = "lives in a namespace" if served["scope"] == "Namespaced" else "cluster-wide"
    short = ", ".join(f"`{one}`" for one in served["names"]["shortNames"])
    return (
        "\n\n".join(
            (
                f"# {kind}",
                NOTICE,
                f"`{version}`, {scope}; in kubectl also {short}.",
                cell(schema["description"].split("\n\n")[0]),
                table(("Field", "Type", "Default", "Meaning"), cells),
                *_legend(rows),
                *_between(schema),
            )
        ).rstrip()
        + "\n"
    )


def _legend(rows: list[_Row]) -> Iterator[str]:
    said = {name: SAID[pattern] for pattern, name in _NAMES.items()} | {AMOUNT: _AMOUNT_SAID}
    used = [name for name in said if any(name in row.type for row in rows)]
    if used:
        yield "\n".join(f"- *{name}*: {said[name]}." for name in used)


def _between(schema: Schema) -> Iterator[str]:
    """Rules between fields, each with the path of what it is about."""
    found = list(_rules(schema, schema["$defs"]))
    if found:
        yield "Rules between fields, kept by `mto check` and by the API server:"
        yield "\n".join(f"- {f'`{path}`: ' if path else ''}{cell(rule)}." for path, rule in found)


def _rules(schema: Schema, defs: Schema, above: str = "") -> Iterator[tuple[str, str]]:
    for one in schema.get("x-kubernetes-validations", ()):
        yield f"{above}{one.get('fieldPath', '')}".strip("."), one["message"]
    for name, field in schema.get("properties", {}).items():
        inner, path = resolved(field, defs), f"{above}.{name}"
        while "items" in inner:
            inner, path = resolved(inner["items"], defs), f"{path}[]"
        yield from _rules(inner, defs, path)


def _rows(schema: Schema, defs: Schema, *, kind: str, above: str = "") -> Iterator[_Row]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        found = resolved(field, defs)
        path = f"{above}{name}"
        default = "required" if name in required else _default(found)
        yield _Row(path, _type(found, defs), default, _meaning(found, kind, path))
        inner, step = found, "."
        while "items" in inner:
            inner, step = resolved(inner["items"], defs), f"[]{step}"
        yield from _rows(inner, defs, kind=kind, above=f"{path}{step}")


def _meaning(field: Schema, kind: str, path: str) -> str:
    """What it means, and what of that comes later."""
    said = cell(field.get("description", ""))
    later = (one.message for one in LATER_FIELDS if one.kind == kind and _path(one) == path)
    return " ".join((said, *(f"**{one[0].upper()}{one[1:]}.**" for one in later)))


def _path(field: LaterField) -> str:
    return ".".join(map(str, field.path))


def _default(field: Schema) -> str:
    """A nested object shows its defaults field by field."""
    value = field.get("default")
    if value is None or (isinstance(value, dict) and "properties" in field):
        return "–"
    return f"`{json.dumps(value)}`"


def _type(field: Schema, defs: Schema) -> str:
    if field.get("x-kubernetes-int-or-string"):
        return AMOUNT
    if "const" in field or "enum" in field:
        return " or ".join(f"`{one}`" for one in field.get("enum", [field.get("const")]))
    if "items" in field:
        return f"list of {_type(resolved(field['items'], defs), defs)}"
    values = field.get("additionalProperties")
    if isinstance(values, dict) and values:
        return f"map of {_type(resolved(values, defs), defs)}"
    named = _NAMES.get(field.get("pattern", ""))
    return named or _SIMPLE.get(field.get("type", ""), "object" if "properties" in field else "any")
