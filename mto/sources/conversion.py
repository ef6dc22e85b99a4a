"""A file of older manifests as the newest version has them, for ``mto convert``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mto.sources.yaml import read
from mto.spec.convert import is_v1beta2, to_v1beta3
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
    manifests: list[Mapping[str, Any]] = []
    warnings: list[str] = []
    for document in found.documents:
        if not is_v1beta2(document.data):
            manifests.append(document.data)
            continue
        converted = to_v1beta3(document.data)
        manifests += converted.manifests
        warnings += (
            str(Note.at(document.origin, place, said)) for place, said in converted.warnings
        )
    changed = any(is_v1beta2(one.data) for one in found.documents)
    return ConvertedFile(tuple(manifests), tuple(warnings), changed)
