"""Files that are generated from the models and committed: CRDs, JSON Schemas, reference pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mto.sources import deploy
from mto.spec.reference import kind_pages
from mto.spec.schema import crd_files, json_schema_files


@dataclass(frozen=True)
class Generated:
    """The files of one folder, by name."""

    folder: Path
    files: Mapping[str, str]

    def stale(self) -> tuple[Path, ...]:
        """Files that differ, are missing, or belong to a kind that is no more."""
        present = {one.name for one in self.folder.glob("*") if one.is_file()}
        differing = (name for name, text in self.files.items() if self._read(name) != text)
        return tuple(
            self.folder / name for name in sorted({*differing, *(present - self.files.keys())})
        )

    def write(self) -> tuple[Path, ...]:
        """Bring the folder up to date; the files that were touched."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stale = self.stale()
        for path in stale:
            if path.name in self.files:
                path.write_text(self.files[path.name], encoding="utf-8")
            else:
                path.unlink()
        return stale

    def _read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None


def generated(root: Path) -> tuple[Generated, ...]:
    """What is generated from the models alone, under ``root``."""
    return (
        Generated(root / "deploy" / "crds", crd_files()),
        Generated(root / "deploy" / "service" / "manifests", deploy.files()),
        Generated(root / "docs" / "schemas", json_schema_files()),
        Generated(root / "docs" / "reference" / "kinds", kind_pages()),
    )
