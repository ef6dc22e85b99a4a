from __future__ import annotations

import pytest

from mto.spec.reference import cell, kind_pages


def line(page: str, field: str) -> str:
    """The row of a field."""
    (found,) = (row for row in kind_pages()[page].splitlines() if row.startswith(f"| `{field}` "))
    return found


@pytest.mark.parametrize(
    ("page", "field", "type_and_default"),
    [
        pytest.param("tenant.md", "spec.quota", "DNS name | required", id="a name"),
        pytest.param(
            "tenant.md",
            "spec.namespaces.sandboxes.enabled",
            "true or false | `false`",
            id="a switch within an object",
        ),
        pytest.param(
            "tenant.md",
            "spec.namespaces.metadata.specific[].namespaces",
            "list of namespace name | required",
            id="a field of each entry of a list",
        ),
        pytest.param("quota.md", "spec.resourcequota.hard", "map of amount | `{}`", id="amounts"),
        pytest.param(
            "quota.md",
            "spec.resourcequota.scopeSelector.matchExpressions[].operator",
            "`In` or `NotIn` or `Exists` or `DoesNotExist` | required",
            id="one of some words",
        ),
        pytest.param(
            "integrationconfig.md", "spec.components.dex.values", "any | `{}`", id="anything"
        ),
    ],
)
def test_a_field_has_its_type_and_default(page: str, field: str, type_and_default: str) -> None:
    assert f" | {type_and_default} | " in line(page, field)


def test_a_field_says_what_of_it_comes_later() -> None:
    assert line("integrationconfig.md", "spec.metadata.groups").endswith(
        "**Is accepted, but has no effect yet.** |"
    )


def test_rules_between_fields_stand_below_with_their_places() -> None:
    lines = kind_pages()["tenant.md"].splitlines()
    assert lines[-1] == (
        "- `spec.pods.tolerations.allowed[]`: a value needs the key that it belongs to."
    )
    assert "Rules between fields, kept by `mto check` and by the API server:" in lines


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        pytest.param("<tenant>-<name>", r"\<tenant\>-\<name\>", id="no HTML"),
        pytest.param("a|b *.c", r"a\|b \*.c", id="neither columns nor emphasis"),
        pytest.param("see ``a_b`` and `*`", "see `a_b` and `*`", id="code as it is"),
        pytest.param("two\n  lines", "two lines", id="one line"),
    ],
)
def test_text_means_itself_in_a_cell(text: str, markdown: str) -> None:
    assert cell(text) == markdown
