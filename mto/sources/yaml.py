"""YAML as manifests are written: several documents, the line of every field, and limits.

Built on libyaml's events and not on PyYAML's nodes: those are made by C code that recurses
without a bound, so a file of brackets ends the process, and they cost twice the time.
Stricter than kubectl in one point: a key given twice is an error, where kubectl takes the last.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from mto.sources.lines import Branch, Lines, Tree
from mto.sources.scalars import resolve
from mto.spec.origin import Origin
from mto.spec.problem import Note, Problem

MAX_BYTES: Final = 1024 * 1024
MAX_DOCUMENTS: Final = 1_000
MAX_DEPTH: Final = 100
MAX_REPEATED: Final = 10_000
"""How many values all aliases of a file may stand for."""

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
_TEXT_TAGS: Final = ("!", f"{_TAG}str")
_PLAIN_TAGS: Final = tuple(_TAG + name for name in ("null", "bool", "int", "float", "timestamp"))
_MERGE: Final = object()
_LETTERS: Final = ("y", "Y", "n", "N")
"""As keys these stay what they are: nobody means an annotation named ``false``."""
_HINTS: Final[Mapping[str, str]] = {
    "mapping values are not allowed in this context": (
        "text that holds ': ' needs quotes; or the indentation is wrong"
    ),
    "could not find expected ':'": "a key needs ': ' behind it",
    "did not find expected key": "the indentation changes here, or a quote before is not closed",
    "did not find expected '-' indicator": "the indentation changes here within a list",
    "did not find expected ',' or ']'": "a '[' is not closed",
    "did not find expected ',' or '}'": "a '{' is not closed",
    "found unexpected end of stream": "a quote is not closed",
}


@dataclass(frozen=True)
class Document:
    """One document: plain data (text, numbers, booleans, None, dicts, lists) and its place."""

    data: Any
    origin: Origin


@dataclass(frozen=True)
class Documents:
    """What one text holds. ``complete`` is false where reading stopped on the way."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    complete: bool = True


class _Stop(Exception):
    """Reading can't go on; line and message."""


def read(source: str, text: bytes) -> Documents:
    """The documents of ``text``, without empty ones; those of a ``List`` come one by one."""
    if len(text) > MAX_BYTES:
        return too_long(source, len(text))
    reader = _Reader(text)
    found = tuple(
        Document(data, Origin(source, lines))
        for whole, tree in reader.documents()
        for data, lines in _items(whole, Lines(tree))
    )
    return Documents(
        found,
        tuple(Problem(source, line, "", said) for line, said in reader.wrong),
        tuple(Note(source, line, "", said) for line, said in reader.odd),
        reader.complete,
    )


def too_long(source: str, size: int) -> Documents:
    """What is made of a text of ``size`` bytes, more than ``MAX_BYTES``: it need not be read."""
    said = f"{size:,} bytes long; a file may have {MAX_BYTES:,}. Split it into several files"
    return Documents((), (Problem(source, 0, "", said),), complete=False)


def _items(data: Any, lines: Lines) -> Iterator[tuple[Any, Lines]]:
    items = data.get("items") if isinstance(data, dict) else None
    if isinstance(items, list) and str(data.get("kind", "")).endswith("List"):
        for index, item in enumerate(items):
            yield from _items(item, lines.under(("items", index)))
    else:
        yield data, lines


class _Reader:
    """One pass over the events of a text; what is wrong or odd is collected."""

    def __init__(self, text: bytes) -> None:
        self.wrong: list[tuple[int, str]] = []
        self.odd: list[tuple[int, str]] = []
        self.complete = False
        self._text = text
        self._anchors: dict[str, tuple[Any, Tree, int]] = {}
        self._made = 0
        self._repeated = 0

    def documents(self) -> Iterator[tuple[Any, Tree]]:
        try:
            yield from self._documents()
            self.complete = True
        except _Stop as stop:
            self.wrong.append(stop.args[0])
        except yaml.YAMLError as error:
            self.wrong.append(self._syntax(error))

    def _documents(self) -> Iterator[tuple[Any, Tree]]:
        self._next = _Loader(self._text).get_event
        count = 0
        while (event := self._next()) is not None:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if (count := count + 1) > MAX_DOCUMENTS:
                raise _Stop(_at(event, f"more than {MAX_DOCUMENTS:,} documents; split the file"))
            self._anchors = {}
            event = self._next()
            data, tree = self._value(event, _line(event), 0)
            if data is not None:
                yield data, tree

    def _value(self, event: Any, line: int, depth: int) -> tuple[Any, Tree]:
        """The value that begins with ``event``, and the lines within it; ``line`` is its own."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._made
        data: Any
        tree: Tree = line
        self._made += 1
        if isinstance(event, yaml.ScalarEvent):
            data = self._scalar(event)
        elif depth >= MAX_DEPTH:
            raise _Stop(_at(event, f"nested deeper than {MAX_DEPTH} levels"))
        elif isinstance(event, yaml.MappingStartEvent):
            data, tree = self._mapping(event, line, depth + 1)
        else:
            data, tree = self._sequence(event, line, depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = (data, tree, self._made - before)
        return data, tree

    def _alias(self, event: Any) -> tuple[Any, Tree]:
        if event.anchor not in self._anchors:
            name = event.anchor
            raise _Stop(_at(event, f"*{name} stands for nothing: no &{name} before it"))
        data, tree, size = self._anchors[event.anchor]
        self._made += size
        self._repeated += size
        if self._repeated > MAX_REPEATED:
            raise _Stop(_at(event, f"aliases stand for more than {MAX_REPEATED:,} values"))
        return data, tree

    def _sequence(self, event: Any, line: int, depth: int) -> tuple[Any, Tree]:
        self._check_tag(event, "seq")
        values: list[Any] = []
        trees: list[Tree] = []
        while not isinstance(item := self._next(), yaml.SequenceEndEvent):
            value, tree = self._value(item, _line(item), depth)
            values.append(value)
            trees.append(tree)
        return values, Branch(line, trees)

    def _mapping(self, event: Any, line: int, depth: int) -> tuple[Any, Tree]:
        self._check_tag(event, "map")
        values: dict[str, Any] = {}
        trees: dict[str, Tree] = {}
        merged: list[tuple[Any, Tree]] = []
        while not isinstance(start := self._next(), yaml.MappingEndEvent):
            at = _line(start)
            key = self._key(start)
            value, tree = self._value(self._next(), at, depth)
            if key is _MERGE:
                merged += self._sources(value, tree, at)
            elif key in values:
                self.wrong.append((at, f"{key!r} is given twice here; keep one of them"))
            else:
                values[key], trees[key] = value, tree
        for value, tree in merged:
            values = {**value, **values}
            trees = {**tree.children, **trees}  # type: ignore[dict-item,union-attr]
        return values, Branch(line, trees)

    def _sources(self, value: Any, tree: Tree, line: int) -> list[tuple[Any, Tree]]:
        """What ``<<:`` draws in: a mapping, or several of which the first wins."""
        many = isinstance(value, list) and isinstance(tree, Branch)
        pairs = list(zip(value, tree.children, strict=True)) if many else [(value, tree)]  # type: ignore[union-attr]
        if all(isinstance(one, dict) for one, _ in pairs):
            return pairs
        raise _Stop((line, "'<<' takes a mapping, or a list of mappings"))

    def _key(self, event: Any) -> Any:
        """The key as text. kubectl turns ``on`` into ``true``, and ``8080`` into ``8080``."""
        if isinstance(event, yaml.AliasEvent):
            key, _ = self._alias(event)
        elif not isinstance(event, yaml.ScalarEvent):
            raise _Stop(_at(event, "a key must be text, not a list or a mapping"))
        elif event.value == "<<" and event.implicit[0]:
            return _MERGE
        else:
            key = self._scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = (key, _line(event), 1)
        return key if isinstance(key, str) else self._text_key(key, event)

    def _text_key(self, key: Any, event: Any) -> str:
        if isinstance(key, bool):
            text = "true" if key else "false"
            if (written := getattr(event, "value", text)) in _LETTERS:
                self.odd.append(_at(event, f"kubectl reads the key {written} as {text}; quote it"))
                return str(written)
            if written != text:
                said = f"the key {written} is read as {text}, as kubectl does; quote it to keep it"
                self.odd.append(_at(event, said))
            return text
        if isinstance(key, int | float):
            return str(key)
        raise _Stop(_at(event, "a key must be text; this one is empty or no text"))

    def _scalar(self, event: Any) -> Any:
        if event.implicit[0] or event.tag in _PLAIN_TAGS:
            value = resolve(event.value)
            if isinstance(value, float) and not math.isfinite(value):
                self.wrong.append(_at(event, f"{event.value} is no number that JSON knows"))
            return value
        if not event.implicit[1] and event.tag not in _TEXT_TAGS:
            self.wrong.append(_at(event, f"tag {event.tag!r} is not supported; remove it"))
        return event.value

    def _check_tag(self, event: Any, kind: str) -> None:
        if not event.implicit and event.tag not in ("!", _TAG + kind):
            self.wrong.append(_at(event, f"tag {event.tag!r} is not supported; remove it"))

    def _syntax(self, error: yaml.YAMLError) -> tuple[int, str]:
        """Libyaml's complaint, with a hint at what people usually did."""
        if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
            position = getattr(error, "position", 0)
            line = self._text.count(b"\n", 0, position) + 1
            return line, f"no YAML: {getattr(error, 'reason', error)}"
        line = error.problem_mark.line + 1
        said = str(error.problem or error.context or error)
        lines = self._text.splitlines()
        here = lines[line - 1] if line <= len(lines) else b""
        if b"\t" in here[: len(here) - len(here.lstrip())]:
            return line, "a tab indents this line; YAML wants spaces"
        hint = next((hint for start, hint in _HINTS.items() if said.startswith(start)), "")
        return line, f"no YAML: {said}" + (f" ({hint})" if hint else "")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _at(event: Any, message: str) -> tuple[int, str]:
    return _line(event), message
