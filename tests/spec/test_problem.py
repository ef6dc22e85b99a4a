from __future__ import annotations

import pytest

from mto.errors import SpecError
from mto.spec.origin import Origin
from mto.spec.problem import ManifestErrors, Problem, near


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("a.yaml", 12, "spec.quota", "wrong"), "a.yaml:12: spec.quota: wrong"),
        (Problem("a.yaml", 12, "", "wrong"), "a.yaml:12: wrong"),
        (Problem("a.yaml", 0, "", "wrong"), "a.yaml: wrong"),
    ],
)
def test_a_problem_says_where_it_is(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_problem_takes_the_line_of_the_nearest_field_around_it() -> None:
    origin = Origin("a.yaml", {(): 1, ("spec",): 4})
    assert str(Problem.at(origin, ("spec", "users", 0), "wrong")) == (
        "a.yaml:4: spec.users[0]: wrong"
    )


def test_all_problems_are_told_in_one_error_sorted_by_file_and_line() -> None:
    problems = [
        Problem("b.yaml", 2, "", "third"),
        Problem("a.yaml", 10, "", "second"),
        Problem("a.yaml", 9, "", "first"),
        Problem("a.yaml", 9, "", "first"),
    ]
    with pytest.raises(ManifestErrors) as error:
        raise ManifestErrors(problems)
    assert str(error.value) == "a.yaml:9: first\na.yaml:10: second\nb.yaml:2: third"
    assert isinstance(error.value, SpecError)
    assert error.value.exit_code == 2


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert near("owner", ["owners", "editors"]) == "; did you mean 'owners'?"
    assert near("zebra", ["owners", "editors"]) == ""
