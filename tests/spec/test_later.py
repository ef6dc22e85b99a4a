from __future__ import annotations

from mto.spec.kinds import MODELS
from mto.spec.later import LATER_FIELDS, later_fields
from mto.spec.schema import crds


def test_every_later_field_is_a_field_of_its_kind() -> None:
    schemas = {
        crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for crd in crds()
    }
    assert len(schemas) == len(MODELS)
    for later in LATER_FIELDS:
        schema = schemas[later.kind]
        if later.path[0] == "metadata":
            continue
        for part in later.path:
            assert part in schema["properties"], later
            schema = schema["properties"][part]


def test_a_switch_that_is_off_is_no_news() -> None:
    integrations = {"vault": None, "keycloak": {"realm": "x"}}
    manifest = {"kind": "IntegrationConfig", "spec": {"integrations": integrations}}
    assert [one.path[-1] for one in later_fields(manifest)] == ["keycloak"]
