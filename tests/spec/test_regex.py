from __future__ import annotations

import pytest

from mto.spec.regex import (
    RegexError,
    Together,
    check,
    example,
    is_anchored,
    literal_end,
    open_ends,
    search,
)


def test_a_match_may_lie_anywhere() -> None:
    assert search("openshift-infra", "system:serviceaccount:openshift-infra:builder")
    assert not search("^infra", "openshift-infra")


def test_go_syntax_is_accepted_where_pythons_differs() -> None:
    check(r"\pN+\z")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        pytest.param("(?=a)", "invalid perl operator: (?=", id="look-ahead"),
        pytest.param(r"(a)\1", r"invalid escape sequence: \1", id="back-reference"),
        pytest.param("[a", "missing ]: [a", id="unclosed"),
    ],
)
def test_what_re2_does_not_know_is_refused(
    expression: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RegexError) as error:
        check(expression)
    assert str(error.value) == (
        f"{expression!r} is no regular expression that Kubernetes understands ({reason}); "
        "write RE2, which has no look-ahead and no back-references"
    )
    assert capfd.readouterr().err == ""


def test_many_expressions_are_asked_together() -> None:
    every = Together([f"^[a-z]+\\.t{number}\\.org$" for number in range(1000)] + ["t7"])
    assert every.matching("web.t7.org") == (7, 1000)
    assert every.matching("web.t7.com") == (1000,)
    assert every.matching("nothing") == ()
    assert Together([]).matching("t7") == ()


@pytest.mark.parametrize(
    ("expression", "end"),
    [
        pytest.param(r"^[a-z0-9-]+\.weather\.example\.org$", ".weather.example.org", id="a domain"),
        pytest.param(r"^a\.org$", "a.org", id="one host"),
        pytest.param(r"a\.org", "", id="no end"),
        pytest.param(r"a\.org\$", "", id="a dollar that is meant"),
        pytest.param(r"^a\.org|b\.org$", "", id="alternatives"),
        pytest.param(r"(?i)a\.org$", "", id="flags"),
        pytest.param(r"a\.orgs?$", "", id="the last character is optional"),
        pytest.param(r"ax+\.org$", ".org", id="a repeated character ends it"),
        pytest.param(r"x{2,3}$", "", id="counted repetition"),
        pytest.param(r"\db\.org$", "b.org", id="a class"),
        pytest.param(r"[]a]b$", "b", id="a class with a bracket"),
        pytest.param(r"\x41$", "", id="a code point"),
        pytest.param(r"\Q[\Ea$", "", id="a quotation"),
        pytest.param(r"a.org$", "org", id="any character"),
    ],
)
def test_the_plain_end_of_an_expression_is_known(expression: str, end: str) -> None:
    check(expression)
    assert literal_end(expression) == end


def test_an_expression_is_anchored_at_both_ends() -> None:
    assert is_anchored("^a$")
    assert not is_anchored("^a")
    assert not is_anchored("a$")


@pytest.mark.parametrize(
    ("expression", "ends", "text"),
    [
        pytest.param("a", (True, True), "a", id="open"),
        pytest.param(r"^a\.b$", (False, False), "a.b", id="closed"),
        pytest.param("^a|b$", (True, True), "a", id="each alternative counts"),
        pytest.param("^(a|b)$", (False, False), "", id="a group is one piece"),
        pytest.param(r"^[|]a$|^b$", (False, False), "b", id="a bar in a class"),
        pytest.param(r"^a\|b$", (False, False), "a|b", id="a bar that is meant"),
        pytest.param(r"^a\$", (False, True), "", id="a dollar that is meant"),
        pytest.param(r"^a\\$", (False, False), "a\\", id="a backslash before the end"),
        pytest.param("(?i)^a.*", (False, False), "a", id="open on purpose"),
    ],
)
def test_which_ends_are_open_and_what_is_matched(
    expression: str, ends: tuple[bool, bool], text: str
) -> None:
    assert open_ends(expression) == ends
    assert example(expression) == text
