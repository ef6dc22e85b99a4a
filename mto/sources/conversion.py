"""A file of older manifests as the newest version has them, for ``mto convert``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mto.sources.yaml import read
from mto.spec.convert.newest import newest
from mto.spec.problem import ManifestErrors, Note, Problem


@dataclass(frozen=True)
class ConvertedFile:
    """All documents of the file, converted where they were old. Comments are not kept."""

    manifests: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    changed: bool


def converted_file(path: Path) -> ConvertedFile:
    """Raises ManifestErrors for what is no YAML or no manifest."""
    try:
        found = read(str(path), path.read_bytes())
    except OSError as error:
        problem = Problem(str(path), 0, "", f"can't be read: {error.strerror or error}")
        raise ManifestErrors([problem]) from error
    strange = [
        Problem.at(one.origin, (), "is no manifest: a mapping with apiVersion and kind is needed")
        for one in found.documents
        if not isinstance(one.data, dict)
    ]
    if found.problems or strange:
        raise ManifestErrors([*found.problems, *strange])
    converted = [(one, newest(one.data, one.origin)) for one in found.documents]
    if wrong := [problem for _, one in converted if one for problem in one.problems]:
        raise ManifestErrors(wrong)
    manifests: list[Mapping[str, Any]] = []
    warnings: list[str] = []
    for document, new in converted:
        manifests += new.manifests if new else (document.data,)
        warnings += (
            str(Note.at(document.origin, place, said))
            for place, said in (new.warnings if new else ())
        )
    return ConvertedFile(
        tuple(manifests), tuple(warnings), changed=any(new for _, new in converted)
    )
