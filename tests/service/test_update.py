"""Which vanished tenants an update destroys."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mto.service.update import Wishes, pruned
from mto.service.workspace import Workspace


def workspace(*stacks: str, declared: int, prune: bool) -> Workspace:
    found: Any = SimpleNamespace(
        environment=SimpleNamespace(prune=prune),
        world=SimpleNamespace(tenants=dict.fromkeys(stacks[:declared])),
        stacks=lambda: dict.fromkeys(stacks),
    )
    found.vanished = lambda: Workspace.vanished(found)
    return cast("Workspace", found)


@pytest.mark.parametrize(
    ("declared", "prune", "wishes", "gone"),
    [
        pytest.param(4, False, Wishes(), (), id="nobody asked"),
        pytest.param(4, False, Wishes(prune=True), ("e",), id="asked for"),
        pytest.param(0, False, Wishes(prune=True), tuple("abcde"), id="all of them, asked for"),
        pytest.param(4, True, Wishes(), ("e",), id="a fifth, by the settings"),
        pytest.param(3, True, Wishes(), (), id="more than a fifth at once"),
        pytest.param(0, True, Wishes(), (), id="all at once"),
        pytest.param(4, True, Wishes(("a",)), (), id="only some tenants are looked at"),
    ],
)
def test_many_tenants_never_go_unasked(
    declared: int, wishes: Wishes, gone: tuple[str, ...], *, prune: bool
) -> None:
    found = workspace(*"abcde", declared=declared, prune=prune)
    assert pruned(found, wishes, found.vanished()) == gone
