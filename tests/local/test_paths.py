from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.local.errors import BadName
from mto.local.paths import Home, cache_dir


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTO_CACHE_DIR", str(tmp_path / "here"))
    assert cache_dir() == tmp_path / "here"
    assert Home("blue").root == tmp_path / "here" / "local" / "blue"


def test_without_the_variable_the_cache_is_the_platforms_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MTO_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir().is_relative_to(tmp_path)
    assert cache_dir().name == "mto"


@pytest.mark.parametrize("name", ["a", "mto", "0", "test-1-a", "x" * 40])
def test_a_plain_name_is_taken(name: str) -> None:
    assert Home(name).root.name == name


@pytest.mark.parametrize(
    "name", ["", "Mto", "-a", "a-", "a_b", "a.b", "..", "a/b", "a b", "a\n", "x" * 41, "--all"]
)
def test_any_other_name_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(BadName) as refusal:
        Home(name)
    assert str(refusal.value) == (
        f"cluster name {name!r} can't be used; allowed: 1 to 40 lower-case letters, digits "
        "and '-', a letter or digit at both ends"
    )
    assert refusal.value.exit_code == 2


@given(st.text(max_size=45))
def test_no_name_leads_out_of_the_cache(name: str) -> None:
    try:
        root = Home(name).root
    except BadName:
        return
    assert root.parent == cache_dir() / "local"
    assert root.resolve() == root.parent.resolve() / name
