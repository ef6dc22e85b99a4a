from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mto.sources.yaml import MAX_BYTES, read

# JSON writes what lies beyond as two escapes, which libyaml does not put together.
words = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def data(text: str) -> list[Any]:
    found = read("t.yaml", text.encode())
    assert found.problems == ()
    return [one.data for one in found.documents]


def wrong(text: str | bytes) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    return [str(one) for one in read("t.yaml", raw).problems]


def test_documents_come_one_by_one_without_empty_ones() -> None:
    assert data("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n") == [{"a": 1}, {"b": 2}]


def test_a_list_of_kubectl_is_taken_apart_with_its_lines() -> None:
    text = "kind: List\nitems:\n- kind: A\n  x: 1\n- kind: TenantList\n  items:\n  - {kind: B}\n"
    found = read("t.yaml", text.encode()).documents
    assert [one.data for one in found] == [{"kind": "A", "x": 1}, {"kind": "B"}]
    assert [one.origin.line() for one in found] == [3, 7]
    assert found[0].origin.line(("x",)) == 4


def test_every_field_has_its_line() -> None:
    text = "a:\n  b:\n    - c: 1\n\n    - d\n  e: |\n    x\n    y\nf: {g: [1,\n  2]}\n"
    (found,) = read("t.yaml", text.encode()).documents
    assert dict(found.origin.lines) == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 3,
        ("a", "b", 0, "c"): 3,
        ("a", "b", 1): 5,
        ("a", "e"): 6,
        ("f",): 9,
        ("f", "g"): 9,
        ("f", "g", 0): 9,
        ("f", "g", 1): 10,
    }


def test_quoted_scalars_and_blocks_are_text() -> None:
    assert data("a: 'yes'\nb: \"5\"\nc: |\n  1\nd: !!str 5\n") == [
        {"a": "yes", "b": "5", "c": "1\n", "d": "5"}
    ]


def test_keys_become_text_as_with_kubectl() -> None:
    found = read("t.yaml", b"on: 1\n8080: 2\nn: 3\n'no': 4\ntrue : 5\n")
    assert found.documents[0].data == {"true": 1, "8080": 2, "n": 3, "no": 4}
    assert [str(one) for one in found.notes] == [
        "t.yaml:1: the key on is read as true, as kubectl does; quote it to keep it",
        "t.yaml:3: kubectl reads the key n as false; quote it",
    ]
    assert [str(one) for one in found.problems] == [
        "t.yaml:5: 'true' is given twice here; keep one of them"
    ]


def test_aliases_and_merges_work_and_keep_the_lines_of_their_anchor() -> None:
    text = "base: &base\n  a: 1\n  b: 2\none: *base\ntwo:\n  <<: *base\n  b: 3\n"
    (found,) = read("t.yaml", text.encode()).documents
    assert found.data["one"] == {"a": 1, "b": 2}
    assert found.data["two"] == {"a": 1, "b": 3}
    assert found.origin.line(("one", "a")) == 2
    assert found.origin.line(("two", "a")) == 2
    assert found.origin.line(("two", "b")) == 7


def test_of_several_merged_mappings_the_first_wins() -> None:
    assert data("x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n")[0]["z"] == {
        "a": 1,
        "b": 2,
    }


def test_an_anchor_ends_with_its_document() -> None:
    assert wrong("a: &x 1\n---\nb: *x\n") == ["t.yaml:3: *x stands for nothing: no &x before it"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "a: 1\nb:\n  c: 1\n  c: 2\n",
            "t.yaml:4: 'c' is given twice here; keep one of them",
            id="a key twice",
        ),
        pytest.param(
            "a:\n\tb: 1\n", "t.yaml:2: a tab indents this line; YAML wants spaces", id="tab"
        ),
        pytest.param(
            "a: b: c\n",
            "t.yaml:1: no YAML: mapping values are not allowed in this context (text that holds "
            "': ' needs quotes; or the indentation is wrong)",
            id="colon in text",
        ),
        pytest.param(
            "a:\n  - b\n c: 1\n",
            "t.yaml:3: no YAML: did not find expected key (the indentation changes here, or a "
            "quote before is not closed)",
            id="indentation",
        ),
        pytest.param(
            'a: "b\n',
            "t.yaml:2: no YAML: found unexpected end of stream (a quote is not closed)",
            id="open quote",
        ),
        pytest.param(
            "a: [b\nc: d\n",
            "t.yaml:2: no YAML: did not find expected ',' or ']' (a '[' is not closed)",
            id="open bracket",
        ),
        pytest.param(
            b"a: \xc3\x28\n",
            "t.yaml:1: no YAML: invalid trailing UTF-8 octet",
            id="no UTF-8",
        ),
        pytest.param(
            b"a: b\nc: \x01\n",
            "t.yaml:2: no YAML: control characters are not allowed",
            id="control character",
        ),
        pytest.param(
            "a: &x [*x]\n",
            "t.yaml:1: *x stands for nothing: no &x before it",
            id="an alias within its anchor",
        ),
        pytest.param(
            "? [a]\n: b\n", "t.yaml:1: a key must be text, not a list or a mapping", id="list key"
        ),
        pytest.param(
            "~: b\n", "t.yaml:1: a key must be text; this one is empty or no text", id="null key"
        ),
        pytest.param(
            "a: !!python/object:os.system x\n",
            "t.yaml:1: tag 'tag:yaml.org,2002:python/object:os.system' is not supported; remove it",
            id="tag of a scalar",
        ),
        pytest.param(
            "a: !thing {}\n",
            "t.yaml:1: tag '!thing' is not supported; remove it",
            id="tag of a mapping",
        ),
        pytest.param("a: .nan\n", "t.yaml:1: .nan is no number that JSON knows", id="nan"),
        pytest.param(
            "a: {<<: 5}\n", "t.yaml:1: '<<' takes a mapping, or a list of mappings", id="merge"
        ),
        pytest.param("[" * 101 + "]" * 101, "t.yaml:1: nested deeper than 100 levels", id="deep"),
        pytest.param(
            "[" * 500_000, "t.yaml:1: nested deeper than 100 levels", id="deep enough to crash C"
        ),
        pytest.param(
            "---\na\n" * 1_001, "t.yaml:2001: more than 1,000 documents; split the file", id="many"
        ),
        pytest.param(
            "a: '" + "x" * MAX_BYTES + "'\n",
            "t.yaml: 1,048,582 bytes long; a file may have 1,048,576. Split it into several files",
            id="long",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str | bytes, message: str) -> None:
    assert wrong(text) == [message]


def test_a_few_aliases_cannot_stand_for_a_billion_values() -> None:
    levels = (f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 9))
    lines = ("a0: &a0 [x,x,x,x,x,x,x,x,x]", *levels)
    assert wrong("\n".join(lines)) == ["t.yaml:5: aliases stand for more than 10,000 values"]


def test_after_a_mistake_what_came_before_it_remains() -> None:
    found = read("t.yaml", b"a: 1\n---\nb: [\n")
    assert [one.data for one in found.documents] == [{"a": 1}]
    assert found.complete is False


def test_a_key_given_twice_does_not_end_the_reading() -> None:
    found = read("t.yaml", b"a: 1\na: 2\n---\nb: 1\n")
    assert [one.data for one in found.documents] == [{"a": 1}, {"b": 1}]
    assert found.complete is True


@given(values)
def test_what_json_says_is_read_back(value: Any) -> None:
    assert data(json.dumps({"value": value})) == [{"value": value}]


class Quoting(yaml.SafeDumper):
    """Quotes every text: plain ones such as ``0E0`` are numbers to kubectl, and text to PyYAML."""

    def quoted(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')


Quoting.add_representer(str, Quoting.quoted)


@given(values)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    written = yaml.dump({"value": value}, Dumper=Quoting, allow_unicode=False)
    assert data(written) == [{"value": value}]


@given(st.binary(max_size=200))
def test_no_bytes_end_the_process(text: bytes) -> None:
    read("t.yaml", text)
