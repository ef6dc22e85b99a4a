"""A record going out and coming in."""

from __future__ import annotations

import pytest

from mto.state.deployment import exported, imported
from mto.state.errors import StateUnreadable
from tests.support import blue


def test_what_goes_out_comes_in_again() -> None:
    checkpoint = blue.checkpoint("2-updated")
    assert imported("dev.blue", exported(checkpoint)).resources == checkpoint.resources


def test_what_was_under_way_is_dropped() -> None:
    assert imported("dev.blue", exported(blue.checkpoint("5-killed"))).pending == ()


def test_the_record_of_another_stack_is_refused() -> None:
    with pytest.raises(StateUnreadable) as error:
        imported("dev.red", exported(blue.checkpoint("2-updated")))
    assert str(error.value) == (
        "the deployment to import can't be read: it is of another stack: "
        "urn:pulumi:dev.blue::mto::pulumi:pulumi:Stack::mto-dev.blue does not begin with "
        "urn:pulumi:dev.red::mto::"
    )
