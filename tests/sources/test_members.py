from __future__ import annotations

import re
from pathlib import Path

import pytest

from mto.sources.members import MOST_BYTES, MembersUnreadable, parse, read_file

START = "members of groups can't be read from m.yaml: "


def test_members_by_group_each_once() -> None:
    text = b"groups:\n  leads: [anna@example.org, ben, anna@example.org]\n  nobody: []\n"
    assert parse(text, "m.yaml") == {"leads": ("anna@example.org", "ben"), "nobody": ()}
    assert parse(b'{"groups": {"leads": ["anna"]}}', "m.json") == {"leads": ("anna",)}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "it must hold one key, groups, with a mapping of groups", id="empty"),
        pytest.param(
            "groups: {}\nmore: 1",
            "it must hold one key, groups, with a mapping of groups",
            id="more",
        ),
        pytest.param(
            "groups: [leads]", "groups must be a mapping from a group to its members", id="a list"
        ),
        pytest.param(
            "groups: {leads: anna}", "groups.leads must be a list of user names", id="text"
        ),
        pytest.param(
            "groups: {leads: [anna, 7]}",
            "groups.leads[1]: '7' is no name: text of at most 1024 printable characters, without "
            "spaces around it",
            id="a number",
        ),
        pytest.param(
            'groups: {leads: ["a\\nb"]}',
            "groups.leads[0]: 'a\\nb' is no name: text of at most 1024 printable characters, "
            "without spaces around it",
            id="two lines",
        ),
        pytest.param(
            "groups: {leads: [' anna']}",
            "groups.leads[0]: ' anna' is no name: text of at most 1024 printable characters, "
            "without spaces around it",
            id="a space before",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(MembersUnreadable, match=f"^{re.escape(START + problem)}$"):
        parse(text.encode(), "m.yaml")


def test_what_is_no_document_is_told() -> None:
    with pytest.raises(MembersUnreadable, match="it is neither YAML nor JSON: "):
        parse(b"groups: {", "m.yaml")
    with pytest.raises(MembersUnreadable, match="it is neither YAML nor JSON: "):
        parse(b"\xff\xfe\x00", "m.yaml")


def test_a_few_lines_that_stand_for_gigabytes_are_refused() -> None:
    with pytest.raises(MembersUnreadable, match="anchors and aliases are not allowed"):
        parse(b"groups: {a: &a [x], b: *a}", "m.yaml")


def test_what_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(MembersUnreadable, match=r"m\.yaml: it is longer than 1 MiB$"):
        read_file(path, "m.yaml")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MembersUnreadable, match=re.escape(START + "No such file or directory")):
        read_file(tmp_path / "m.yaml", "m.yaml")
