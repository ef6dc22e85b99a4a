"""One replica is active, the others wait; and what the active one sends carries its term."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.client import Cluster
from mto.cluster.errors import Conflict, NotFound
from mto.cluster.ref import Ref
from mto.errors import ClusterError, EngineError
from mto.plan.labels import ENVIRONMENT, marks
from mto.plan.term import EXTRA
from mto.serve.lease import GIVE_UP, LEASE, RENEW, Candidate, term
from mto.serve.log import say

Object = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


class LeaseLost(EngineError):
    """Another replica may be active by now."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the lease {LEASE.namespace}/{LEASE.name} could not be kept: {reason}")


@dataclass
class Leader:
    """``environment`` is written on MTO's namespace where this process has to make it."""

    cluster: Cluster
    environment: str
    candidate: Candidate = field(
        default_factory=lambda: Candidate(
            f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        )
    )
    term: int = 0
    holder: str = ""
    """Who holds the Lease, for people; empty while nobody is known to."""

    async def acquire(self, stop: asyncio.Event) -> int | None:
        """The term that begins; None where ``stop`` came first. Waits as long as it takes."""
        while not stop.is_set():
            try:
                live = await self._attempt()
            except ClusterError as error:
                say(f"the lease can't be had: {error}", level=30)
                live = None
            if live is not None:
                self.holder, self.term = self.candidate.identity, term(live)
                say("active", term=self.term, identity=self.candidate.identity)
                return self.term
            await _pause(stop, RENEW)
        return None

    async def keep(self, stop: asyncio.Event) -> None:
        """Renew the Lease until ``stop``; raises LeaseLost."""
        clock = asyncio.get_running_loop().time
        renewed = clock()
        while True:
            await _pause(stop, RENEW)
            if stop.is_set():
                return
            begun = clock()
            problem = await self._renewal()
            if not problem:
                renewed = begun
            elif clock() - renewed > GIVE_UP:
                raise LeaseLost(problem)

    async def _renewal(self) -> str:
        """Why it did not succeed this time, empty where it did; raises LeaseLost."""
        try:
            async with asyncio.timeout(GIVE_UP / 2):
                live = await self._attempt()
        except (ClusterError, TimeoutError) as error:
            return str(error) or "the API server does not answer"
        if live is None:
            raise LeaseLost("somebody else holds it")
        if term(live) != self.term:  # it was made again just now, in a term that is not ours
            raise LeaseLost("it was deleted")
        return ""

    async def release(self) -> None:
        """At the end of all work: the next one need not wait until the Lease runs out."""
        try:
            live = await self.cluster.get(LEASE)
            if live["spec"].get("holderIdentity") == self.candidate.identity:
                await self.cluster.replace(self.candidate.released(live))
        except ClusterError as error:
            say(f"the lease was not released and runs out: {error}", level=30)

    async def _attempt(self) -> Object | None:
        """The Lease as we hold it now; None where somebody else has it."""
        now = asyncio.get_running_loop().time()
        try:
            live: Object | None = await self.cluster.get(LEASE)
        except NotFound:
            live = None
        if live is not None:
            if not self.candidate.may_take(live, now):
                self._waiting(live["spec"].get("holderIdentity", ""))
                return None
            try:
                return await self.cluster.replace(self.candidate.taken(live, datetime.now(UTC)))
            except Conflict:
                return None
        try:
            return await self._made()
        except Conflict:
            return None
        except NotFound:  # the namespace: the platform's first update would make it
            await self._make_home()
            return await self._made()

    async def _made(self) -> Object:
        manifest = self.candidate.taken(None, datetime.now(UTC))
        return await self.cluster.apply(manifest, manager="mto-lease", create_only=True)

    def _waiting(self, holder: str) -> None:
        if holder != self.holder:
            say("standing by", active=holder)
        self.holder = holder

    async def _make_home(self) -> None:
        """As the platform's plan has it, which finds it to be ours and adopts it."""
        metadata = {
            "name": LEASE.namespace,
            "labels": marks(),
            "annotations": {ENVIRONMENT: self.environment},
        }
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        try:
            await self.cluster.apply(home, create_only=True)
        except Conflict:
            return


async def fence(cluster: Cluster, number: int) -> Headers:
    """Headers by which requests carry the term: as oneself, with the term as extra information.

    Raises ClusterError where impersonating oneself is not allowed.
    """
    review = Attempt(
        Verb.CREATE,
        Ref("authentication.k8s.io/v1", "SelfSubjectReview", "me"),
        {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
    )
    answered = await cluster.attempt(review)
    if answered.error is not None:
        raise answered.error
    assert answered.body is not None  # noqa: S101 - where there is no error there is an answer
    me = answered.body["status"]["userInfo"]
    return (
        ("Impersonate-User", me["username"]),
        *(("Impersonate-Group", group) for group in me.get("groups") or ()),
        (f"Impersonate-Extra-{quote(EXTRA, safe='')}", str(number)),
    )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
