from __future__ import annotations

import pytest

from mto.spec.regex import RegexError, check, search


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
