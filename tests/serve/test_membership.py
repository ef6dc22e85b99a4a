"""Members of groups as their source has them; what it does not say stays as it was known."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from mto.plan.build import Settings
from mto.serve import membership
from mto.serve.membership import Membership
from mto.serve.standing import Standing
from mto.serve.work import Work
from mto.spec.groups import Groups
from tests.support.plans import world

TEAM = """
accessControl: {owners: {users: [anna], groups: [leads]}}
namespaces: {sandboxes: {enabled: true}}
"""
GOOD = Groups({"leads": ("lea",)}, source="members.yaml")
BROKEN = Groups(source="members.yaml", problem="it is gone")


@dataclass
class Around:
    kinds: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Told:
    """Whom the members concern, and how often what is said of the source changed."""

    tenants: list[frozenset[str]] = field(default_factory=list)
    times: int = 0

    def said(self) -> None:
        self.times += 1


def member_source(told: Told) -> Membership:
    work = Work(Settings("dev"), Standing(world(TEAM)))
    nothing: Any = None
    around = cast("Any", Around())
    return Membership(nothing, nothing, work, around, told.tenants.append, told.said)


def answers(monkeypatch: pytest.MonkeyPatch, *found: Groups | float) -> None:
    """What the source says each time; a number is how long it takes to say nothing."""
    script = iter(found)

    async def read(*_: Any, **__: Any) -> Groups:
        one = next(script)
        if isinstance(one, Groups):
            return one
        await asyncio.sleep(one)
        return Groups()

    monkeypatch.setattr(membership, "read", read)


def test_members_that_change_concern_the_tenants_of_their_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told()
    other = Groups({"leads": ("lea",), "others": ("oda",)}, source="members.yaml")
    answers(monkeypatch, GOOD, other)

    async def say() -> Membership:
        one = member_source(told)
        await one.read()
        await one.read()
        return one

    one = asyncio.run(say())
    assert told.tenants == [frozenset({"blue"})]
    assert one.work.world("blue").groups.known == other.known
    assert told.times == 1


def test_what_can_t_be_read_stays_as_it_was_known_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told()
    answers(monkeypatch, GOOD, BROKEN)

    async def say() -> Membership:
        one = member_source(told)
        await one.read()
        await one.read()
        return one

    one = asyncio.run(say())
    assert one.groups == Groups(GOOD.known, "members.yaml", "it is gone")
    assert one.work.world("blue").groups == GOOD
    assert (told.tenants, told.times) == ([frozenset({"blue"})], 2)


def test_a_source_that_hangs_holds_nobody_up_and_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told()
    monkeypatch.setattr(membership, "PATIENCE", 0.05)
    answers(monkeypatch, GOOD, 3600.0)

    async def say() -> Groups:
        one = member_source(told)
        for _ in range(3):
            await one.read()
        return one.groups

    found = asyncio.run(say())
    assert found == Groups(GOOD.known, "members.yaml", "it has not answered within 0.05 s")
