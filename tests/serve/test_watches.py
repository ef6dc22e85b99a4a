"""What is heard of refusals, whatever the clocks say."""

from __future__ import annotations

import asyncio
from typing import Any

from mto.cluster.client import Cluster
from mto.serve.drift import Ledger
from mto.serve.metrics import Metrics
from mto.serve.picture import Picture
from mto.serve.watches import EVENT, Listeners, Watches
from tests.cluster.test_watch import lines, listing
from tests.support.apiserver import talk


def refusal(name: str, at: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "blue", "uid": name, "resourceVersion": "5"}
    return {"metadata": metadata, "lastTimestamp": at}


def test_a_refusal_that_is_told_as_it_happens_is_new_even_where_clocks_are_years_apart() -> None:
    old = "2001-01-01T00:00:00Z"
    script = [listing(refusal("before", old)), lines(("ADDED", refusal("now", old)))]
    heard: dict[str, float] = {}

    async def say(cluster: Cluster) -> None:
        both = asyncio.Event()

        def refused(live: Any, age: float) -> None:
            heard[live["metadata"]["name"]] = age
            if len(heard) == 2:
                both.set()

        listeners = Listeners(
            lambda _: None, lambda _: None, lambda *_: None, refused, lambda _: None
        )
        watches = Watches(cluster, Picture(), Ledger(), Metrics(), listeners)
        watches.start(EVENT)
        await asyncio.wait_for(both.wait(), 20)
        await watches.stop()

    talk(script, say)
    assert heard["now"] == 0.0
    assert heard["before"] > 365 * 24 * 3600
