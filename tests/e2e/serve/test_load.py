"""Short forms of the long trials (tests/trials): a budget under load, and chaos."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mto.local import cluster as planes
from tests.support.aftermath import run as run_chaos
from tests.support.load import KEYS, Load, run

SECONDS = 15
CLIENTS = 30


@pytest.fixture
def plane() -> Iterator[str]:
    """A name for control planes that nothing else has ever touched."""
    name = f"{os.environ['MTO_TEST_RUN']}-load"
    yield name
    gc.collect()  # connections that were cut are told of here, and not in a later test
    for one in (name, f"{name}-fresh"):
        planes.down(one)


def test_under_load_no_state_ever_shows_more_handed_out_than_the_budget(
    plane: str, tmp_path: Path
) -> None:
    """And at rest all of it can be used: by one Deployment, and by bare pods that asked for it."""
    load = Load(seconds=SECONDS, clients=CLIENTS, seed=1)
    found = run(load, planes.up(plane), tmp_path)
    assert found.moments > 500, load.done
    assert found.told == []
    assert {key: found.handed_out[key].times for key in KEYS} == dict.fromkeys(KEYS, 0)
    assert load.filled < float("inf"), found.last
    assert load.granted < float("inf"), found.last


DAYS = (
    *("kill", "stop", "bad_weather", "cut_the_watches", "forget_the_past", "fill_the_disk"),
    *("edit_a_tenant", "edit_a_quota", "break_many_files", "drift", "drift", "stuck_namespace"),
)
"""The short ones; the others have tests of their own."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # connections cut
def test_after_many_bad_days_everything_is_as_if_freshly_provisioned(
    plane: str, tmp_path: Path
) -> None:
    ending = run_chaos(plane, tmp_path, seed=3, days=DAYS)
    assert ending.handed_out == []
    assert ending.differences == []
    assert ending.objects > 300
