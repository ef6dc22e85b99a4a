from __future__ import annotations

from pathlib import Path

from mto.sources.generated import Generated, generated

ROOT = Path(__file__).parents[2]


def test_a_folder_is_brought_up_to_date_and_then_it_is(tmp_path: Path) -> None:
    (tmp_path / "crds").mkdir()
    (tmp_path / "crds" / "old.yaml").write_text("an earlier kind")
    (tmp_path / "crds" / "b.yaml").write_text("edited")
    (tmp_path / "crds" / "c.yaml").write_text("c\n")
    made = Generated(tmp_path / "crds", {"a.yaml": "a\n", "b.yaml": "b\n", "c.yaml": "c\n"})
    stale = tuple(tmp_path / "crds" / name for name in ("a.yaml", "b.yaml", "old.yaml"))
    assert made.stale() == stale
    assert made.write() == stale
    assert {one.name: one.read_text() for one in made.folder.iterdir()} == made.files
    assert made.stale() == made.write() == ()


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    made = Generated(tmp_path / "docs" / "schemas", {"a.json": "{}\n"})
    assert made.stale() == (made.folder / "a.json",)
    made.write()
    assert (made.folder / "a.json").read_text() == "{}\n"


def test_folders_within_are_somebody_else_s(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    assert Generated(tmp_path, {}).stale() == ()


def test_what_is_generated_from_the_models_is_what_lies_in_the_tree() -> None:
    made = generated(ROOT)
    folders = [one.folder.relative_to(ROOT).as_posix() for one in made]
    assert folders == [
        "deploy/crds",
        "deploy/service/manifests",
        "docs/schemas",
        "docs/reference/kinds",
    ]
    assert [one.stale() for one in made] == [()] * 4
