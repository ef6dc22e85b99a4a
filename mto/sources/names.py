"""Names that manifests hold, read quickly and unchecked: to be offered, not to be relied on.

A file that is wrong offers what could be read of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mto.sources.yaml import MAX_BYTES, read

_ROLES = ("owners", "editors", "viewers")


@dataclass(frozen=True)
class Names:
    """Tenants and their members, sorted."""

    tenants: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def read_names(path: Path, *, seconds: float) -> Names:
    """What a folder or file declares, as far as it can be read in that time; raises OSError."""
    ends = time.monotonic() + seconds
    found: dict[str, set[str]] = {"tenants": set(), "users": set(), "groups": set()}
    for file in _files(path):
        if time.monotonic() > ends:
            break
        for tenant in _tenants(file):
            found["tenants"] |= _texts([_at(tenant, "metadata").get("name")])
            for members in _members(_at(tenant, "spec")):
                found["users"] |= _texts(members.get("users"))
                found["groups"] |= _texts(members.get("groups"))
    return Names(**{what: tuple(sorted(names)) for what, names in found.items()})


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for one in sorted(path.rglob("*.y*ml")):
        if one.suffix in (".yaml", ".yml") and not one.name.startswith("."):
            yield one


def _tenants(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open("rb") as stream:
        text = stream.read(MAX_BYTES)
    if b"Tenant" not in text:
        return
    for document in read(str(file), text).documents:
        if isinstance(document.data, dict) and document.data.get("kind") == "Tenant":
            yield document.data


def _members(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Also where v1beta2 has them."""
    for place in (spec, _at(spec, "accessControl")):
        yield from (_at(place, role) for role in _ROLES)


def _at(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _texts(values: Any) -> set[str]:
    return {one for one in values if isinstance(one, str)} if isinstance(values, list) else set()
