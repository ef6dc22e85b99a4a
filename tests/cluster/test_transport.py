"""What is repeated, how often and with which credentials, against a scripted server."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mto.cluster.client import Cluster
from mto.cluster.connection import Issued
from mto.cluster.errors import (
    Call,
    Conflict,
    Forbidden,
    Invalid,
    NotKubernetes,
    ServerBusy,
    ServerError,
    TooManyRequests,
    Unauthorized,
)
from mto.cluster.session import Answer
from mto.cluster.transport import LONGEST_PAUSE, _Course, _pause_before_next
from tests.support.apiserver import RESET, Reply, fail, refused, talk
from tests.support.calls import CONFIG, MADE, REF, SOON, apply, create


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(refused(429, "TooManyRequests"), id="throttled"),
        pytest.param(refused(503, "ServiceUnavailable"), id="unavailable"),
        pytest.param(refused(504, "Timeout"), id="the server's own time-out"),
        pytest.param(refused(500, "ServerTimeout"), id="a time-out with code 500"),
        pytest.param(refused(500, "InternalError"), id="internal error"),
        pytest.param(Reply(502, b"<html>bad gateway</html>"), id="a proxy's bad gateway"),
        pytest.param(RESET, id="connection lost"),
    ],
)
def test_a_passing_trouble_is_repeated_until_it_passes(trouble: Reply) -> None:
    answer, server = talk([trouble, trouble, MADE], apply)

    assert answer == CONFIG
    assert len(server.seen) == 3
    assert len(server.pauses) == 2


def test_every_attempt_is_counted_by_verb_and_status() -> None:
    async def say(cluster: Cluster) -> object:
        await apply(cluster)
        return cluster.answers

    answers, _ = talk([refused(429, "TooManyRequests"), RESET, MADE], say)
    assert answers == {("apply", "429"): 1, ("apply", "none"): 1, ("apply", "201"): 1}


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        pytest.param(refused(403, "Forbidden"), Forbidden, id="forbidden"),
        pytest.param(refused(422, "Invalid"), Invalid, id="invalid"),
        pytest.param(refused(401, "Unauthorized"), Unauthorized, id="a fixed token refused"),
        pytest.param(refused(409, "Conflict", name="settings"), Conflict, id="conflict"),
        pytest.param(Reply(307, b"", {"Location": "/elsewhere"}), NotKubernetes, id="redirect"),
    ],
)
def test_a_refusal_is_not_repeated(trouble: Reply, kind: type[Exception]) -> None:
    error, server = fail([trouble], apply)

    assert type(error) is kind
    assert len(server.seen) == 1


def test_a_pause_is_at_least_what_the_server_asks_for() -> None:
    busy = Reply(429, b"slow down", {"Retry-After": "3"})

    _, server = talk([busy, MADE], apply)

    assert server.pauses == [3.0]


def test_a_throttled_request_ends_with_its_deadline() -> None:
    busy = refused(429, "TooManyRequests", "too many requests, please try again later.")
    busy.headers = {"Retry-After": "60"}

    error, server = fail([busy], apply, deadline=30.0)

    assert isinstance(error, TooManyRequests)
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: too many requests, please try again later; "
        "try again later, or with fewer requests at once"
    )
    assert not error.maybe_done
    assert len(server.seen) == 1


def test_a_lasting_internal_error_is_repeated_three_times_only() -> None:
    error, server = fail([refused(500, "InternalError", "failed calling webhook")], apply)

    assert type(error) is ServerError
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: failed calling webhook; "
        "look into the server's log"
    )
    assert len(server.seen) == 4


def test_a_value_of_the_wrong_type_is_the_authors_error_although_the_server_says_500() -> None:
    said = (
        "failed to create typed patch object (blue-dev/settings; /v1, Kind=ConfigMap): "
        ".data.colour: expected string, got &value.valueUnstructured{Value:1}"
    )

    error, server = fail([refused(500, "", said)], apply)

    assert type(error) is Invalid
    assert str(error) == f"can't apply ConfigMap blue-dev/settings: {said}; correct the manifest"
    assert len(server.seen) == 1


def test_contention_for_a_quota_is_no_conflict_of_ours() -> None:
    said = 'Operation cannot be fulfilled on resourcequotas "mto": the object has been modified'
    contended = refused(409, "Conflict", said, name="mto", kind="resourcequotas")

    answer, server = talk([contended, MADE], create)

    assert answer == CONFIG
    assert len(server.seen) == 2


def test_a_refused_token_is_renewed_once() -> None:
    tokens = count(1)

    async def issue() -> Issued:
        return Issued(f"Bearer {next(tokens)}", seconds=1000)

    answer, server = talk([refused(401, "Unauthorized"), MADE], apply, issue=issue)

    assert answer == CONFIG
    assert [one.headers["Authorization"] for one in server.seen] == ["Bearer 1", "Bearer 2"]


def test_credentials_that_are_refused_twice_are_an_error() -> None:
    async def issue() -> Issued:
        return Issued("Bearer old", seconds=1000)

    error, server = fail([refused(401, "Unauthorized", "Unauthorized")], apply, issue=issue)

    assert type(error) is Unauthorized
    assert str(error) == (
        "can't apply ConfigMap blue-dev/settings: Unauthorized; "
        "log in again, or renew the credentials of this context"
    )
    assert len(server.seen) == 2


def test_credentials_are_asked_for_once_by_many_requests() -> None:
    asked = count()

    async def issue() -> Issued:
        await asyncio.sleep(0)
        return Issued(f"Bearer {next(asked)}", seconds=1000)

    async def many(cluster: Cluster) -> None:
        await asyncio.gather(*(cluster.get(REF) for _ in range(20)))

    talk([Reply(200, CONFIG)], many, issue=issue)

    assert next(asked) == 1


@given(attempts=st.integers(0, 10_000), asked=st.none() | st.floats(0, 100))
def test_a_pause_is_bounded_and_never_shorter_than_asked(
    attempts: int, asked: float | None
) -> None:
    error = ServerBusy(Call("get", REF), "busy")
    error.retry_after = asked

    pause = _pause_before_next(error, _Course(ends=0, seconds=0, attempts=attempts))

    assert pause >= (asked or 0)
    assert 0 < pause <= max(LONGEST_PAUSE, asked or 0)


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        pytest.param(Reply(429, b"", {"Retry-After": "7"}), 7.0, id="header"),
        pytest.param(refused(429, retryAfterSeconds=2), 2.0, id="details of the Status"),
        pytest.param(Reply(429, b"", {"Retry-After": "Wed, 21 Oct 2015"}), None, id="a date"),
        pytest.param(Reply(429, b""), None, id="nothing"),
    ],
)
def test_the_servers_wish_for_a_pause_is_kept(reply: Reply, seconds: float | None) -> None:
    error, _ = fail([reply], apply, deadline=SOON)

    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("limit", "answered", "most"),
    [
        pytest.param(32, 0, 8, id="few at first"),
        pytest.param(32, 40, 10, id="one more for each sixteen answers"),
        pytest.param(32, 400, 32, id="never more than the limit"),
        pytest.param(3, 400, 3, id="a limit below the first few"),
    ],
)
def test_connections_grow_with_the_work(limit: int, *, answered: int, most: int) -> None:
    gate = asyncio.Event()

    async def say(cluster: Cluster) -> int:
        for _ in range(answered):
            await cluster.get(REF)
        under_way: set[int] = set()

        async def exchange(*_: object, **__: object) -> Answer:
            under_way.add(len(under_way))
            await gate.wait()
            return Answer(200, b"{}")

        cluster.transport._session.exchange = exchange  # type: ignore[method-assign]  # noqa: SLF001
        asked = [asyncio.create_task(cluster.get(REF)) for _ in range(100)]
        for _ in range(200):
            await asyncio.sleep(0)
        together = len(under_way)
        gate.set()
        await asyncio.gather(*asked)
        return together

    assert talk([Reply(200, CONFIG)], say, limit=limit)[0] == most
