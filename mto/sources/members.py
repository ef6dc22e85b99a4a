"""Members of groups, as a document: ``groups: {leads: [anna@example.org]}``, in YAML or JSON.

Not one of MTO's: plain Kubernetes has no list of a group's members, and MTO leaves open where it
would come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from mto.errors import UsageError

MOST_BYTES: Final = 1024**2
LONGEST_NAME: Final = 1024


class MembersUnreadable(UsageError):
    """A source of members can't be used; ``problem`` says why, as the end of a sentence."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"members of groups can't be read from {source}: {problem}")
        self.problem = problem


def read_file(path: Path, source: str) -> Mapping[str, tuple[str, ...]]:
    """Raises MembersUnreadable."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MembersUnreadable(source, error.strerror or str(error)) from error
    return parse(text, source)


def parse(text: bytes, source: str) -> Mapping[str, tuple[str, ...]]:
    """Members by group, each once; raises MembersUnreadable, which names the place."""
    if len(text) > MOST_BYTES:
        raise MembersUnreadable(source, f"it is longer than {MOST_BYTES // 1024**2} MiB")
    try:
        document = _document(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        first = str(error).replace("\n", " ")[:200]
        raise MembersUnreadable(source, f"it is neither YAML nor JSON: {first}") from error
    if not isinstance(document, dict) or document.keys() != {"groups"}:
        raise MembersUnreadable(source, "it must hold one key, groups, with a mapping of groups")
    groups = document["groups"]
    if not isinstance(groups, dict):
        raise MembersUnreadable(source, "groups must be a mapping from a group to its members")
    return {
        _name(group, source, "groups"): _members(group, groups[group], source) for group in groups
    }


def _document(text: bytes) -> Any:
    """Without aliases: by them a few lines could stand for gigabytes."""
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not allowed")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _members(group: Any, members: Any, source: str) -> tuple[str, ...]:
    where = f"groups.{group}"
    if not isinstance(members, list):
        raise MembersUnreadable(source, f"{where} must be a list of user names")
    return tuple(dict.fromkeys(_named(members, source, where)))


def _named(members: list[Any], source: str, where: str) -> Iterator[str]:
    for position, member in enumerate(members):
        yield _name(member, source, f"{where}[{position}]")


def _name(value: Any, source: str, where: str) -> str:
    fits = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    if not fits or value != value.strip():
        raise MembersUnreadable(
            source,
            f"{where}: {str(value)[:80]!r} is no name: text of at most {LONGEST_NAME} printable "
            "characters, without spaces around it",
        )
    return str(value)
