"""Hosts of several tenants: refused where it is sure, remarked where it may be."""

from __future__ import annotations

from typing import Any

from mto.spec.check.hosts import check
from mto.spec.problem import Note
from tests.support.manifests import declared, tenant


def told(kind: type, **tenants: dict[str, Any]) -> list[str]:
    """What is said of tenants with these rules, as an error or as a remark."""
    world = declared(*(tenant(name, hostValidationConfig=rules) for name, rules in tenants.items()))
    return [str(one) for one in check(world) if isinstance(one, Note) is (kind is Note)]


def test_a_host_belongs_to_one_tenant() -> None:
    found = told(
        object, blue={"allowed": ["a.example.org", "*.b.org"]}, red={"allowed": ["A.Example.org"]}
    )
    assert found == [
        (
            "red.yaml: spec.hostValidationConfig.allowed[0]: host 'a.example.org' is allowed to "
            "tenant "
            "'blue' (blue.yaml spec.hostValidationConfig.allowed[0]) already; a host belongs to "
            "one "
            "tenant"
        )
    ]


def test_a_host_that_another_tenants_expression_matches_names_both() -> None:
    found = told(
        object,
        blue={"allowedRegex": r"^[a-z]+\.example\.org$"},
        red={"allowed": ["a.example.org", "a.b.example.org"]},
    )
    assert found == [
        (
            "red.yaml: spec.hostValidationConfig.allowed[0]: host 'a.example.org' is matched by "
            r"'^[a-z]+\\.example\\.org$' of tenant 'blue' (blue.yaml "
            "spec.hostValidationConfig.allowedRegex) too; a host belongs to one tenant: narrow the "
            "expression, or remove the host"
        )
    ]


def test_a_tenant_may_name_a_host_twice_and_match_its_own() -> None:
    blue = {"allowed": ["a.org", "a.org"], "allowedRegex": r"^a\.org$"}
    assert told(object, blue=blue) == []
    assert told(Note, blue=blue) == []


def test_what_is_refused_anyway_overlaps_with_nothing() -> None:
    tenants: dict[str, dict[str, Any]] = {
        "blue": {"allowed": ["*.a.org"], "denyWildcards": True},
        "red": {"allowed": ["*.a.org", "x.a.org"]},
        "green": {"allowedRegex": r"^\*\.a\.org$", "denyWildcards": True},
    }
    assert told(object, **tenants) == []
    assert told(Note, **tenants) == [
        (
            "blue.yaml: spec.hostValidationConfig.allowed[0]: '*.a.org' is listed, but "
            "denyWildcards "
            "refuses it"
        )
    ]


def test_a_host_under_a_wildcard_of_another_tenant_is_remarked() -> None:
    tenants = {
        "blue": {"allowed": ["*.b.org"]},
        "red": {"allowed": ["x.b.org", "*.y.b.org", "b.org", "z.c.org"]},
        "green": {"allowed": ["*"]},
    }
    assert told(object, **tenants) == []
    assert told(Note, **tenants)[:2] == [
        (
            "blue.yaml: spec.hostValidationConfig.allowed[0]: host '*.b.org' falls under '*' of "
            "tenant "
            "'green' (green.yaml spec.hostValidationConfig.allowed[0]), which gets its requests as "
            "long as nothing serves it"
        ),
        (
            "red.yaml: spec.hostValidationConfig.allowed[0]: host 'x.b.org' falls under '*.b.org' "
            "of "
            "tenant 'blue' (blue.yaml spec.hostValidationConfig.allowed[0]), which gets its "
            "requests "
            "as long as nothing serves it"
        ),
    ]
    assert [one.split("host ")[1].split(" of")[0] for one in told(Note, **tenants)] == [
        "'*.b.org' falls under '*'",
        "'x.b.org' falls under '*.b.org'",
        "'*.y.b.org' falls under '*.b.org'",
        "'b.org' falls under '*'",
        "'z.c.org' falls under '*'",
    ]


def test_two_expressions_that_may_match_one_host_are_remarked() -> None:
    tenants = {
        "blue": {"allowedRegex": r"^[a-z]+\.b\.example\.org$"},
        "red": {"allowedRegex": r"^[a-z.]+\.example\.org$"},
        "green": {"allowedRegex": r"^[a-z]+\.example\.com$"},
    }
    assert told(object, **tenants) == []
    assert told(Note, **tenants) == [
        (
            r"blue.yaml: spec.hostValidationConfig.allowedRegex: '^[a-z]+\\.b\\.example\\.org$' "
            r"and "
            "the expression of tenant 'red' (red.yaml spec.hostValidationConfig.allowedRegex) may "
            "match "
            "the same host; let each end in a domain of its own"
        )
    ]


def test_an_expression_of_unknown_end_may_match_what_all_others_do() -> None:
    many = {f"t{number}": {"allowedRegex": rf"^[a-z]+\.t{number}\.org$"} for number in range(3)}
    found = told(Note, any={"allowedRegex": "^a|b$"}, **many)
    assert len(found) == 3
    assert all("and the expression of tenant 'any' (" in one for one in found)


def test_only_the_first_three_are_named() -> None:
    same = {f"t{number}": {"allowedRegex": r"^[a-z]+\.org$"} for number in range(5)}
    last = told(Note, **same)[-1]
    assert last.count("spec.hostValidationConfig.allowedRegex)") == 3
    assert " and 1 more may match the same host" in last


def test_an_expression_without_anchors_is_remarked() -> None:
    assert told(Note, blue={"allowedRegex": r"a\.org$"}) == [
        (
            r"blue.yaml: spec.hostValidationConfig.allowedRegex: 'a\\.org$' may match in the "
            r"middle of "
            "a host; write ^ and $ around it"
        )
    ]


def test_what_is_no_host_name_is_remarked() -> None:
    wrong = ["https://a.org", "a.org/path", "a.*.org", "-a.org"]
    found = told(Note, blue={"allowed": [*wrong, "a.org", "*", "*.a.org"]})
    assert found == [
        f"blue.yaml: spec.hostValidationConfig.allowed[{index}]: {host!r} is no host name, so it "
        "allows nothing"
        for index, host in enumerate(wrong)
    ]
