from __future__ import annotations

import pytest

from mto.spec.labels import is_reserved, key_problem, value_problem

NAME = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"


@pytest.mark.parametrize(
    "key", ["a", "A.b_c-1", "example.org/team", "9/9", "a" * 63, f"{'a.' * 126}b/x"]
)
def test_a_key_that_kubernetes_takes(key: str) -> None:
    assert key_problem(key) is None


@pytest.mark.parametrize("key", ["", "a b", "-a", "a-", "example.org/", "a" * 64, "ä"])
def test_a_key_that_it_does_not_take(key: str) -> None:
    assert key_problem(key) == f"key {key!r} is not allowed: {NAME}"


@pytest.mark.parametrize("key", ["/a", "Example.org/a", "a/b/c", f"{'a' * 254}/x", "x..y/a"])
def test_a_prefix_that_it_does_not_take(key: str) -> None:
    assert key_problem(key) == (
        f"key {key!r} is not allowed: before the '/' stands a DNS name in lower case, of at most "
        "253 characters"
    )


@pytest.mark.parametrize("value", ["", "x", "A_b.c-9", "a" * 63])
def test_a_value_that_a_label_takes(value: str) -> None:
    assert value_problem(value) is None


@pytest.mark.parametrize("value", ["a@b", " ", "-", "a" * 64, "x\n"])
def test_a_value_that_it_does_not_take(value: str) -> None:
    assert value_problem(value) == f"value {value!r} is not allowed for a label: {NAME}"


@pytest.mark.parametrize(
    ("key", "reserved"),
    [
        ("stakater.com/tenant", True),
        ("mto.stakater.com/managed", True),
        ("mto.stakater.com/anything", True),
        ("app.kubernetes.io/managed-by", True),
        ("kubernetes.io/metadata.name", True),
        ("stakater.com/kind", False),
        ("tenant", False),
    ],
)
def test_keys_that_mto_and_the_api_server_set_are_reserved(key: str, *, reserved: bool) -> None:
    assert is_reserved(key) is reserved
