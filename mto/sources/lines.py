"""The line of every field of a document, kept small: one number for a leaf, shared by aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from typing_extensions import override

from mto.spec.origin import Path


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping or list: its own line, and its children by key or index."""

    line: int
    children: dict[str, Tree] | list[Tree]


Tree: TypeAlias = int | Branch


@dataclass(frozen=True)
class Lines(Mapping[Path, int]):
    """1-based lines by path, looked up in the tree; what ``Origin.lines`` asks for."""

    tree: Tree

    @override
    def __getitem__(self, path: Path) -> int:
        tree = self._find(path)
        return tree.line if isinstance(tree, Branch) else tree

    def under(self, path: Path) -> Lines:
        """The lines of the part at ``path``, as if it were a document."""
        return Lines(self._find(path))

    @override
    def __iter__(self) -> Iterator[Path]:
        return _paths((), self.tree)

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _find(self, path: Path) -> Tree:
        tree = self.tree
        for part in path:
            if not isinstance(tree, Branch):
                raise KeyError(path)
            try:
                tree = tree.children[part]  # type: ignore[index]
            except (IndexError, TypeError):
                raise KeyError(path) from None
        return tree


def _paths(path: Path, tree: Tree) -> Iterator[Path]:
    yield path
    if not isinstance(tree, Branch):
        return
    pairs = tree.children.items() if isinstance(tree.children, dict) else enumerate(tree.children)
    for part, child in pairs:
        yield from _paths((*path, part), child)
