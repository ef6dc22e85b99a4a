from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.serve.leader import Leader, LeaseLost, fence
from mto.serve.lease import Candidate
from tests.support.apiserver import Reply, refused, talk

OTHER: dict[str, Any] = {
    "metadata": {"name": "mto", "namespace": "multi-tenant-operator", "resourceVersion": "1"},
    "spec": {"holderIdentity": "other", "leaseTransitions": 3, "leaseDurationSeconds": 15},
}


def leader(cluster: Cluster) -> Leader:
    return Leader(cluster, "dev", Candidate("me"))


def test_a_lease_that_somebody_else_took_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mto.serve.leader.RENEW", 0.01)

    async def say(cluster: Cluster) -> str:
        with pytest.raises(LeaseLost) as lost:
            await leader(cluster).keep(asyncio.Event())
        return str(lost.value)

    told, _ = talk([Reply(body=OTHER)], say)
    assert told == ("the lease multi-tenant-operator/mto could not be kept: somebody else holds it")


def test_a_lease_that_was_deleted_and_made_again_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mto.serve.leader.RENEW", 0.01)
    mine = {**OTHER, "spec": {**OTHER["spec"], "holderIdentity": "me"}}

    async def say(cluster: Cluster) -> str:
        one = leader(cluster)
        assert await one.acquire(asyncio.Event()) == 3
        with pytest.raises(LeaseLost) as lost:
            await one.keep(asyncio.Event())
        return str(lost.value)

    made = {**mine, "spec": {**mine["spec"], "leaseTransitions": 9}}
    found = [Reply(body=mine), Reply(body=mine), refused(404, "NotFound"), Reply(body=made)]
    told, _ = talk(found, say)
    assert told == "the lease multi-tenant-operator/mto could not be kept: it was deleted"


def test_a_lease_that_nobody_has_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mto.serve.leader.RENEW", 0.01)
    made: dict[str, Any] = {**OTHER, "spec": {**OTHER["spec"], "leaseTransitions": 1}}

    async def say(cluster: Cluster) -> int | None:
        return await leader(cluster).acquire(asyncio.Event())

    number, server = talk([refused(404, "NotFound"), Reply(body=made)], say)
    assert number == 1
    assert server.seen[1].body["spec"]["holderIdentity"] == "me"


def test_a_replica_that_waits_stops_when_it_is_told() -> None:
    async def say(cluster: Cluster) -> int | None:
        stop = asyncio.Event()
        waiting = asyncio.create_task(leader(cluster).acquire(stop))
        await asyncio.sleep(0.05)
        stop.set()
        return await waiting

    number, _ = talk([Reply(body=OTHER)], say)
    assert number is None


def test_requests_carry_the_term_as_oneself() -> None:
    me = {"username": "ann", "groups": ["a", "system:authenticated"]}
    headers, _ = talk([Reply(body={"status": {"userInfo": me}})], lambda cluster: fence(cluster, 7))
    assert headers == (
        ("Impersonate-User", "ann"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "system:authenticated"),
        ("Impersonate-Extra-mto.stakater.com%2Fterm", "7"),
    )
