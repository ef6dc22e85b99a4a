"""CustomResourceDefinitions and JSON Schemas, generated from the models: written down nowhere else.

The cluster serves the newest version of each kind only; older ones are converted on reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import yaml

from mto.spec.base import Spec
from mto.spec.kinds import KINDS
from mto.spec.status import STATUS
from mto.spec.structural import structural

Schema = dict[str, Any]


def _column(name: str, path: str, kind: str = "string") -> Schema:
    return {"name": name, "type": kind, "jsonPath": path}


_AGE: Final = _column("Age", ".metadata.creationTimestamp", "date")
_READY: Final = _column("Ready", ".status.conditions[?(@.type=='Ready')].status")


@dataclass(frozen=True)
class _Served:
    """What a CRD says of a kind besides its fields."""

    plural: str
    short: str
    namespaced: bool = False
    columns: tuple[Schema, ...] = field(default=(_READY, _AGE))


_SERVED: Final[Mapping[str, _Served]] = {
    "Tenant": _Served(
        "tenants",
        "tn",
        columns=(
            _column("Quota", ".spec.quota"),
            _column("Ready", ".status.ready", "boolean"),
            _AGE,
        ),
    ),
    "Quota": _Served("quotas", "tq", columns=(_column("Used by", ".status.usedBy"), _READY, _AGE)),
    "IntegrationConfig": _Served("integrationconfigs", "ic", namespaced=True),
    "Extensions": _Served(
        "extensions", "ext", columns=(_column("Tenant", ".spec.tenantName"), _READY, _AGE)
    ),
    "TenantPolicy": _Served(
        "tenantpolicies",
        "tpol",
        namespaced=True,
        columns=(_column("Tenant", ".spec.tenant"), _AGE),
    ),
}


@cache
def crds() -> tuple[Schema, ...]:
    """One CustomResourceDefinition for each kind, always in the same order. Not to be changed."""
    made = [_crd(version, kind, model) for (version, kind), model in KINDS.items()]
    return tuple(json.loads(json.dumps(made)))  # no part shared: YAML would write aliases


@cache
def json_schemas() -> dict[str, Schema]:
    """JSON Schemas for editors by kind in lower case, and ``manifest`` for any of them."""
    schemas = {kind.lower(): _editor(model) for (_, kind), model in KINDS.items()}
    written = sorted(name for name in schemas if name != "tenantpolicy")
    anything = {
        "$schema": _DIALECT,
        "title": "A manifest of MTO",
        "oneOf": [{"$ref": f"{name}.json"} for name in written],
    }
    return {**schemas, "manifest": anything}


def crd_files() -> dict[str, str]:
    """The CRDs as YAML, by name of the file under ``deploy/crds``."""
    return {
        f"{crd['metadata']['name']}.yaml": yaml.safe_dump(
            crd, sort_keys=False, width=100, allow_unicode=True
        )
        for crd in crds()
    }


def json_schema_files() -> dict[str, str]:
    """The JSON Schemas as text, by name of the file under ``docs/schemas``."""
    return {
        f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in json_schemas().items()
    }


_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def _crd(version: str, kind: str, model: type[Spec]) -> Schema:
    served = _SERVED[kind]
    group, _, name = version.partition("/")
    singular = kind.lower()
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{served.plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced" if served.namespaced else "Cluster",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": served.plural,
                "singular": singular,
                "shortNames": [served.short],
            },
            "versions": [_version(name, kind, model)],
        },
    }


def _version(name: str, kind: str, model: type[Spec]) -> Schema:
    schema = structural(model.model_json_schema(by_alias=True))
    properties = schema["properties"]
    properties["apiVersion"] = properties["kind"] = {"type": "string"}
    properties["metadata"] = _metadata(properties["metadata"])
    schema["required"] = ["spec"]
    made: Schema = {
        "name": name,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": list(_SERVED[kind].columns),
    }
    if kind in STATUS:
        properties["status"] = STATUS[kind]
        made["subresources"] = {"status": {}}
    return made


def _metadata(schema: Schema) -> Schema:
    """Kubernetes knows metadata by itself; only the name may be restricted further."""
    name = schema["properties"]["name"]
    kept = {key: name[key] for key in ("type", "maxLength", "pattern")}
    return {"type": "object", "properties": {"name": kept}}


def _editor(model: type[Spec]) -> Schema:
    schema = _plain(model.model_json_schema(by_alias=True))
    for name in ("ObjectMeta", "LabelSafeMeta"):
        if name in schema["$defs"]:
            del schema["$defs"][name]["additionalProperties"]
    schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
    return {"$schema": _DIALECT, **schema}


def _plain(schema: Any) -> Any:
    """Without what only Kubernetes understands; an amount is text or a number."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["string", "number"]}
    return {key: _plain(one) for key, one in schema.items() if not key.startswith("x-kubernetes-")}
