from __future__ import annotations

from dataclasses import replace

from mto.spec.origin import Declared, Origin, once

asked: list[int] = []


@once
def doubled(declared: Declared[int]) -> int:
    asked.append(declared.value)
    return declared.value * 2


@once
def halved(declared: Declared[int]) -> int:
    return declared.value // 2


def test_a_question_about_one_manifest_is_answered_once() -> None:
    asked.clear()
    one = Declared(4, Origin("a.yaml"))
    assert [doubled(one), halved(one), doubled(one)] == [8, 2, 8]
    assert asked == [4]


def test_an_equal_manifest_and_a_changed_one_are_asked_for_themselves() -> None:
    asked.clear()
    one = Declared(4, Origin("a.yaml"))
    assert [doubled(one), doubled(Declared(4, Origin("a.yaml"))), doubled(replace(one, value=5))]
    assert asked == [4, 4, 5]
    assert one == Declared(4, Origin("a.yaml"))
