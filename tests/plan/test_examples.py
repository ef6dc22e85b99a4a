"""Whole plans of the examples, object by object, and what holds for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from typing_extensions import override

from mto.plan.resource import Key, Plan, Resource
from mto.spec.schema import crd_files
from tests.support.plans import examples

EXAMPLES = pytest.mark.parametrize("name", examples())


class Dumper(yaml.SafeDumper):
    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True


def shown(plan: Plan) -> str:
    whole = {
        "stack": plan.stack,
        "outputs": plan.outputs,
        "warnings": list(plan.warnings),
        "unsettled": list(plan.unsettled),
        "resources": [dict(_shown(resource)) for resource in plan],
    }
    return yaml.dump(whole, Dumper=Dumper, sort_keys=False, width=100, allow_unicode=True)


def _shown(resource: Resource) -> Iterator[tuple[str, Any]]:
    yield "name", resource.name
    yield "type", resource.type
    yield "because", resource.because
    if resource.parent:
        yield "parent", str(resource.parent)
    if resource.depends_on:
        yield "depends_on", [str(key) for key in resource.depends_on]
    if resource.deleted_with:
        yield "deleted_with", str(resource.deleted_with)
    for option in ("protect", "retain_on_delete", "ignore_changes"):
        if value := getattr(resource, option):
            yield option, value
    yield "inputs", _short(resource)


def _short(resource: Resource) -> dict[str, Any]:
    """A definition's schema is long, and lies in a file of its own."""
    inputs = dict(resource.inputs)
    if inputs.get("kind") == "CustomResourceDefinition":
        file = f"{inputs['metadata']['name']}.yaml"
        assert inputs["spec"] == yaml.safe_load(crd_files()[file])["spec"]
        inputs["spec"] = f"as in deploy/crds/{file}"
    return inputs


@EXAMPLES
def test_the_plan_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.yaml", shown(examples()[name]))


@EXAMPLES
def test_no_two_resources_share_a_key_a_urn_or_an_object(name: str) -> None:
    plan = examples()[name]
    urns = Counter(plan.urn(one.key) for one in plan)
    places = Counter(_place(one) for one in plan if one.kubernetes)
    assert [urn for urn, count in urns.items() if count > 1] == []
    assert [place for place, count in places.items() if count > 1] == []


def _place(resource: Resource) -> tuple[str, str, str]:
    metadata = resource.inputs["metadata"]
    return resource.inputs["kind"], metadata.get("namespace", ""), metadata["name"]


@EXAMPLES
def test_whatever_a_resource_names_stands_before_it(name: str) -> None:
    before: set[Key] = set()
    for one in examples()[name]:
        named = {*one.depends_on, *filter(None, (one.parent, one.deleted_with))}
        assert named <= before
        before.add(one.key)


@EXAMPLES
def test_every_resource_says_why_it_exists(name: str) -> None:
    assert [one.key for one in examples()[name] if not one.because] == []
