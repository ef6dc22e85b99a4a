from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.spec.base import Spec
from mto.spec.constraint import Broken, Constraint, enforce, unless
from mto.spec.kinds import KINDS
from mto.spec.origin import Origin
from mto.spec.schema import crds
from mto.spec.validate import validate
from tests.support.constraints import CASES, Case


def models(base: type[Spec]) -> Iterator[type[Spec]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def messages(node: Any) -> Iterator[str]:
    """Of every rule within a schema."""
    if isinstance(node, dict):
        yield from (one["message"] for one in node.get("x-kubernetes-validations", ()))
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            yield from messages(child)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_mto_check_accepts_and_refuses(case: Case) -> None:
    model = KINDS[case.manifest["apiVersion"], case.kind]
    found = validate(model, case.manifest, Origin("t.yaml"))
    said = [problem.message for problem in found] if isinstance(found, list) else []
    assert said == ([case.broken] if case.broken else [])


def test_every_rule_has_a_case_that_breaks_it() -> None:
    stated = {one.message for model in models(Spec) for one in model.constraints}
    assert {case.broken for case in CASES if case.broken} == stated


def test_every_rule_stands_in_a_crd() -> None:
    stated = {one.message for model in models(Spec) for one in model.constraints}
    assert {message for crd in crds() for message in messages(crd)} == stated


def test_all_rules_that_are_broken_are_told_with_their_places() -> None:
    small = Constraint(
        "",
        "must be below 3",
        lambda value: (("list", place) for place, one in enumerate(value) if one >= 3),
    )
    full = Constraint("", "must not be empty", unless(bool))
    with pytest.raises(Broken) as error:
        enforce((small, full), [1, 3, 5])
    assert str(error.value) == "list[1]: must be below 3; list[2]: must be below 3"
    with pytest.raises(Broken, match=r"^must not be empty$"):
        enforce((small, full), [])
    enforce((small, full), [1])
