from __future__ import annotations

from typing import Any

import pytest

from mto.spec.check.metadata import check
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Origin
from mto.spec.tenant import Tenant
from mto.spec.world import DEFAULT_CONFIG
from tests.support.manifests import declared, tenant

NAME = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
PATH = "blue.yaml: spec.namespaces.metadata"


def told(blue: Tenant, config: Declared[IntegrationConfig] = DEFAULT_CONFIG) -> list[str]:
    return [str(one) for one in check(declared(blue), config)]


def marked(person: str = "anna@aurora.org", **metadata: Any) -> Tenant:
    return tenant(
        accessControl={"owners": {"users": [person]}},
        namespaces={"metadata": metadata, "sandboxes": {"enabled": True}},
    )


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        pytest.param(
            {"common": {"labels": {"a b": "c"}}},
            f"common.labels.a b: key 'a b' is not allowed: {NAME}",
            id="key of a label",
        ),
        pytest.param(
            {"common": {"labels": {"a": "c d"}}},
            f"common.labels.a: value 'c d' is not allowed for a label: {NAME}",
            id="value of a label",
        ),
        pytest.param(
            {"specific": [{"namespaces": ["blue-dev"], "annotations": {"-": "x"}}]},
            f"specific[0].annotations.-: key '-' is not allowed: {NAME}",
            id="key of an annotation",
        ),
        pytest.param(
            {"common": {"labels": {"stakater.com/tenant": "red"}}},
            "common.labels.stakater.com/tenant: 'stakater.com/tenant' is reserved: MTO sets it "
            "itself",
            id="the tenant's label",
        ),
        pytest.param(
            {"sandbox": {"annotations": {"mto.stakater.com/adopt": "true"}}},
            "sandbox.annotations.mto.stakater.com/adopt: 'mto.stakater.com/adopt' is reserved: "
            "MTO sets it itself",
            id="our own annotations",
        ),
        pytest.param(
            {"sandbox": {"labels": {"who": "{{ TENANT.USERNAME }}"}}},
            f"sandbox.labels.who: value 'anna@aurora.org' is not allowed for a label: {NAME}; "
            "use an annotation, which takes any text",
            id="a user name that is no label",
        ),
        pytest.param(
            {"common": {"annotations": {"who": "{{ TENANT.USERNAME }}"}}},
            "common.annotations.who: '{{ TENANT.USERNAME }}' is put there as it is: only "
            "{{ TENANT.USERNAME }} of sandboxes is replaced",
            id="a template outside of sandboxes",
        ),
        pytest.param(
            {"sandbox": {"annotations": {"who": "{{ TENANT.NAME }}"}}},
            "sandbox.annotations.who: '{{ TENANT.NAME }}' is put there as it is: only "
            "{{ TENANT.USERNAME }} of sandboxes is replaced",
            id="an unknown template",
        ),
        pytest.param(
            {"common": {"annotations": {"big": "x" * 262_144}}},
            "common.annotations: annotations may have 262,144 bytes in all",
            id="too much",
        ),
    ],
)
def test_metadata_that_kubernetes_or_mto_would_refuse(
    metadata: dict[str, Any], message: str
) -> None:
    assert told(marked(**metadata)) == [f"{PATH}.{message}"]


def test_any_text_may_be_an_annotations_value() -> None:
    assert told(marked(sandbox={"annotations": {"who": "{{ TENANT.USERNAME }}, daß"}})) == []


def test_a_label_safe_user_name_may_be_a_label() -> None:
    assert told(marked("anna", sandbox={"labels": {"who": "{{ TENANT.USERNAME }}"}})) == []


def test_the_platforms_metadata_is_checked_against_the_people_of_all_tenants() -> None:
    value = IntegrationConfig.model_validate(
        {
            "spec": {
                "metadata": {
                    "namespaces": {"labels": {"kubernetes.io/metadata.name": "x"}},
                    "sandboxes": {"labels": {"who": "{{ TENANT.USERNAME }}"}},
                    "groups": {"labels": {"a": "b c"}},
                }
            }
        }
    )
    assert told(marked(), Declared(value, Origin("config.yaml"))) == [
        (
            "config.yaml: spec.metadata.namespaces.labels.kubernetes.io/metadata.name: "
            "'kubernetes.io/metadata.name' is reserved: MTO sets it itself"
        ),
        (
            f"config.yaml: spec.metadata.groups.labels.a: value 'b c' is not allowed for a label: "
            f"{NAME}"
        ),
        (
            f"config.yaml: spec.metadata.sandboxes.labels.who: value 'anna@aurora.org' is not "
            f"allowed for a label: {NAME}; use an annotation, which takes any text"
        ),
    ]
