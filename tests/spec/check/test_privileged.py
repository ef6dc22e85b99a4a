from __future__ import annotations

from typing import Any

import pytest

from mto.spec.check.privileged import check
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Origin
from tests.support.manifests import declared, tenant

BLUE = tenant(
    namespaces={"withTenantPrefix": ["dev"]},
    accessControl={"owners": {"users": ["anna@aurora.org"]}, "viewers": {"users": ["hanna"]}},
)
ADVICE = "where anything may stand"


def told(**privileged: list[str]) -> list[str]:
    spec: dict[str, Any] = {"accessControl": {"privileged": privileged}}
    config = IntegrationConfig.model_validate({"spec": spec})
    return [
        str(one).removeprefix("c.yaml: spec.accessControl.privileged.")
        for one in check(declared(BLUE), Declared(config, Origin("c.yaml")))
    ]


def test_an_open_expression_is_told_with_the_members_that_it_makes_privileged() -> None:
    assert told(users=["^root$", "anna"]) == [
        (
            "users[1]: 'anna' has no ^ and $, so these are privileged too: 'anna@aurora.org' "
            "(owner of tenant 'blue'), 'hanna' (viewer of tenant 'blue'), 'annax', 1 more; write ^ "
            "and $ around what is meant, or .* where anything may stand"
        )
    ]


@pytest.mark.parametrize(
    ("field", "expression", "said"),
    [
        pytest.param(
            "serviceAccounts",
            "robot",
            "'robot' has no ^ and $, so these are privileged too: "
            f"'system:serviceaccount:<any namespace>:robot'; write ^ and $ around what is meant, "
            f"or .* {ADVICE}",
            id="an account that every tenant can make",
        ),
        pytest.param(
            "serviceAccounts",
            "system:serviceaccount:argocd:server",
            "'system:serviceaccount:argocd:server' has no $, so these are privileged too: "
            "'system:serviceaccount:argocd:serverx'; write $ around what is meant, or .* "
            f"{ADVICE}",
            id="an account in its namespace",
        ),
        pytest.param(
            "serviceAccounts",
            "blue",
            "'blue' has no ^ and $, so these are privileged too: "
            "'system:serviceaccount:blue-dev:default' (of tenant 'blue'), "
            "'system:serviceaccount:<any namespace>:blue'; write ^ and $ around what is meant, or "
            f".* {ADVICE}",
            id="all accounts of a tenant",
        ),
        pytest.param(
            "namespaces",
            "^monitoring",
            "'^monitoring' has no $, so these are privileged too: 'monitoringx'; write $ around "
            f"what is meant, or .* {ADVICE}",
            id="the end is open",
        ),
        pytest.param(
            "namespaces",
            "dev$",
            "'dev$' has no ^, so these are privileged too: 'blue-dev' (of tenant 'blue'), 'xdev'; "
            f"write ^ around what is meant, or .* {ADVICE}",
            id="the beginning is open",
        ),
        pytest.param(
            "users",
            "^p[ae]tra",
            f"'^p[ae]tra' has no $, so it is not exact; write $ around what is meant, or .* "
            f"{ADVICE}",
            id="no example",
        ),
    ],
)
def test_what_an_expression_matches_besides_is_told(field: str, expression: str, said: str) -> None:
    assert told(**{field: [expression]}) == [f"{field}[0]: {said}"]


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("^petra$", id="both ends"),
        pytest.param("^(petra|paul)$", id="a group"),
        pytest.param("^petra$|^paul$", id="each alternative"),
        pytest.param("^system:serviceaccount:openshift-infra.*", id="open on purpose"),
        pytest.param("(?i)^petra$", id="flags"),
        pytest.param(r"\Apetra\z", id="ends in other words"),
    ],
)
def test_what_is_closed_or_says_that_it_is_open_is_not_told(expression: str) -> None:
    assert told(users=[expression], serviceAccounts=[expression]) == []
