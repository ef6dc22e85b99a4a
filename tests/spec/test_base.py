from __future__ import annotations

import pytest
from pydantic import ValidationError

from mto.spec.base import LabelSelector
from tests.support.manifests import TENANT, said, tenant


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        pytest.param({}, {}, True, id="an empty selector selects everything"),
        pytest.param({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True, id="label"),
        pytest.param({"matchLabels": {"a": "1"}}, {"a": "2"}, False, id="other value"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]},
            {"a": "2"},
            True,
            id="in",
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]},
            {},
            True,
            id="a missing label is not in any list",
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False, id="exists"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, True, id="absent"
        ),
        pytest.param(
            {
                "matchLabels": {"a": "1"},
                "matchExpressions": [{"key": "b", "operator": "Exists"}],
            },
            {"a": "1"},
            False,
            id="all parts must hold",
        ),
    ],
)
def test_a_label_selector(
    selector: dict[str, object], labels: dict[str, str], *, matches: bool
) -> None:
    assert LabelSelector.model_validate(selector).matches(labels) is matches


@pytest.mark.parametrize(
    ("operator", "values", "message"),
    [
        ("In", [], "operators In and NotIn need at least one value"),
        ("Exists", ["x"], "operators Exists and DoesNotExist take no values"),
    ],
)
def test_values_must_fit_the_operator(operator: str, values: list[str], message: str) -> None:
    selector = {"matchExpressions": [{"key": "a", "operator": operator, "values": values}]}
    with pytest.raises(ValidationError) as error:
        LabelSelector.model_validate(selector)
    assert message in str(error.value)


def test_a_field_without_a_value_counts_as_absent() -> None:
    assert tenant(namespaces=None, desc=None) == tenant()
    assert tenant(storageClasses=None).spec.storage_classes is None


def test_a_manifest_may_not_use_the_names_of_attributes() -> None:
    wrong = said(f"{TENANT}spec:\n  quota: small\n  access_control: {{}}\n")
    assert wrong == ["t.yaml:6: spec.access_control: unknown field; did you mean 'accessControl'?"]
