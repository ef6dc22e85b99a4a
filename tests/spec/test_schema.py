from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.spec.base import Spec
from mto.spec.kinds import MODELS
from mto.spec.schema import crd_files, crds, json_schema_files, json_schemas

ROOT = Path(__file__).resolve().parents[2]
STALE = "stale; write it anew with `mto schema`"


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    yield node
    for child in node.get("properties", {}).values():
        yield from schemas(child)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from schemas(node[key])


def openapi(crd: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        pytest.param("deploy/crds", crd_files(), id="CRDs"),
        pytest.param("docs/schemas", json_schema_files(), id="JSON Schemas"),
    ],
)
def test_the_committed_files_are_what_the_models_say(folder: str, files: dict[str, str]) -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / folder).iterdir()}
    assert committed.keys() == files.keys(), STALE
    assert [name for name in files if committed[name] != files[name]] == [], STALE


def test_the_files_hold_the_crds_without_aliases() -> None:
    assert [yaml.safe_load(text) for text in crd_files().values()] == list(crds())
    assert not any("&id" in text for text in crd_files().values())


def test_each_kind_is_served_in_one_version_where_mto_has_it() -> None:
    assert [
        (crd["metadata"]["name"], crd["spec"]["scope"], crd["spec"]["versions"][0]["name"])
        for crd in crds()
    ] == [
        ("tenants.tenantoperator.stakater.com", "Cluster", "v1beta3"),
        ("quotas.tenantoperator.stakater.com", "Cluster", "v1beta1"),
        ("integrationconfigs.tenantoperator.stakater.com", "Namespaced", "v1beta1"),
        ("extensions.tenantoperator.stakater.com", "Cluster", "v1alpha1"),
        ("tenantpolicies.mto.stakater.com", "Namespaced", "v1alpha1"),
    ]


@pytest.mark.parametrize("crd", crds(), ids=lambda crd: str(crd["spec"]["names"]["kind"]))
def test_a_crds_schema_is_structural(crd: dict[str, Any]) -> None:
    for schema in schemas(openapi(crd)):
        assert not schema.keys() & {"$ref", "anyOf", "oneOf", "allOf", "default", "title"}
        assert ("type" in schema) is ("x-kubernetes-int-or-string" not in schema), schema
        closed = {"properties", "additionalProperties", "x-kubernetes-preserve-unknown-fields"}
        if schema.get("type") == "object":
            assert len(schema.keys() & closed) == 1, schema
        assert (schema.get("type") == "array") is ("items" in schema)


def test_amounts_are_text_or_whole_numbers_and_helm_values_anything() -> None:
    quota, config = openapi(crds()[1]), openapi(crds()[2])
    spec = quota["properties"]["spec"]["properties"]
    hard = spec["resourcequota"]["properties"]["hard"]
    assert hard["additionalProperties"]["x-kubernetes-int-or-string"] is True
    components = config["properties"]["spec"]["properties"]["components"]["properties"]
    values = components["dex"]["properties"]["values"]
    assert values["x-kubernetes-preserve-unknown-fields"] is True


def test_status_is_a_subresource_of_what_people_declare() -> None:
    with_status = [
        crd["spec"]["names"]["kind"]
        for crd in crds()
        if crd["spec"]["versions"][0].get("subresources") == {"status": {}}
    ]
    assert with_status == ["Tenant", "Quota", "IntegrationConfig", "Extensions"]


def models(base: type[Spec]) -> Iterator[type[Spec]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def test_every_field_has_a_description() -> None:
    bare = [
        f"{model.__name__}.{name}"
        for model in models(Spec)
        if model not in MODELS and not model.__module__.startswith("mto.spec.convert.")
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert bare == []


def test_an_editor_offers_the_kinds_that_people_write() -> None:
    offered = {one["$ref"] for one in json_schemas()["manifest"]["oneOf"]}
    assert offered == {
        "extensions.json",
        "integrationconfig.json",
        "quota.json",
        "tenant.json",
    }
    assert "x-kubernetes" not in json.dumps(json_schemas())
    tenant = json_schemas()["tenant"]
    assert tenant["required"] == ["apiVersion", "kind", "metadata", "spec"]
    assert tenant["$defs"]["TenantSpec"]["additionalProperties"] is False
